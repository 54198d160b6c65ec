"""Saving many patterns at once as text, in a folder or in one zip archive."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..analyzers.patterns import AnalyzerPatterns
from ..files.names import safe_name
from ..files.save import pattern_text
from ..results import Pattern, Patterns
from ..samples.results import SampleResults
from ..scan.results import IntegratedScan
from .scan_file import counter, patterns_of

_ROWS = 64  #: patterns of a scan read at a time


@task(title="Save patterns", output="saved", requires="powder")
def save_patterns(
    patterns: IntegratedScan | SampleResults | AnalyzerPatterns | Patterns,
    *,
    output: Annotated[
        Path, Param(path="save", filter="Zip archive (*.zip);;Folder (*)", label="Zip or folder")
    ],
    existing: Existing = "keep",
    kind: Annotated[Literal[".xye", ".xy", ".dat", ".fxye", ".chi"], Param(label="Files")] = ".xye",
    header: Annotated[Literal["full", "none"], Param(label="Header lines")] = "full",
    counters: Annotated[list[str], Param(label="Counters in the header")] = [],  # noqa: B006
    name: Annotated[str | None, Param(auto="as the data", label="Names begin with")] = None,
    progress: Progress = SILENT,
) -> Path:
    """Save every pattern of a scan, of many samples, or of all analysers as a text file.

    A frame's file is named after the scan and its number, a sample's after the sample, an
    analyser's ends in MA0, MA1 ...; each azimuth of a cake becomes a file, and so does each way
    in which frames were integrated. Frames that failed are left out. All of them are written,
    or none.

    Parameters
    ----------
    patterns:
        What to save.
    output:
        A name that ends in .zip: one archive. Any other: a folder.
    existing:
        What to do with files of these names: nothing is overwritten unless asked.
    kind:
        Suffix of the files, which says how they are laid out, as in Save as text.
    header:
        full, lines with # that say how it was made; none, bare numbers as Rietveld
        programs like them.
    counters:
        Counters of the scan whose value at each frame goes into its header.
    name:
        What the names begin with; of samples, nothing but their own.

    Raises
    ------
    InputError
        When there is nothing to save, a counter isn't in the scan, the patterns lack what
        the files need, or files can't be written, or are there and to be kept.
    """
    if counters and not isinstance(patterns, IntegratedScan):
        raise InputError("Only a scan has counters to put into the header.")
    wanted = list(dict.fromkeys(counters))
    count = 0
    with _place(Path(output), existing) as (path, add):
        for fraction, stem, pattern in _each(patterns, name, wanted):
            progress(fraction, stem)
            add(f"{stem}{kind}", pattern_text(pattern, f"{stem}{kind}", header))
            count += 1
        if not count:
            raise InputError("There is no pattern to save: all of them failed.")
    progress(1.0, f"{count} files")
    return path


def _each(
    patterns: IntegratedScan | SampleResults | AnalyzerPatterns | Patterns,
    name: str | None,
    counters: list[str],
) -> Iterator[tuple[float, str, Pattern]]:
    """How far it is, the file's name without suffix, and each pattern that was measured."""
    if isinstance(patterns, IntegratedScan):
        ways = {"": patterns, **patterns.variants}
        for number, (way, scan) in enumerate(ways.items()):
            for fraction, stem, pattern in _of_scan(scan, name, counters):
                end = f"_{safe_name(way, 'pattern')}" if way else ""
                yield (number + fraction) / len(ways), f"{stem}{end}", pattern
        return
    start = f"{name}_" if name else ""
    if isinstance(patterns, AnalyzerPatterns):
        start = start or f"{Path(patterns.source).stem}_"
        found = patterns.each()
    else:
        found = patterns.patterns
    for number, (own, pattern) in enumerate(found.items()):
        yield number / len(found), safe_name(f"{start}{own}", "pattern"), pattern


def _of_scan(
    scan: IntegratedScan, name: str | None, counters: list[str]
) -> Iterator[tuple[float, str, Pattern]]:
    file, _, entry = scan.source.partition("::/")
    start = name or safe_name(f"{Path(file).stem}_{entry.partition('.')[0]}", "pattern")
    with patterns_of(scan) as data:
        measured = {c: counter(scan, data, c)[()] for c in counters}
        errors = data.get("intensity_errors")
        weight = np.asarray(data["weight"], dtype=float)
        frames = data["intensity"].shape[0]
        for first in range(0, frames, _ROWS):
            block = np.asarray(data["intensity"][first : first + _ROWS], dtype=float)
            sigmas = None if errors is None else errors[first : first + _ROWS].astype(float)
            for frame in range(first, first + len(block)):
                told = {c: float(v[frame]) for c, v in measured.items()}
                for sector in np.ndindex(block.shape[1:-1]):
                    place = (frame - first, *sector)
                    if not np.isfinite(block[place]).any():
                        continue
                    said = {"frame": frame, **told}
                    if scan.azimuthal is not None:
                        said["azimuth"] = float(scan.azimuthal[sector[0]])
                    pattern = Pattern(
                        radial=scan.radial,
                        intensity=block[place],
                        sigma=None if sigmas is None else sigmas[place],
                        unit=scan.unit,
                        geometry=scan.geometry,
                        engine=scan.engine,
                        settings={**scan.settings, **said},
                        count=weight[sector],
                        source=scan.source,
                    )
                    part = f"_sector{sector[0]:03d}" if sector else ""
                    yield frame / frames, f"{start}_{frame:04d}{part}", pattern


@contextmanager
def _place(path: Path, existing: Literal["keep", "replace"]) -> Iterator[tuple[Path, Any]]:
    """Where the files go, and what adds one; on success they are all there, else none."""
    if path.suffix.lower() == ".zip":
        with (
            replacing(path, "", existing) as (path, new),
            zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            yield path, archive.writestr
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}.") from None
    try:

        def add(name: str, text: str) -> None:
            if existing == "keep" and (path / name).exists():
                raise InputError(
                    f"{path / name} is there already: choose 'replace it', or another folder."
                )
            (folder / name).write_text(text, encoding="utf-8")

        yield path, add
        path.mkdir(exist_ok=True)
        for file in sorted(folder.iterdir()):
            file.replace(path / file.name)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
