"""HDF5 files written whole or not at all, and opened with one clear sentence when they can't be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..output_file import OutputFile

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
    try:
        if path.is_dir():
            raise InputError(f"{path}: this is a folder, not a file.")
        if not path.exists():
            raise InputError(f"{path}: there is no such file.")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}.") from None
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


@contextmanager
def reading(path: Path) -> Iterator[h5py.File]:
    """As :func:`opened`, for a block that does nothing but read the file.

    Raises
    ------
    InputError
        Also when HDF5 finds the file damaged while the block reads it.
    """
    with opened(path) as file, damage_named(path):
        yield file


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """For a block that does nothing but read an HDF5 file: damage is one sentence.

    Raises
    ------
    InputError
        When HDF5 can't read what the block asks for.
    """
    try:
        yield
    except InputError:
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = str(error.args[0]) if error.args else type(error).__name__
        raise InputError(f"{path}: the file is damaged: {reason}.") from None


@contextmanager
def appended(path: Path) -> Iterator[h5py.File]:
    """A new file that another library began, open to write the rest.

    Where that fails the file is of no use any more, but closed: HDF5 leaves one open that it
    can't close for want of room, and fails with the next ones.
    """
    import h5py

    # without a cache of chunks, a full disk is told by what writes, not by what closes
    file = h5py.File(path, "a", rdcc_nbytes=0)
    try:
        yield file
        file.flush()
        file.close()
    except BaseException:
        _close_emptied(file, path)
        raise


def _close_emptied(file: h5py.File, path: Path) -> None:
    if file:
        with suppress(OSError):  # HDF5 can't close what has no room: make it
            os.truncate(path, 0)
    with suppress(OSError, RuntimeError):
        file.close()


class NewFile:
    """A new HDF5 file, open for writing, until :meth:`keep` moves it to its place.

    Parameters
    ----------
    start_from:
        A file whose content it begins with.

    Raises
    ------
    InputError
        When it can't be written, before anything was computed.
    """

    def __init__(self, path: Path, start_from: Path | None = None) -> None:
        import shutil

        import h5py

        self._output = OutputFile(path)
        new = self._output.temporary
        try:
            if start_from is not None:
                shutil.copyfile(start_from, new)
            self.file = h5py.File(new, "a" if start_from else "w", track_order=True)
        except OSError as error:
            self._output.discard()
            raise self._output.failure(error) from None

    def keep(self) -> Path:
        """Close it and move it to its place, in one step."""
        try:
            self.file.flush()
            self.file.close()
        except (OSError, RuntimeError) as error:  # the disk is full
            self.discard()
            raise self._output.failure(error) from None
        return self._output.keep()

    def discard(self) -> None:
        """Close it and leave nothing of it."""
        _close_emptied(self.file, self._output.temporary)
        self._output.discard()
