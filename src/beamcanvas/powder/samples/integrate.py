"""Many samples in one step: a table in, a pattern for each out, whatever fails on the way."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...output_file import replacing
from ...task import SILENT, Param, Progress, task
from ..experiment.poni import read_poni
from ..files.save import save_ascii, save_nexus
from ..image.opening import open_image
from ..integration.integrate import integrate_1d
from ..integration.parameters import ErrorModel, Unit
from ..results import AXES, Pattern
from ..types import DiffractionImage, Geometry, Mask

#: How a heading may name a column.
_COLUMNS = {
    "name": ("name", "sample", "sample name", "sample_name"),
    "file": ("file", "image", "filename", "path"),
    "calibration": ("calibration", "poni", "geometry"),
    "data_path": ("data_path", "path in file"),
    "frame": ("frame",),
    "monitor": ("monitor",),
}
_AHEAD = 2  #: images read before they are needed


@dataclass(frozen=True)
class Sample:
    """One row of a table of samples."""

    name: str
    file: Path
    calibration: Path | None = None  #: PONI file; None: the geometry that all share
    data_path: str = ""
    frame: int = 0
    monitor: float | None = None


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


@dataclass(frozen=True, eq=False)
class SampleResults:
    """A pattern for each sample that could be integrated, and a sentence for each other."""

    patterns: dict[str, Pattern]
    failures: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)  #: that were written

    @property
    def summary(self) -> str:
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"{len(self.patterns)} patterns{failed}"

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self.failures:
            return ()
        name, why = next(iter(self.failures.items()))
        more = "" if len(self.failures) == 1 else f" And {len(self.failures) - 1} more."
        return (f"{name}: {why}{more}",)

    def nxdata(self) -> NXData:
        """All patterns as an image, (sample, radius), on the finest common axis; NaN outside."""
        patterns = list(self.patterns.values())
        low = min(float(p.radial.min()) for p in patterns)
        high = max(float(p.radial.max()) for p in patterns)
        radial = np.linspace(low, high, max(len(p.radial) for p in patterns))
        rows = np.full((len(patterns), len(radial)), np.nan)
        for row, p in zip(rows, patterns, strict=True):
            seen = np.isfinite(p.intensity) & (True if p.count is None else p.count > 0)
            if seen.any():
                order = np.argsort(p.radial[seen])
                x, y = p.radial[seen][order], p.intensity[seen][order]
                row[:] = np.interp(radial, x, y, left=np.nan, right=np.nan)
        name, symbol, label = AXES[patterns[0].unit]
        return NXData(
            signal=rows,
            name="intensity",
            label="Intensity",
            mask=~np.isfinite(rows),
            axes=(
                Axis(name="sample", values=np.arange(1, len(rows) + 1), label="Sample"),
                Axis(name=name, values=radial, unit=symbol, label=label),
            ),
            title="All samples",
            log=True,
        )


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
        calibration (a PONI file), data_path, frame and monitor. Files are looked for beside
        the table.
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
        if _file_name(row.name) in names:
            raise InputError(f"Two samples are named '{row.name}': their results need two names.")
        names[_file_name(row.name)] = row
    return Samples(tuple(rows), "" if file is None else Path(file).name)


def _stem(file: Path) -> str:
    return file.name.split(".")[0] or file.name


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "sample"


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
    try:
        frame = int(values.get("frame", 0))
        monitor = float(values["monitor"]) if "monitor" in values else None
    except ValueError:
        raise InputError(
            f"Line {number} of {table} should have numbers for frame and monitor."
        ) from None
    return Sample(
        name=values.get("name", _stem(image)),
        file=image,
        calibration=table.parent / values["calibration"] if "calibration" in values else None,
        data_path=values.get("data_path", ""),
        frame=frame,
        monitor=monitor,
    )


@task(title="Integrate samples", output="results", requires="powder")
def integrate_samples(
    samples: Samples,
    geometry: Geometry | None = None,
    mask: Mask | None = None,
    *,
    folder: Annotated[Path | None, Param(path="folder", label="Save in", auto="not saved")] = None,
    save_as: Literal["NeXus", "text", "NeXus and text"] = "NeXus and text",
    points: Annotated[int, Param(ge=1, le=1_000_000)] = 2000,
    unit: Unit = "2th_deg",
    error_model: ErrorModel = "poisson",
    radial_min: Annotated[float | None, Param(auto="all", group="Range")] = None,
    radial_max: Annotated[float | None, Param(auto="all", group="Range")] = None,
    polarization: Annotated[
        float | None, Param(ge=-1, le=1, auto="not corrected", group="Corrections")
    ] = None,
    reference: Annotated[float, Param(gt=0, label="Scaled to a monitor of", more=True)] = 1.0,
    progress: Progress = SILENT,
) -> SampleResults:
    """Integrate every sample of a table; one that fails is listed and the others go on.

    Each result is saved as soon as it is there, with a table of all of them at the end.

    Parameters
    ----------
    samples:
        Which samples there are.
    geometry:
        Where the detector stood, for samples without a calibration of their own.
    mask:
        Pixels not to be used.
    folder:
        Where each pattern is saved, named after its sample.
    save_as:
        Kind of file.
    points:
        Number of points of each pattern.
    unit:
        Of the radial axis.
    error_model:
        Where standard deviations come from.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    reference:
        Monitor value to which samples with a monitor are scaled.

    Raises
    ------
    InputError
        When not a single sample could be integrated, or the folder can't be written to.
    """
    patterns: dict[str, Pattern] = {}
    failures: dict[str, str] = {}
    files: dict[str, list[Path]] = {}
    calibrations: dict[Path, Geometry | str] = {}
    settings: dict[str, Any] = {
        "points": points,
        "unit": unit,
        "error_model": error_model,
        "radial_min": radial_min,
        "radial_max": radial_max,
        "polarization": polarization,
        "reference": reference,
    }
    for i, (sample, image) in enumerate(_opened(samples.rows)):
        progress(i / len(samples.rows), sample.name)
        try:
            if isinstance(image, str):
                raise InputError(image)
            placed = _geometry(sample, geometry, calibrations)
            pattern = integrate_1d(image, placed, mask, monitor=sample.monitor, **settings)
            if folder is not None:
                stem = Path(folder) / _file_name(sample.name)
                files[sample.name] = _save(pattern, stem, save_as)
            patterns[sample.name] = pattern
        except InputError as error:
            failures[sample.name] = str(error)
    if not patterns:
        name, why = next(iter(failures.items()))
        raise InputError(f"None of {len(failures)} samples could be integrated. {name}: {why}")
    if folder is not None:
        _list(samples, failures, files, Path(folder) / "samples.csv")
    progress(1.0, "Integrated")
    return SampleResults(patterns, failures, files)


def _opened(rows: Sequence[Sample]) -> Iterator[tuple[Sample, DiffractionImage | str]]:
    """Each sample with its image, or with why it can't be opened; the next are read meanwhile."""

    def opened(row: Sample) -> DiffractionImage | str:
        try:
            return open_image(row.file, data_path=row.data_path, frame=row.frame)
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(_AHEAD, thread_name_prefix="samples") as pool:
        waiting: list[Future[DiffractionImage | str]] = []
        try:
            for i, row in enumerate(rows):
                while len(waiting) <= _AHEAD and i + len(waiting) < len(rows):
                    waiting.append(pool.submit(opened, rows[i + len(waiting)]))
                yield row, waiting.pop(0).result()
        finally:
            for future in waiting:
                future.cancel()


