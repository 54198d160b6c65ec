"""Integrating every frame of a bliss scan, finished or still being measured."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.bliss import FrameReader
from ...task import SILENT, Existing, Param, Progress, task
from ..integration import parameters as p
from ..integration.lines import marked_lines
from ..integration.one_frame import Outliers, way_for
from ..integration.operator import Bins, operator_for
from ..integration.settings import Settings
from ..integration.variants import Variants
from ..results import Pattern, Patterns
from ..types import DiffractionImage, Geometry, Mask
from . import parameters as s
from .corrections import corrections_for
from .file import ScanFile
from .frames import integrate_frames, usable_cores
from .growing import HeatMap
from .growth import first_look, looks
from .monitor import Factors, monitors_in
from .results import IntegratedScan, failure_lines
from .total import Total


class ScanResult(NamedTuple):
    """The patterns of a scan, and their average.

    `averages` has one for each of several ways to integrate, the usual one included.
    """

    scan: IntegratedScan
    average: Pattern
    averages: Patterns


@task(title="Integrate scan", requires="powder")
def integrate_scan(
    geometry: Geometry,
    mask: Mask | None = None,
    dark: DiffractionImage | None = None,
    flat: DiffractionImage | None = None,
    variants: Variants | None = None,
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
    outliers: Annotated[
        Literal["keep", "sigma clip", "median"],
        Param(
            words={"keep": "keep them", "median": "take the median"},
            group="Outliers",
            more=True,
        ),
    ] = "keep",
    threshold: Annotated[float, Param(unit="σ", ge=0, group="Outliers", more=True)] = 5.0,
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
    geometry:
        Where the detector stands.
    mask:
        Pixels not to be used. Without one: the gaps of the detector. Pixels that a frame
        marks by itself are left out of that frame either way.
    dark:
        Image without beam, subtracted from each frame.
    flat:
        Response of each pixel, divided out.
    variants:
        Further ways to integrate each frame: sectors, units.
    output:
        File to write. Other scans in it are kept.
    existing:
        When the result file holds this scan already: keep it and stop, or replace it.
    azimuth_points:
        Number of azimuthal points, for a cake of each frame.
    saturation:
        Pixels of so many counts or more are left out.
    outliers:
        What to do with pixels that don't belong to their ring: keep them; sigma clip, leave
        out what is far from the ring's mean, and again with the rest; or take the median of
        each ring in the place of its mean.
    threshold:
        How far is far, for sigma clipping: at least what Chauvenet's criterion says from the
        number of pixels in the ring.
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
    ways = {"": usual} | {row.name: row.of(usual) for row in (variants.rows if variants else ())}
    first = first_look(file, scan, subscan, detector, wait, progress)
    monitors = monitors_in(monitor, first)
    corrections = corrections_for(first, geometry, mask, dark, flat)
    progress(None, "Preparing")
    operator = operator_for(geometry, [way.layout for way in ways.values()], corrections)
    way = way_for(
        operator, geometry, corrections, error_model, Outliers(outliers, threshold), saturation
    )
    own = {"saturation": saturation, "outliers": outliers, "threshold": threshold}
    settings = {name: settings.record | own for name, settings in ways.items()}
    source = f"{first.file.name}::/{first.entry}"
    with ExitStack() as stack:
        result = ScanFile(
            output,
            first,
            list(ways),
            operator.bins,
            with_errors=error_model != "none" or outliers == "sigma clip",
            existing=existing,
            in_place=not first.is_finished,
        )
        stack.callback(result.discard)
        result.describe(geometry, way.words, list(settings.values()), corrections)
        total = Total(operator.points)
        heat_map = HeatMap(operator.bins[0], source)
        progress.show(lambda: {"scan": heat_map.so_far()} if heat_map.frames else {})
        failures: dict[int, str] = {}
        last = first
        for last, start, stop in looks(first, subscan, wait, progress):
            factors = Factors(last, monitors, reference)
            with FrameReader(last) as reader:
                frames = integrate_frames(
                    reader,
                    reader.blocks(start, stop),
                    factors.of,
                    way,
                    threads or usable_cores(),
                )
                for done in frames:
                    if done.found is None:
                        failures[done.number] = done.problem
                    else:
                        total.add(done.found)
                    result.add(done.found, factors.values.get(done.number, np.nan))
                    heat_map.add(done.number, done.found and done.found.intensity)
                    words = f"Frame {done.number + 1} of {last.frames}"
                    progress((done.number + 1) / max(last.frames, 1), words)
            if not last.is_finished:
                result.flush()
        if not total.frames:
            why = failure_lines(failures)
            raise InputError(
                f"{first.file}: no frame of scan {first.entry} could be integrated. "
                + (why[0][0].upper() + why[0][1:] if why else "It has none.")
            )
        path = result.keep(last, tuple(m for m in monitors if isinstance(m, str)), failures)
        stack.pop_all()
    warnings = [*geometry.warnings]
    if failures:
        warnings.append(
            f"{len(failures)} of {result.frames} frames are missing in the result: "
            + "; ".join(failure_lines(failures)[:3])
        )
    if not last.is_finished:
        warnings.append(f"Scan {last.entry} has not ended: no frame came for {wait:g} s.")
    scans: dict[str, IntegratedScan] = {}
    averages: dict[str, Pattern] = {}
    for name, process, bins in zip(ways, result.processes, operator.bins, strict=True):
        common: dict[str, Any] = {
            "radial": bins.radial,
            "unit": bins.layout.unit,
            "geometry": geometry,
            "engine": way.words,
            "settings": settings[name],
            "warnings": tuple(warnings),
        }
        scans[name] = IntegratedScan(
            file=path,
            path=f"{process}/integrated",
            frames=result.frames,
            azimuthal=bins.azimuthal,
            failures=failures,
            source=f"{source}, {name}" if name else source,
            is_complete=last.is_finished,
            **common,
        )
        intensity, sigma = total.average(bins)
        averages[name or "all"] = Pattern(
            intensity=intensity,
            sigma=sigma,
            lines=marked_lines(lines, geometry, bins.layout.unit, bins.radial),
            count=_over_azimuth(bins),
            source=f"average of {scans[name].source}",
            **common,
        )
    whole = scans.pop("")
    return ScanResult(replace(whole, variants=scans), averages["all"], Patterns(averages))


def _over_azimuth(bins: Bins) -> np.ndarray[Any, Any]:
    return bins.count if bins.azimuthal is None else bins.count.sum(axis=0)
