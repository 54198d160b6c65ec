"""Single images, and stacks of image files with SPEC's words in their headers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack
from ..stack.memory import half_of_memory
from ..stack.source import ImageSource
from .dimensions import arrange, by_number, guess


def read_image(file: Path) -> NDArray[Any]:
    """The first frame of an image file: NumPy, TIFF, EDF and whatever else fabio knows."""
    file = Path(file)
    if not file.is_file():
        raise InputError(f"{file}: there is no such file.")
    try:
        if file.suffix == ".npy":
            data = np.load(file, allow_pickle=False)
        else:
            import fabio

            with fabio.open(file) as image:
                data = np.array(image.data)
    except Exception as error:  # each format's reader raises in its own way
        raise InputError(f"{file} can't be read as an image: {error}") from None
    if data.ndim != 2 or data.dtype.kind not in "biuf":
        raise InputError(f"{file} is no image: its shape is {data.shape}, its type {data.dtype}.")
    return np.asarray(data)


@task(title="Open images", output="stack", requires="darkfield")
def open_images(
    first: Annotated[
        Path, Param(path="open", filter="Images (*.edf *.edf.gz *.tif *.tiff);;All files (*)")
    ],
    *,
    motors: Annotated[list[str] | None, Param(auto="those that moved", more=True)] = None,
    memory: Annotated[
        float | None, Param(gt=0, unit="GB", auto="half of the machine's", more=True)
    ] = None,
    progress: Progress = SILENT,
) -> DarkfieldStack:
    """Open a scan that is an image file for each frame, as ID06 wrote them.

    All files of the folder whose names differ from the first one's only in their number
    belong to the scan. Where motors stood is read from their headers.

    Parameters
    ----------
    first:
        The first image of the scan.
    motors:
        Names of the motors that make the dimensions, slowest first.
    memory:
        Memory that the frames may take; above it they are read in parts.

    Raises
    ------
    InputError
        When there is no such file, it is no image, or the motors don't fit the frames.
    """
    first = Path(first)
    image = read_image(first)
    files = _series(first)
    tables: dict[str, list[float]] = {}
    for file in progress.each(files, "Reading the headers"):
        for name, value in _motors_in(file).items():
            tables.setdefault(name, []).append(value)
    recorded = {n: np.array(v) for n, v in tables.items() if len(v) == len(files)}
    named = [(m, len(np.unique(recorded.get(m, [0])))) for m in motors] if motors else None
    if named is None:
        named = guess(recorded, len(files))
    if named is None:
        words = "No motor in the headers tells the frames apart: they are numbered."
        found = by_number(len(files), words)
    else:
        found = arrange(named, recorded, len(files))
    rows, columns = image.shape
    moving = {d.motor for d in found.dimensions}
    return DarkfieldStack(
        source=ImageSource(len(files), (rows, columns), str(image.dtype), first.name, tuple(files)),
        dimensions=found.dimensions,
        positions=found.positions,
        order=found.order,
        fixed={n: float(np.median(v)) for n, v in recorded.items() if n not in moving},
        limit=half_of_memory() if memory is None else int(memory * 1e9),
        title=first.name,
        warnings=found.warnings,
    )


def _series(first: Path) -> list[Path]:
    """The files that are numbered as the first one is, in the order of their numbers."""
    name = re.fullmatch(r"(.*?)(\d+)(\D*)", first.name.removesuffix(".gz"))
    if name is None:
        return [first]
    packed = ".gz" if first.name.endswith(".gz") else ""
    pattern = re.compile(re.escape(name[1]) + r"(\d+)" + re.escape(name[3] + packed))
    numbered = {}
    for file in first.parent.iterdir():
        found = pattern.fullmatch(file.name)
        if found and int(found[1]) >= int(name[2]):
            numbered[int(found[1])] = file
    return [numbered[n] for n in sorted(numbered)]


def _motors_in(file: Path) -> dict[str, float]:
    """Where motors stood and what counters had, from a header that SPEC filled in."""
    import fabio

    try:
        with fabio.open(file) as image:
            header = dict(image.header)
    except Exception as error:  # fabio's readers raise whatever their format makes them
        raise InputError(f"{file} can't be read as an image: {error}") from None
    found: dict[str, float] = {}
    for kind in ("counter", "motor"):
        names = str(header.get(f"{kind}_mne", "")).split()
        values = str(header.get(f"{kind}_pos", "")).split()
        for name, value in zip(names, values, strict=False):
            try:
                found[name] = float(value)
            except ValueError:
                continue
    return found
