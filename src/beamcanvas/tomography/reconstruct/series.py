"""Many scans, each treated and reconstructed as one of them was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.nxdata import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..centre.find import find_centre
from ..frames.reduce import copy_darks_and_flats, reduce_darks_and_flats
from ..frames.treatments.scale import Scale
from ..scan.discover import Scans
from ..scan.types import TomoScan
from ..volume.types import Volume, quantity_of
from .slices import reconstruct_slices
from .volume import reconstruct_volume

_DONE, _LEFT = "done", "–"


@dataclass(frozen=True)
class ScanState:
    """How far one scan came: a word or a number for each step."""

    scan: str
    darks_and_flats: str = _LEFT
    rotation_axis: str = _LEFT
    slice: str = _LEFT
    volume: str = _LEFT
    doubtful: str = ""
    problem: str = ""


@dataclass(frozen=True, eq=False)
class SliceStack:
    """The same slice of several scans, on top of each other."""

    data: NDArray[np.float32]  #: (scan, y, x); no number where a scan's slice is smaller
    names: tuple[str, ...]
    row: int
    unit: str

    @property
    def summary(self) -> str:
        """In words."""
        return f"slice {self.row} of {len(self.names)} scans"

    def nxdata(self) -> NXData:
        """One slice for each scan."""
        count = np.arange(len(self.names))
        return NXData(
            name="attenuation",
            signal=self.data,
            axes=(
                Axis(name="scan", values=count),
                Axis(name="y", unit="px"),
                Axis(name="x", unit="px"),
            ),
            unit=self.unit,
            label=quantity_of(self.unit),
            title=", ".join(self.names),
            pixels=True,
            colours="grey",
        )


class ScansReconstructed(NamedTuple):
    """What became of each scan, the slices of those that worked, and their volumes."""

    states: list[ScanState]
    slices: SliceStack | None
    volumes: list[Volume] | None


@task(title="Reconstruct scans", requires="tomography")
def reconstruct_scans(
    scans: Scans,
    like: TomoScan,
    *,
    centre: Annotated[
        Literal["as in the example", "found again"], Param(label="Rotation axis")
    ] = "found again",
    make: Annotated[Literal["slices", "volumes", "both"], Param(label="Make")] = "slices",
    position: Annotated[str, Param(label="Slice")] = "middle",
    folder: Annotated[
        Path | None,
        Param(path="folder", auto="beside each scan", label="Folder of the volumes"),
    ] = None,
    memory: Annotated[
        float | None, Param(gt=0, unit="GB", auto="half of what is free", more=True)
    ] = None,
    progress: Progress = SILENT,
) -> ScansReconstructed:
    """Do with many scans what was decided of one. One that fails does not stop the others.

    Parameters
    ----------
    scans:
        The scans.
    like:
        The example: its treatments (but not what was measured for it alone), its part of
        the projections and its settings are taken over; where a scan has no darks or flats,
        the example's are, too.
    centre:
        The example's rotation axis for all, or found again for each from its opposite
        projections.
    make:
        One slice of each, to look at as a stack, its volume, or both.
    position:
        Which slice: middle, first, last or a number.
    folder:
        Where volumes are written.
    memory:
        That the whole process may take.

    Raises
    ------
    InputError
        When there is no scan.
    """
    if not scans.scans:
        raise InputError("There is no scan to reconstruct.")
    states, slices, volumes = [], [], []
    row, unit = 0, "1/cm"
    for n, scan in enumerate(scans.scans):
        part = progress.part(n / len(scans.scans), (n + 1) / len(scans.scans))
        part(0.0, f"Scan {n + 1} of {len(scans.scans)}: {scan.name}")
        state = ScanState(scan.name)
        try:
            ready = _with_frames(scan, like, part.part(0, 0.1))
            state = replace(state, darks_and_flats=_DONE)
            ready = _centred(ready, like, centre, part.part(0.1, 0.2))
            doubts = " ".join(ready.warnings)
            state = replace(state, rotation_axis=f"{ready.centre:.2f} px", doubtful=doubts)
            if make != "volumes":
                found = reconstruct_slices(ready, positions=position, progress=part.part(0.2, 0.4))
                slices.append((scan.name, found.data[0]))
                row, unit = found.positions[0], found.unit
                state = replace(state, slice=_DONE)
            if make != "slices":
                place = None if folder is None else Path(folder) / f"{scan.name}_vol"
                volumes.append(
                    reconstruct_volume(ready, file=place, memory=memory, progress=part.part(0.4, 1))
                )
                state = replace(state, volume=_DONE)
        except InputError as error:
            state = replace(state, problem=str(error))
        states.append(state)
    stack = _stacked(slices, row, unit) if slices else None
    return ScansReconstructed(states, stack, volumes or None)


def _with_frames(scan: TomoScan, like: TomoScan, progress: Progress) -> TomoScan:
    """The scan with all that was decided of the example, and its own darks and flats."""
    if scan.raw_darks or scan.raw_flats:
        scan = reduce_darks_and_flats(scan, progress=progress)
    if scan.darks is None or scan.flats is None:
        scan = copy_darks_and_flats(scan, like)
    return replace(
        scan,
        use_current=like.use_current,
        selection=like.selection,
        treatments=tuple(t for t in like.treatments if not isinstance(t, Scale)),
        reconstruction=like.reconstruction,
    )


def _centred(scan: TomoScan, like: TomoScan, centre: str, progress: Progress) -> TomoScan:
    if centre == "found again":
        alike = scan.shape[2] == like.shape[2]  # else the axis is anywhere
        return find_centre(scan, near=like.centre if alike else None, progress=progress).scan
    if like.centre is None:
        raise InputError(f"The rotation axis of the example, {like.name}, is not known.")
    return replace(scan, centre=like.centre, centre_from=like.centre_from)


def _stacked(slices: list[tuple[str, NDArray[np.float32]]], row: int, unit: str) -> SliceStack:
    rows, columns = (max(s.shape[n] for _, s in slices) for n in (0, 1))
    data = np.full((len(slices), rows, columns), np.nan, np.float32)
    for n, (_, image) in enumerate(slices):
        top, left = (rows - image.shape[0]) // 2, (columns - image.shape[1]) // 2
        data[n, top : top + image.shape[0], left : left + image.shape[1]] = image
    return SliceStack(data, tuple(name for name, _ in slices), row, unit)
