"""Many scans: found in folders, kept by name, one of them taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from .nxtomo import entries, named_scan, read_scan
from .types import TomoScan

_SUFFIXES = (".nx", ".nxs", ".h5", ".hdf5", ".nexus")

_Way = Annotated[
    Literal["wildcards", "regular expression"],
    Param(label="Written with", words={"wildcards": "wildcards * and ?"}),
]


@dataclass(frozen=True)
class Scans:
    """Several scans in their order, and files that looked like one but can't be used."""

    scans: tuple[TomoScan, ...]
    problems: tuple[str, ...] = ()  #: one sentence for each

    @property
    def summary(self) -> str:
        count = len(self.scans)
        words = f"{count} scan{'s' if count != 1 else ''}"
        if 0 < count <= 3:
            words += ": " + ", ".join(s.name for s in self.scans)
        if self.problems:
            words += f"; {len(self.problems)} can't be used"
        return words


@task(title="Open scans", output="scans", requires="tomography")
def open_scans(
    files: Annotated[
        list[Path], Param(path="open", filter="NXtomo (*.nx *.nxs *.h5 *.hdf5);;All files (*)")
    ],
    *,
    progress: Progress = SILENT,
) -> Scans:
    """Open several NXtomo files, with all the scans in each.

    Parameters
    ----------
    files:
        The files, or identifiers of tomoscan. One that can't be used is named; the others
        are opened.

    Raises
    ------
    InputError
        When not one scan can be used.
    """
    return _opened([Path(f) for f in files], "the files that were chosen", progress)


@task(title="Find scans", output="scans", requires="tomography")
def find_scans(
    folder: Annotated[Path, Param(path="folder", filter="NXtomo (*.nx *.nxs *.h5 *.hdf5)")],
    *,
    pattern: Annotated[str, Param(label="File names")] = "*",
    written: _Way = "wildcards",
    subfolders: Annotated[bool, Param(label="In its folders, too")] = True,
    progress: Progress = SILENT,
) -> Scans:
    """Find the NXtomo scans in a folder.

    Parameters
    ----------
    folder:
        Where to look.
    pattern:
        What file names must be like.
    written:
        How the pattern is written.
    subfolders:
        Look in the folders in it, too.

    Raises
    ------
    InputError
        When there is no such folder, the pattern is no regular expression, or not one scan
        is found.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(f"{folder}: there is no such folder.")
    fits = _matcher(pattern, written)
    found = []
    for path in root.rglob("*") if subfolders else root.iterdir():
        progress.check()
        if path.suffix in _SUFFIXES and path.is_file() and fits(path.name):
            found.append(path)
    found.sort()
    return _opened(found, str(folder), progress, skip_others=True)


@task(title="Filter scans", output="scans", requires="tomography")
def filter_scans(
    scans: Scans,
    *,
    pattern: Annotated[str, Param(label="Names")] = "*",
    written: _Way = "wildcards",
    leave_out: Annotated[bool, Param(label="Leave those out")] = False,
) -> Scans:
    """Keep the scans whose name is like a pattern, or leave them out.

    Parameters
    ----------
    scans:
        The scans.
    pattern:
        What names must be like: the file's name, with or without its suffix.
    written:
        How the pattern is written.
    leave_out:
        Keep the others instead.

    Raises
    ------
    InputError
        When the pattern is no regular expression, or no scan is left.
    """
    fits = _matcher(pattern, written)
    kept = tuple(s for s in scans.scans if (fits(s.name) or fits(s.file.name)) != leave_out)
    if not kept:
        raise InputError(f"None of the {len(scans.scans)} scans is left by '{pattern}'.")
    return Scans(kept, scans.problems)


@task(title="Choose scan", output="scan", requires="tomography")
def choose_scan(
    scans: Scans, *, number: Annotated[int, Param(ge=1, label="The scan's number")] = 1
) -> TomoScan:
    """Take one scan of several.

    Parameters
    ----------
    scans:
        The scans.
    number:
        Which one, from 1.

    Raises
    ------
    InputError
        When there are fewer.
    """
    if number > len(scans.scans):
        raise InputError(f"There is no scan {number} among {len(scans.scans)}.")
    return scans.scans[number - 1]


@task(title="Collect scans", output="scans", requires="tomography")
def collect_scans(
    first: TomoScan,
    second: TomoScan | None = None,
    third: TomoScan | None = None,
    fourth: TomoScan | None = None,
) -> Scans:
    """Make one list of scans that come along several links.

    Parameters
    ----------
    first:
        The first scan.
    second:
        The second.
    third:
        The third.
    fourth:
        The fourth.
    """
    return Scans(tuple(s for s in (first, second, third, fourth) if s is not None))


def _matcher(pattern: str, written: str) -> Callable[[str], bool]:
    if written == "wildcards":
        return lambda name: fnmatchcase(name, pattern)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(f"'{pattern}' is no regular expression: {error}.") from None
    return lambda name: compiled.search(name) is not None


def _opened(
    files: list[Path], where: str, progress: Progress, *, skip_others: bool = False
) -> Scans:
    """The scans in files; HDF5 files of other kinds, as reduced frames are, may be skipped."""
    scans: list[TomoScan] = []
    problems: list[str] = []
    for file in progress.each(files, "Opening scans"):
        try:
            path, named = named_scan(file)
            found = entries(path) if named is None else [named]
            if not found and not skip_others:
                problems.append(f"{file}: this file holds no NXtomo entry.")
            scans += [read_scan(path, entry) for entry in found]
        except InputError as error:
            problems.append(str(error))
    if not scans:
        raise InputError(
            f"Among {where} there is no NXtomo scan." + (f" {problems[0]}" if problems else "")
        )
    return Scans(tuple(scans), tuple(problems))
