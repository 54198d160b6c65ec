"""Integrating every frame of a bliss scan, finished or still being measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from ...errors import InputError
from ...nexus.bliss import FrameReader
from ...nexus.chunks import Buffers
from ...task import SILENT, Existing, Param, Progress, task
from ..configuration.configuration import Configuration
from ..integration import parameters as p
from ..integration.operator import Corrections
from ..integration.settings import Settings
from ..integration.turned_over import frame_turned_over
from ..integration.variants import Variants
from ..integration.ways import Outliers
from . import parameters as s
from .corrections import correcting, corrections_for
from .frames import usable_cores
from .growth import first_look
from .run import Following, ScanResult, ScanRun


@task(title="Integrate scan", requires="powder")
def integrate_scan(
    geometry: p.Geometry,
    mask: p.FrameMask = None,
    dark: p.Dark = None,
    flat: p.Flat = None,
    variants: Variants | None = None,
    configuration: Configuration | None = None,
    *,
    file: s.File,
    scan: s.Number = 1,
    detector: s.Detector = None,
    output: Annotated[Path, Param(path="save", filter="NeXus (*.h5 *.nxs)", label="Result file")],
    existing: Existing = "keep",
    points: p.Points = 2000,
    unit: p.Unit = "2th_deg",
    error_model: p.ErrorModel = "none",
    monitor: s.Monitor = None,
    reference: Annotated[
        float,
        Param(gt=0, group="Normalisation", help="Monitor value to which intensities are scaled."),
    ] = 1.0,
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    azimuth_min: p.AzimuthMin = None,
    azimuth_max: p.AzimuthMax = None,
    azimuth_points: Annotated[
        int | None, Param(ge=1, le=100_000, auto="1D", group="Range", more=True)
    ] = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    saturation: Annotated[
        float | None, Param(auto="the detector's mark", group="Corrections", more=True)
    ] = None,
    outliers: p.FrameOutliers = "keep",
    threshold: p.Threshold = 5.0,
    lines: p.Lines = None,
    splitting: p.Splitting = "bounding box",
    subscan: s.Subscan = 1,
    wait: Annotated[float, Param(ge=0, unit="s", label="Wait for frames", more=True)] = 60.0,
    threads: Annotated[int | None, Param(ge=1, auto="all cores", group="Method", more=True)] = None,
    progress: Progress = SILENT,
) -> ScanResult:
    """Integrate every frame of a bliss scan into a NeXus file, at the speed of the detector.

    The scan may still be measured: what is there is integrated, then what comes, until the
    scan ends. A frame that is missing, damaged or without a monitor is left as NaN and
    listed; the rest is kept.

    Parameters
    ----------
    variants:
        Further ways to integrate each frame: sectors, units.
    configuration:
        pyFAI's settings from a file. They stand in for what is left at its default here, its
        mask, dark and flat images for what isn't linked.
    output:
        File to write. Other scans in it are kept.
    existing:
        When the result file holds this scan already: keep it and stop, or replace it.
    azimuth_points:
        Number of azimuthal points, for a cake of each frame.
    saturation:
        Pixels of so many counts or more are left out.
    wait:
        How long to wait for the next frame of a scan that is still measured.
    threads:
        Frames that are integrated at the same time.

    Raises
    ------
    InputError
        When the scan, the detector or a monitor isn't there, shapes differ, not one frame
        can be integrated, or the result file can't be written or holds this scan already.
    """
    usual = Settings(
        points=points,
        azimuth_points=azimuth_points or 0,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        azimuth_min=azimuth_min,
        azimuth_max=azimuth_max,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        reference=reference,
        splitting=splitting,
    )
    rejection = Outliers(outliers, threshold)
    warnings: list[str] = []
    if configuration is not None:
        usual = _filled(usual, configuration)
        rejection = rejection.filled(configuration.settings)
        warnings += configuration.not_for_frames
    ways = {"": usual} | {row.name: row.of(usual) for row in (variants.rows if variants else ())}
    first = first_look(file, scan, subscan, detector, wait, progress)
    with FrameReader(first) as reader:
        corrections = corrections_for(reader.shape, geometry, mask, dark, flat, configuration)
        turned = _turned_over(reader, first.frames, geometry, corrections)
        warnings += [turned] if turned else []
    progress(None, "Preparing")
    following = Following(subscan, wait, threads or usable_cores())
    origins = correcting(dark, flat, configuration)
    run = ScanRun(first, geometry, corrections, ways, rejection, saturation, following, origins)
    return run.result(run.into(output, existing, progress), lines, warnings)


def _turned_over(
    reader: FrameReader, frames: int, geometry: p.Geometry, corrections: Corrections
) -> str:
    """Whether the rings of the first frame fit the geometry only when that is turned over."""
    try:
        frame = reader.read(0, 1, Buffers())[0] if frames else None
    except InputError:  # the frame is listed as a failure when its turn comes
        return ""
    return "" if frame is None else frame_turned_over(frame, geometry, corrections)


def _filled(usual: Settings, configuration: Configuration) -> Settings:
    """The settings, where they are at their defaults, as the configuration says; cakes too."""
    said = configuration.settings
    filled = usual.filled(Settings(), said)
    cake = usual.azimuth_points or int(said.get("azimuth_points", 0))
    return replace(filled, azimuth_points=cake).by_matrix
