"""HDF5 files written whole or not at all, and opened with one clear sentence when they can't be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    import h5py

SUFFIXES = (".h5", ".hdf5", ".nx", ".nxs", ".nexus")


def is_hdf5(path: Path) -> bool:
    """Whether the file starts as HDF5 files do; False when it can't be read."""
    try:
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """The file, open for reading.

    Raises
    ------
    InputError
        When it isn't there, is no HDF5 file, or is cut off.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a folder, not a file.")
    if not path.exists():
        raise InputError(f"{path}: there is no such file.")
    if not is_hdf5(path):
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: the file can't be read: permission denied.")
        raise InputError(f"{path}: this is not an HDF5 file.")
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        reason = "it is cut off" if "truncated" in str(error) else str(error)
        raise InputError(f"{path}: the HDF5 file can't be opened: {reason}.") from None
    with file:
        yield file


class NewFile:
    """An HDF5 file under a temporary name beside `path`, until :meth:`keep` moves it there.

    Raises
    ------
    InputError
        When the folder isn't there or can't be written, before anything was computed.
    """

    def __init__(self, path: Path, start_from: Path | None = None) -> None:
        import shutil

        import h5py

        self.path = path.absolute()
        self._temporary = self.path.with_name(f".{path.name}.{os.getpid()}.tmp")
        if self.path.is_dir():
            raise InputError(f"{path}: this is a folder, not a file to write to.")
        self._made_folder = not self.path.parent.exists()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if start_from is not None:
                shutil.copyfile(start_from, self._temporary)
            elif self.path.exists() and not os.access(self.path, os.W_OK):
                raise PermissionError(13, "permission denied")
            self.file = h5py.File(self._temporary, "a" if start_from else "w", track_order=True)
        except (OSError, ValueError) as error:
            with suppress(OSError):
                self._temporary.unlink()
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{path}: the file can't be written: {reason}.") from None

    def keep(self) -> Path:
        """Close it and move it to its place, in one step."""
        self.file.close()
        self._temporary.replace(self.path)
        return self.path

    def discard(self) -> None:
        """Close it and remove it, with the folder if it was made for it."""
        self.file.close()
        self._temporary.unlink(missing_ok=True)
        if self._made_folder:
            with suppress(OSError):  # others may use it by now
                self.path.parent.rmdir()
