"""Volumes of neighbouring parts of a sample, joined into one where they overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ...output_file import check_not_read
from ...task import SILENT, Param, Progress, task
from .reading import VolumeData
from .types import Volume, quantity_of
from .writing import WORDS, Existing, Format, place_of, write_volume

Strategy = Literal[
    "cosinus weights",
    "linear weights",
    "mean",
    "closest",
    "higher signal",
]
_STRATEGIES = {"cosinus weights": "cosine weights"}
_AXES = {"z": 0, "y": 1}
#: whether slices follow each other up the position's axis, or down: z counts upwards
_UPWARDS = (-1, 1)


@dataclass(frozen=True, eq=False)
class Seams:
    """A cut through stitched volumes, with the ends of their overlaps."""

    image: NDArray[np.float32]  #: (along the stitching axis, across)
    axis: str
    overlaps: tuple[tuple[int, int], ...]  #: first, and the one after the last, of each overlap
    starts: tuple[int, ...]  #: where each volume starts
    unit: str = ""  #: of the values, where it is known

    @property
    def summary(self) -> str:
        """In words."""
        sizes = ", ".join(str(stop - start) for start, stop in self.overlaps)
        return f"{len(self.starts)} volumes along {self.axis}, overlaps of {sizes} voxels"

    def nxdata(self) -> NXData:
        """The cut; the overlaps are marked."""
        # along the first axis of a plot that lines can be marked on
        return NXData(
            name="seams",
            signal=self.image.T,
            axes=(Axis(name="x", unit="voxels"), Axis(name=self.axis, unit="voxels")),
            unit=self.unit,
            label=quantity_of(self.unit),
            title=self.summary,
            pixels=True,
            colours="grey",
            lines={"overlap": [float(n) for ends in self.overlaps for n in ends]},
        )


class Stitched(NamedTuple):
    """The stitched volume, where it was written, and a cut through its seams."""

    volume: Volume | None
    seams: Seams


@task(title="Stitch volumes", requires="tomography")
def stitch_volumes(
    volumes: list[Volume] | None = None,
    first: Volume | None = None,
    second: Volume | None = None,
    *,
    axis: Annotated[Literal["z", "y"], Param(label="Along")] = "z",
    overlap: Annotated[int | None, Param(ge=0, unit="voxels", auto="from their positions")] = None,
    search: Annotated[int, Param(ge=0, unit="voxels", label="Search around it")] = 0,
    strategy: Annotated[
        Strategy, Param(label="In the overlap", words=_STRATEGIES)
    ] = "cosinus weights",
    match: Annotated[bool, Param(label="Match the brightness where they overlap")] = False,
    file: Annotated[
        Path | None, Param(path="save", auto="no file, only a look", group="Files")
    ] = None,
    format: Annotated[Format, Param(words=WORDS, group="Files")] = "hdf5",
    existing: Annotated[
        Existing,
        Param(
            label="What is there already",
            words={"keep": "keep it", "replace": "replace it"},
            group="Files",
        ),
    ] = "keep",
    progress: Progress = SILENT,
) -> Stitched:
    """Join volumes that overlap along an axis. Without a file, only show how they fit.

    Parameters
    ----------
    volumes:
        Any number of volumes; where no position says otherwise, in their order.
    first:
        One more volume, before those.
    second:
        One more volume, after the first one.
    axis:
        z joins volumes above each other, y those beside each other.
    overlap:
        How many voxels neighbours share; where not given, their positions and voxel sizes
        say so.
    search:
        Look for the best match up to so many voxels away from there.
    strategy:
        What is made of two values for one voxel; the weights are nabu's.
    match:
        Scale each volume so that its mean is that of its neighbour where they overlap.
    file:
        The new volume's file, or the folder of its slices.
    format:
        Of the files.
    existing:
        Whether to replace a volume that is there already.

    Raises
    ------
    InputError
        When there are fewer than two volumes, they don't fit together, don't overlap, have
        no position while no overlap is given, or the place is taken or too small.
    """
    given = [v for v in (first, second, *(volumes or [])) if v is not None]
    if len(given) < 2:
        raise InputError("Stitching needs at least two volumes.")
    along = _AXES[axis]
    _check_shapes(given, along)
    ordered, starts = _placed(given, along, overlap)
    with ExitStack() as stack:
        data = [stack.enter_context(VolumeData(v)) for v in ordered]
        progress(0.0, "Looking at the seams")
        # cuts of which whole rows are read: the stitching axis, and x
        cuts = [d.cut(1 - along, d.shape[1 - along] // 2) for d in data]
        starts = _searched(cuts, starts, search, progress)
        joint = _Joint(ordered, along, starts, strategy)
        if match:
            joint.match(cuts)
        middle = joint.join([np.asarray(c, np.float32) for c in cuts])
        seams = Seams(middle, axis, tuple(joint.overlaps), tuple(starts), ordered[0].unit)
        if file is None:
            return Stitched(None, seams)
        place = place_of(Path(file), format)
        check_not_read(place, [v.path for v in given])
        frames = joint.slices(data, progress)
        settings = {
            "stitched": " ".join(v.identifier for v in ordered),
            "starts": str(starts),
            "strategy": strategy,
        }
        like = joint.volume()
        return Stitched(
            write_volume(like, place, format, frames, existing=existing, settings=settings), seams
        )


def _check_shapes(volumes: Sequence[Volume], along: int) -> None:
    first = volumes[0]
    for other in volumes[1:]:
        sizes = [tuple(np.delete(v.shape, along)) for v in (first, other)]
        if sizes[0] != sizes[1]:
            raise InputError(
                f"{other.path.name} is {' × '.join(map(str, other.shape))} voxels and "
                f"{first.path.name} {' × '.join(map(str, first.shape))}: they differ across the "
                "stitching axis."
            )
        if (
            first.voxel_size is not None
            and other.voxel_size is not None
            and not np.allclose(first.voxel_size, other.voxel_size, rtol=1e-3)
        ):
            raise InputError(
                f"{other.path.name} and {first.path.name} have voxels of different sizes."
            )


def _placed(
    volumes: list[Volume], along: int, overlap: int | None
) -> tuple[list[Volume], list[int]]:
    """The volumes in their order along the axis, and where each starts."""
    if overlap is not None:
        starts = [0]
        for volume in volumes[:-1]:
            starts.append(starts[-1] + volume.shape[along] - overlap)
        return volumes, starts
    placed = []
    for volume in volumes:
        if volume.position is None or volume.voxel_size is None:
            raise InputError(
                f"{volume.path.name}: its position is not known; give the overlap instead."
            )
        middle = _UPWARDS[along] * volume.position[along] / volume.voxel_size[along]
        placed.append((middle - volume.shape[along] / 2, volume))
    placed.sort(key=lambda p: p[0])
    return [v for _, v in placed], [round(start - placed[0][0]) for start, _ in placed]


def _searched(
    cuts: Sequence[NDArray[Any]], starts: list[int], search: int, progress: Progress
) -> list[int]:
    """Starts at which neighbours look most alike, each near where it was thought to be."""
    found = list(starts)
    for n in range(1, len(cuts)):
        wanted = found[n - 1] + starts[n] - starts[n - 1]
        best = (-2.0, wanted)
        end = found[n - 1] + len(cuts[n - 1])
        first = max(wanted - search, end - min(len(cuts[n - 1]), len(cuts[n])))
        for start in range(first, min(wanted + search, end - 2) + 1) if search else ():
            progress.check()
            a, b = cuts[n - 1][start - end :].ravel(), cuts[n][: end - start].ravel()
            if a.std() and b.std():
                best = max(best, (float(np.corrcoef(a, b)[0, 1]), start))
        found[n] = best[1]
    return found


class _Joint:
    """How volumes are joined: starts, overlaps, weights, scales."""

    def __init__(
        self, volumes: Sequence[Volume], along: int, starts: Sequence[int], strategy: Strategy
    ) -> None:
        self.volumes, self.along, self.starts = volumes, along, starts
        self.scales = [1.0] * len(volumes)
        self.overlaps: list[tuple[int, int]] = []
        for n in range(1, len(volumes)):
            end = starts[n - 1] + volumes[n - 1].shape[along]
            start, stop = starts[n], starts[n] + volumes[n].shape[along]
            names = f"{volumes[n - 1].path.name} and {volumes[n].path.name}"
            if start > end:
                raise InputError(f"{names} don't overlap: {start - end} voxels lie between them.")
            if stop <= end or (self.overlaps and start < self.overlaps[-1][1]):
                raise InputError(f"{names} overlap by more than a neighbour does.")
            self.overlaps.append((start, end))
        self._mix = [_mixer(strategy, end - start) for start, end in self.overlaps]
        self.length = starts[-1] + volumes[-1].shape[along]

    def volume(self) -> Volume:
        """What comes out, not yet written."""
        first = self.volumes[0]
        shape = list(first.shape)
        shape[self.along] = self.length
        position = first.position
        if position is not None and first.voxel_size is not None:
            moved = list(position)
            more = (self.length - first.shape[self.along]) / 2
            moved[self.along] += _UPWARDS[self.along] * more * first.voxel_size[self.along]
            position = (moved[0], moved[1], moved[2])
        return replace(
            first, shape=(shape[0], shape[1], shape[2]), dtype="float32", position=position
        )

    def match(self, cuts: Sequence[NDArray[Any]]) -> None:
        """Scale each volume to its neighbour's mean where they overlap."""
        for n, (start, stop) in enumerate(self.overlaps):
            a = float(cuts[n][-(stop - start) :].mean()) * self.scales[n]
            b = float(cuts[n + 1][: stop - start].mean())
            if not a or not b or a * b < 0:
                raise InputError(
                    f"{self.volumes[n + 1].path.name}: its brightness can't be matched, the "
                    f"overlaps' means are {a:.4g} and {b:.4g}."
                )
            self.scales[n + 1] = a / b

    def join(self, parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Arrays joined along their first axis."""
        out = np.empty((self.length, *parts[0].shape[1:]), np.float32)
        for start, part, scale in zip(self.starts, parts, self.scales, strict=True):
            out[start : start + len(part)] = part * np.float32(scale)
        for n, (start, stop) in enumerate(self.overlaps):
            shared = stop - start
            if not shared:
                continue
            out[start:stop] = self._mix[n](
                parts[n][-shared:] * np.float32(self.scales[n]),
                parts[n + 1][:shared] * np.float32(self.scales[n + 1]),
                0,
            )
        return out

    def slices(self, data: Sequence[VolumeData], progress: Progress) -> Iterator[NDArray[Any]]:
        """The joined volume, slice by slice along z."""
        if self.along == 1:
            for z in progress.each(range(self.volumes[0].shape[0]), "Stitching"):
                yield self.join([np.asarray(d.frames(z, z + 1)[0], np.float32) for d in data])
            return
        for z in progress.each(range(self.length), "Stitching"):
            seen = [
                n
                for n, (start, d) in enumerate(zip(self.starts, data, strict=True))
                if start <= z < start + d.shape[0]
            ]
            frames = []
            for n in seen:
                frame = data[n].frames(z - self.starts[n], z - self.starts[n] + 1)[0]
                frames.append(np.asarray(frame, np.float32) * np.float32(self.scales[n]))
            if len(seen) == 1:
                yield frames[0]
            else:
                at = z - self.overlaps[seen[0]][0]
                yield self._mix[seen[0]](frames[0][None], frames[1][None], at)[0]


#: mixes two arrays (n, ...) of an overlap that start at one of its voxels
_Mix = Callable[[NDArray[np.float32], NDArray[np.float32], int], NDArray[np.float32]]


def _mixer(strategy: Strategy, size: int) -> _Mix:
    """What is made of two images of an overlap `size` voxels long."""
    if strategy == "higher signal" or not size:
        return lambda a, b, at: np.maximum(a, b)
    second = _weights(strategy, size).astype(np.float32)
    first = 1 - second

    def weighted(a: NDArray[np.float32], b: NDArray[np.float32], at: int) -> NDArray[np.float32]:
        part = slice(at, at + len(a))
        shape = (-1, *(1,) * (a.ndim - 1))
        return np.asarray(a * first[part].reshape(shape) + b * second[part].reshape(shape))

    return weighted


def _weights(strategy: Strategy, size: int) -> NDArray[np.float64]:
    """How much the second of two images counts along their overlap."""
    if strategy == "mean":
        return np.full(size, 0.5)
    # an overlap of one voxel is the first image's
    along = np.linspace(0, 1, size)
    if strategy == "linear weights":
        return along
    if strategy == "cosinus weights":
        return np.sin(along * np.pi / 2) ** 2
    return np.asarray(np.arange(size) >= (size + 1) // 2, np.float64)
