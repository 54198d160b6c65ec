"""A table of samples: which images or scans there are, and what belongs to each."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ...errors import InputError
from ...task import Param, task
from ..files.names import safe_name

#: How a heading may name a column.
_COLUMNS = {
    "name": ("name", "sample", "sample name", "sample_name"),
    "file": ("file", "image", "filename", "path"),
    "calibration": ("calibration", "poni", "geometry"),
    "data_path": ("data_path", "path in file"),
    "frame": ("frame",),
    "scan": ("scan", "scan number"),
    "detector": ("detector",),
    "monitor": ("monitor",),
}


@dataclass(frozen=True)
class Sample:
    """One row of a table of samples."""

    name: str
    file: Path
    #: PONI file, or an image of the calibrant; None: the geometry that all share
    calibration: Path | None = None
    data_path: str = ""
    frame: int = 0
    scan: int | None = None  #: all frames of this bliss scan of the file, in place of one image
    detector: str | None = None  #: of the scan
    monitor: float | str | None = None  #: or counters of the scan, with commas between


@dataclass(frozen=True)
class Samples:
    """A table of samples."""

    rows: tuple[Sample, ...]
    source: str = ""

    @property
    def summary(self) -> str:
        own = sum(row.calibration is not None for row in self.rows)
        with_own = f", {own} with a calibration of their own" if own else ""
        return f"{len(self.rows)} samples{with_own}"

    @property
    def report(self) -> list[dict[str, str]]:
        """Sample by sample, in the columns that any of them has, files by their names."""
        columns: dict[str, Callable[[Sample], str]] = {
            "name": lambda row: row.name,
            "file": lambda row: row.file.name,
            "path in file": lambda row: row.data_path,
            "frame": lambda row: "" if row.scan is not None else f"{row.frame}",
            "scan": lambda row: f"{row.scan or ''}",
            "detector": lambda row: row.detector or "",
            "calibration": lambda row: row.calibration.name if row.calibration else "",
            "monitor": lambda row: "" if row.monitor is None else f"{row.monitor}",
        }
        cells = {title: [cell(row) for row in self.rows] for title, cell in columns.items()}
        used = {
            title: column for title, column in cells.items() if any(c not in "0" for c in column)
        }
        return [dict(zip(used, row, strict=True)) for row in zip(*used.values(), strict=True)]


@task(title="Samples", output="samples", requires="powder")
def read_samples(
    file: Annotated[
        Path | None, Param(path="open", filter="Tables (*.csv *.tsv *.txt)", auto="none")
    ] = None,
    *,
    images: Annotated[list[Path], Param(path="open")] = [],  # noqa: B006 - never changed
) -> Samples:
    """Say which samples there are: a table, image files, or both.

    Parameters
    ----------
    file:
        Table with a heading that names its columns: name, file, and where needed
        calibration (a PONI file, or an image of the calibrant), frame and data_path of an
        image, scan and detector of a bliss scan, and monitor (a number, or a counter of the
        scan). Files are looked for beside the table.
    images:
        Images of further samples, each named after its file.

    Raises
    ------
    InputError
        When there is no sample, a column or a value is missing, or two have one name.
    """
    rows = [] if file is None else _read_table(Path(file))
    rows += [Sample(_stem(Path(image)), Path(image)) for image in images]
    if not rows:
        raise InputError("There is no sample: give a table, or images.")
    names: dict[str, Sample] = {}
    for row in rows:
        if file_name(row.name) in names:
            raise InputError(f"Two samples are named '{row.name}': their results need two names.")
        names[file_name(row.name)] = row
    return Samples(tuple(rows), "" if file is None else Path(file).name)


def _stem(file: Path) -> str:
    return file.name.split(".")[0] or file.name


def file_name(name: str) -> str:
    """A sample's name as that of a file."""
    return safe_name(name, "sample")


def _read_table(file: Path) -> list[Sample]:
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file} can't be read as a table: it is not text.") from None
    numbered = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    if not numbered:
        raise InputError(f"{file} has no rows.")
    heading = numbered[0][1]
    delimiter = max("\t;,", key=heading.count)
    said = [word.strip().lower() for word in next(csv.reader([heading], delimiter=delimiter))]
    where = {
        column: said.index(word)
        for column, words in _COLUMNS.items()
        for word in words
        if word in said
    }
    if "file" not in where:
        raise InputError(
            f"The heading of {file} should name a column 'file', not only {', '.join(said)}."
        )
    rows = []
    for number, line in numbered[1:]:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
        values = {c: cells[i] for c, i in where.items() if i < len(cells) and cells[i]}
        rows.append(_sample(file, number, values))
    return rows


def _sample(table: Path, number: int, values: dict[str, str]) -> Sample:
    if "file" not in values:
        raise InputError(f"Line {number} of {table} names no file.")
    image = table.parent / values["file"]

    def whole(column: str) -> int | None:
        if column not in values:
            return None
        try:
            return int(values[column].removesuffix(".1"))
        except ValueError:
            raise InputError(
                f"Line {number} of {table} should have a number for {column}, not "
                f"'{values[column]}'."
            ) from None

    scan = whole("scan")
    monitor: float | str | None = values.get("monitor")
    try:
        monitor = None if monitor is None else float(monitor)
    except ValueError:
        if scan is None:
            raise InputError(
                f"Line {number} of {table} should have a number for monitor, not '{monitor}': "
                "only a scan has counters."
            ) from None
    return Sample(
        name=values.get("name", _stem(image)),
        file=image,
        calibration=table.parent / values["calibration"] if "calibration" in values else None,
        data_path=values.get("data_path", ""),
        frame=whole("frame") or 0,
        scan=scan,
        detector=values.get("detector"),
        monitor=monitor,
    )