def _geometry(
    sample: Sample, shared: Geometry | None, read: dict[Path, Geometry | str]
) -> Geometry:
    if sample.calibration is None:
        if shared is None:
            raise InputError("It has no calibration, and no geometry was given for all.")
        return shared
    if sample.calibration not in read:
        try:
            read[sample.calibration] = read_poni(sample.calibration)
        except InputError as error:
            read[sample.calibration] = str(error)
    found = read[sample.calibration]
    if isinstance(found, str):
        raise InputError(found)
    return found


def _save(pattern: Pattern, stem: Path, save_as: str) -> list[Path]:
    written = []
    if "NeXus" in save_as:
        written.append(
            save_nexus(pattern, file=stem.with_name(stem.name + ".h5"), existing="replace")
        )
    if "text" in save_as:
        suffix = ".xy" if pattern.sigma is None else ".xye"
        written.append(
            save_ascii(pattern, file=stem.with_name(stem.name + suffix), existing="replace")
        )
    return written


def _list(
    samples: Samples, failures: dict[str, str], files: dict[str, list[Path]], file: Path
) -> None:
    with replacing(file) as (_, new), new.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["name", "image", "result", "failure"])
        for row in samples.rows:
            results = " ".join(path.name for path in files.get(row.name, []))
            table.writerow([row.name, row.file, results, failures.get(row.name, "")])
