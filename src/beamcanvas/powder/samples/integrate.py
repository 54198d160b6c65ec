"""Many samples in one step: a table in, a pattern for each out, whatever fails on the way."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Literal

from ...errors import InputError
from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..files.save import save_ascii, save_nexus
from ..integration import parameters as p
from ..integration.settings import Settings
from ..integration.ways import Outliers
from ..results import Pattern
from ..types import Geometry, Setup
from .calibrations import Calibrations
from .frames import opened
from .pattern import Images, SampleIntegration
from .results import SampleResults
from .table import Samples, file_name


@task(title="Integrate samples", output="results", requires="powder")
def integrate_samples(
    samples: Samples,
    geometry: Geometry | None = None,
    mask: p.FrameMask = None,
    setup: Setup | None = None,
    dark: p.Dark = None,
    flat: p.Flat = None,
    configuration: p.Configuration = None,
    *,
    folder: Annotated[Path | None, Param(path="folder", label="Save in", auto="not saved")] = None,
    save_as: Literal["NeXus", "text", "NeXus and text"] = "NeXus and text",
    existing: Existing = "keep",
    points: p.Points = 2000,
    unit: p.Unit = "2th_deg",
    error_model: p.ErrorModel = "poisson",
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    azimuth_min: p.AzimuthMin = None,
    azimuth_max: p.AzimuthMax = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    reference: Annotated[float, Param(gt=0, label="Scaled to a monitor of", more=True)] = 1.0,
    outliers: p.FrameOutliers = "keep",
    threshold: p.Threshold = 5.0,
    splitting: p.Splitting = "bounding box",
    progress: Progress = SILENT,
) -> SampleResults:
    """Integrate every sample of a table; one that fails is listed and the others go on.

    A sample is an image, or a scan of which all frames are averaged. Samples of one geometry
    share its matrix, and an image of a calibrant is calibrated once. A geometry that is turned
    over for a sample's rings is told of. Each result is saved as soon as it is there, with a
    table of all of them at the end.

    Parameters
    ----------
    samples:
        Which samples there are.
    geometry:
        Where the detector stood, for samples without a calibration of their own.
    setup:
        Calibrant, detector and energy, for samples whose calibration is an image.
    folder:
        Where each pattern is saved, named after its sample.
    save_as:
        Kind of file.
    reference:
        Monitor value to which samples with a monitor are scaled.

    Raises
    ------
    InputError
        When not a single sample could be integrated, or the folder can't be written to.
    """
    settings = Settings(
        points=points,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        azimuth_min=azimuth_min,
        azimuth_max=azimuth_max,
        polarization=polarization,
        solid_angle=solid_angle,
        reference=reference,
        splitting=splitting,
    )
    listed = None if folder is None else Path(folder) / "samples.csv"
    if listed is not None and listed.exists() and existing == "keep":
        raise InputError(f"{folder} holds results already: choose 'replace', or another folder.")
    rejection = Outliers(outliers, threshold)
    if configuration is not None:
        settings = settings.filled(Settings(error_model="poisson"), configuration.settings)
        rejection = rejection.filled(configuration.settings)
    images = Images(mask, dark, flat, configuration)
    integration = SampleIntegration(settings.by_matrix, rejection, images)
    calibrations = Calibrations(geometry, setup, mask, progress)
    patterns: dict[str, Pattern] = {}
    failures: dict[str, str] = {}
    files: dict[str, list[Path]] = {}
    grown = SampleResults({})

    def look() -> dict[str, SampleResults]:
        nonlocal grown
        if len(grown.patterns) + len(grown.failures) < len(patterns) + len(failures):
            grown = SampleResults(dict(patterns), dict(failures))
        return {"results": grown} if grown.patterns else {}

    progress.show(look)
    for i, measured in enumerate(opened(samples.rows)):
        name = measured.sample.name
        progress(i / len(samples.rows), name)
        try:
            placed = calibrations.of(measured.sample)
            pattern = integration.pattern(measured, placed, progress)
            if folder is not None:
                stem = Path(folder) / file_name(name)
                files[name] = _save(pattern, stem, save_as, existing)
            patterns[name] = pattern
        except InputError as error:
            failures[name] = str(error)
    if not patterns:
        name, why = next(iter(failures.items()))
        raise InputError(f"None of {len(failures)} samples could be integrated. {name}: {why}")
    if listed is not None:
        _list(samples, failures, files, listed)
    progress(1.0, "Integrated")
    return SampleResults(patterns, failures, files)


def _save(
    pattern: Pattern, stem: Path, save_as: str, existing: Literal["keep", "replace"]
) -> list[Path]:
    written = []
    if "NeXus" in save_as:
        written.append(
            save_nexus(pattern, file=stem.with_name(stem.name + ".h5"), existing=existing)
        )
    if "text" in save_as:
        suffix = ".xy" if pattern.sigma is None else ".xye"
        written.append(
            save_ascii(pattern, file=stem.with_name(stem.name + suffix), existing=existing)
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
