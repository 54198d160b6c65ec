"""Reading a volume slice by slice, whatever files it is in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import opened, reading
from .types import Volume

#: beginning of tomoscan's identifiers, and our format
KINDS = {
    "hdf5": "hdf5",
    "tiff": "tiff",
    "tiff3d": "multitiff",
    "jp2k": "jp2",
    "edf": "edf",
    "raw": "vol",
}
SUFFIXES = {".tif": "multitiff", ".tiff": "multitiff", ".vol": "vol"}
SLICE_SUFFIXES = {".tif": "tiff", ".tiff": "tiff", ".jp2": "jp2", ".edf": "edf"}


class VolumeData:
    """The voxels of a volume on disk. Use it in a ``with`` block; only what is asked for is read.

    Attributes
    ----------
    shape, dtype:
        As of an array (z, y, x).
    """

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self.shape = volume.shape
        self.dtype = np.dtype(volume.dtype)
        self._stack = ExitStack()
        self._array: Any = None
        self._files: list[Path] = []
        self._parts: list[Part] = []
        try:
            with self._named():
                self._open()
        except InputError:
            self._stack.close()
            raise

    def _open(self) -> None:
        volume = self.volume
        if volume.format == "hdf5":
            root = self._stack.enter_context(opened(volume.path))
            self._array = root[f"{data_path(volume.identifier)}/results/data"]
            self._check(self._array.shape)
            self._parts = parts_of(self._array, volume.path)
            check_parts(self._parts, volume.path)
        elif volume.format == "vol":
            self._array = np.memmap(volume.path, np.dtype("<f4"), "r", shape=volume.shape)
        elif volume.format == "multitiff":
            import tifffile

            file = self._stack.enter_context(tifffile.TiffFile(volume.path))
            self._array = _Pages(file)
        else:
            self._files = slice_files(volume.path, volume.format, _prefix(volume.identifier))
            self._check((len(self._files), *self.shape[1:]))

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape != self.shape:
            raise InputError(
                f"{self.volume.path}: the volume has {' × '.join(map(str, shape))} voxels, "
                f"no longer {' × '.join(map(str, self.shape))}; open it again."
            )

    def _check_there(self, start: int, stop: int) -> None:
        # HDF5 gives zeros for what is in a file that was taken away
        for part in self._parts:
            if part.start < stop and part.stop > start and not part.file.exists():
                raise _missing(part, self.volume.path)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Whatever the libraries of the formats say of a damaged file, as one sentence."""
        try:
            yield
        except InputError:
            raise
        except (OSError, ValueError, LookupError, RuntimeError, TypeError) as error:
            raise InputError(f"The volume {self.volume.path} can't be read: {error}.") from None

    def __enter__(self) -> VolumeData:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def frames(self, start: int, stop: int) -> NDArray[Any]:
        """Slices `start` to `stop` along z."""
        with self._named():
            if self._array is None:
                found = np.stack([read_slice(file) for file in self._files[start:stop]])
            else:
                found = np.asarray(self._array[start:stop])
            self._check((*self.shape[:1], *found.shape[1:]))
            self._check_there(start, stop)
            return found

    def cut(self, axis: int, index: int, step: int = 1) -> NDArray[Any]:
        """One slice across an axis (0 z, 1 y, 2 x), its rows along the first axis that is left.

        With a `step`, every so many of its rows and columns.
        """
        if axis == 0:
            frame: NDArray[Any] = self.frames(index, index + 1)[0][::step, ::step]
            return frame
        where: list[Any] = [slice(None, None, step)] * 3
        where[axis] = index
        if self.volume.format in ("hdf5", "vol"):
            with self._named():
                cut = np.asarray(self._array[tuple(where)])
                self._check_there(0, self.shape[0])
                return cut
        rows = range(0, self.shape[0], step)
        return np.stack([self.frames(z, z + 1)[0][tuple(where[1:])] for z in rows])


class Part(NamedTuple):
    """Slices of an HDF5 volume that are in a file of their own."""

    start: int
    stop: int
    file: Path
    path: str


def parts_of(data: Any, file: Path) -> list[Part]:
    """The slices of a dataset in `file` that are in other files."""
    found = []
    for source in data.virtual_sources() if data.is_virtual else ():
        (first, *_), (last, *_) = source.vspace.get_select_bounds()
        if source.file_name != ".":
            where = file.parent / source.file_name
            found.append(Part(first, last + 1, where, source.dset_name))
    return found


def check_parts(parts: list[Part], volume: Path) -> None:
    """Whether all of them can be read: HDF5 gives zeros for those that can't.

    Raises
    ------
    InputError
        When one is missing or damaged.
    """
    for part in parts:
        if not part.file.exists():
            raise _missing(part, volume)
        with reading(part.file) as root:
            if part.path not in root:
                raise InputError(
                    f"{part.file}: its part of {volume.name} ({part.path}) is missing."
                )


def _missing(part: Part, volume: Path) -> InputError:
    return InputError(
        f"{volume}: its slices {part.start} to {part.stop - 1} are in {part.file}, which is not "
        "there."
    )


class _Pages:
    """Pages of a TIFF file, sliced as an array."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __getitem__(self, part: slice) -> NDArray[Any]:
        read: NDArray[Any] = self._file.asarray(key=part)
        return read if read.ndim == 3 else read[None]


def slice_files(folder: Path, kind: str, prefix: str = "") -> list[Path]:
    """The files of a volume's slices in their order: all, or those named by a prefix.

    Raises
    ------
    InputError
        When there are several volumes in the folder, and it isn't said which.
    """
    if prefix:
        files = _files(folder, kind)
        number = re.compile(re.escape(prefix) + r"_?\d+")
        return [file for file in files if number.fullmatch(file.stem)]
    names = volumes_in(folder, kind)
    if len(names) > 1:
        word = next(word for word, known in KINDS.items() if known == kind)
        named = ", ".join(f"{word}:volume:{folder}?file_prefix={name}" for name in names)
        raise InputError(f"{folder} holds several volumes; choose one: {named}.")
    return _files(folder, kind)


def volumes_in(folder: Path, kind: str) -> list[str]:
    """What the volumes are called whose slices lie in a folder, without their numbers."""
    files = _files(folder, kind)
    if not all(file.stem[-1].isdigit() for file in files):
        return [""]  # numbered in another way: all of them are one
    return sorted({volume_of(file) for file in files})


def volume_of(file: Path) -> str:
    """The name of a slice's file without its number."""
    return file.stem.rstrip("0123456789").rstrip("_")


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted(f for f in folder.iterdir() if SLICE_SUFFIXES.get(f.suffix.lower()) == kind)


def read_slice(file: Path) -> NDArray[Any]:
    """An image of a volume that has a file for each slice."""
    kind = SLICE_SUFFIXES[file.suffix.lower()]
    try:
        if kind == "tiff":
            import tifffile

            return np.asarray(tifffile.imread(file))
        if kind == "jp2":
            import glymur

            return np.asarray(glymur.Jp2k(str(file))[:])
        import fabio

        with fabio.open(str(file)) as image:
            data = np.asarray(image.data)
            if any(getattr(frame, "incomplete_data", False) for frame in image.frames()):
                raise ValueError("it is cut off")
            return data
    except Exception as error:  # each library has errors of its own
        raise InputError(f"{file}: this slice can't be read: {error}.") from None


def data_path(identifier: str) -> str:
    """Where in its HDF5 file a volume is."""
    return identifier.partition("?path=")[2]


def _prefix(identifier: str) -> str:
    return identifier.partition("?file_prefix=")[2]
