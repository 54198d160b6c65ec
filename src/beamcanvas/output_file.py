"""Files written whole or not at all: under another name beside their place, then moved there."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage
from stat import S_IMODE
from typing import Literal

from .errors import InputError


class OutputFile:
    """A file that has a temporary name until :meth:`keep` moves it to its place.

    Its folder is made. An existing file stays as it is until then; the new one takes over
    its permissions, and a symbolic link goes on pointing to it.

    Parameters
    ----------
    file:
        Where it will be.
    suffix:
        Added to a name that has none.
    existing:
        What to do with a file that is there.

    Raises
    ------
    InputError
        When it can't be written, or is there and to be kept; at once, before anything is
        computed.
    """

    def __init__(
        self,
        file: str | Path,
        suffix: str = "",
        existing: Literal["keep", "replace"] = "replace",
    ) -> None:
        self.path = Path(file)
        self._existing = existing
        self._made: list[Path] = []  # folders, the innermost first
        try:
            self._place = self._find_place(suffix)
            folder = self._place.parent
            # writers look at the suffix: the temporary name has the same
            name = f".{self._place.stem[:40]}-{os.urandom(4).hex()}{self._place.suffix}"
            self.temporary = folder / name  #: where it is written
            self._made = [f for f in (folder, *folder.parents) if not f.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except (OSError, ValueError) as error:  # ValueError: a null character in the name
            self._remove_folders()
            if isinstance(error, FileExistsError | NotADirectoryError):
                raise self.failure(f"{self.path.parent} is not a folder") from None
            raise self.failure(error) from None

    def _find_place(self, suffix: str) -> Path:
        if not self.path.suffix and not self.path.is_dir():
            self.path = self.path.with_name(self.path.name + suffix)
        place = Path(os.path.realpath(self.path))
        if place.is_dir():
            raise OSError("this is a folder, not a file")
        if place.exists() and not place.is_file():
            raise OSError("this is a device, not a file")
        self._check_existing(place)
        if place.exists() and not os.access(place, os.W_OK):
            raise PermissionError(13, "Permission denied")
        return place

    def _check_existing(self, place: Path) -> None:
        if self._existing == "keep" and place.exists():
            raise OSError("it is there already: choose 'replace it', or another file")

    def keep(self) -> Path:
        """Move it to its place, in one step; returns where that is."""
        try:
            self._check_existing(self._place)  # made by others meanwhile
            if self._place.exists():
                with suppress(OSError):  # some file systems know no permissions
                    self.temporary.chmod(S_IMODE(self._place.stat().st_mode))
            self.temporary.replace(self._place)
        except OSError as error:
            self.discard()
            raise self.failure(error) from None
        self._made = []
        return self.path

    def discard(self) -> None:
        """Leave nothing behind, not even the folders that were made for it."""
        self.temporary.unlink(missing_ok=True)
        self._remove_folders()

    def _remove_folders(self) -> None:
        with suppress(OSError):  # others may use it by now
            for folder in self._made:
                folder.rmdir()
        self._made = []

    def failure(self, reason: Exception | str) -> InputError:
        """The error that says why the file can't be written."""
        return InputError(f"{self.path}: the file can't be written: {words_of(reason)}.")


def words_of(reason: Exception | str) -> str:
    """Why a file can't be written; what HDF5 and numpy say of a full disk in a few words."""
    if isinstance(reason, OSError) and reason.errno:
        return os.strerror(reason.errno)
    words = str(reason)
    full = os.strerror(errno.ENOSPC)
    return full if full in words or "requested and" in words else words.rstrip(".")


@contextmanager
def replacing(
    file: str | Path, suffix: str = "", existing: Literal["keep", "replace"] = "replace"
) -> Iterator[tuple[Path, Path]]:
    """Write a file: its path, and the temporary one to write to, which takes its place.

    When the block raises, nothing is left of it and an existing file is as it was.

    Parameters
    ----------
    suffix:
        Added to a name that has none.
    existing:
        What to do with a file that is there.

    Raises
    ------
    InputError
        When it can't be written, or is there and to be kept.
    """
    output = OutputFile(file, suffix, existing)
    try:
        yield output.path, output.temporary
        output.keep()
    except OSError as error:
        raise output.failure(error) from None
    finally:
        output.discard()


def check_not_read(place: str | Path, files: Iterable[Path]) -> None:
    """Refuse to write where the data that it is made of are.

    Raises
    ------
    InputError
        When `place` is one of the files, by whatever name.
    """
    found = Path(place)
    with suppress(OSError):  # a name that nothing can have is found out when it is written
        if found.exists() and any(f.exists() and found.samefile(f) for f in files):
            raise InputError(f"{place}: what is written is made of this file; choose another name.")


def check_room(place: str | Path, needed: float) -> None:
    """Refuse to begin with what won't find room.

    Parameters
    ----------
    needed:
        Bytes that will be written.

    Raises
    ------
    InputError
        When fewer are free where `place` is.
    """
    folder = next(parent for parent in Path(place).absolute().parents if parent.is_dir())
    free = disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{place} needs {_size(needed)}, and only {_size(free)} are free in {folder}."
        )


def _size(count: float) -> str:
    return f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"
