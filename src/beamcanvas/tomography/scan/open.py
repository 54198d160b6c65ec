"""Opening scans: one by its file, many by their folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ...task import Param, task
from .nxtomo import named_scan, read_scan
from .types import TomoScan

NXTOMO = "NXtomo (*.nx *.nxs *.h5 *.hdf5);;All files (*)"


@task(title="Open scan", output="scan", requires="tomography")
def open_scan(
    file: Annotated[Path, Param(path="open", filter=NXTOMO)],
    entry: Annotated[
        str | None, Param(path="data", of="file", auto="the only one", label="Entry")
    ] = None,
) -> TomoScan:
    """Open a scan in an NXtomo file. Its frames stay there and are read when needed.

    Parameters
    ----------
    file:
        An NXtomo file, or a tomoscan identifier (``hdf5:scan:/path/file.nx?path=entry``).
    entry:
        Which of the file's scans, where it has several.

    Raises
    ------
    InputError
        When there is no such file or entry, it is cut off, or its frames don't fit with
        what is said of them.
    """
    path, named = named_scan(file)
    return read_scan(path, entry or named)
