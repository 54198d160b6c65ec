"""Integrating every frame of a bliss scan, finished or still being measured."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis
from ...nexus.bliss import FrameReader, Scan
from ...task import SILENT, Param, Progress, task
from ..integration.integrate import (
    ErrorModel,
    Splitting,
    Unit,
    _azimuth_range,
    _AzimuthLimit,
    _complete,
    _Errors,
    _Lines,
    _marked,
    _Polarization,
    _radial_range,
    _RadialLimit,
    _SolidAngle,
)
from ..integration.operator import Corrections, Layout, Operator, operator_for
from ..results import AXES, Pattern
from ..types import DiffractionImage, Geometry, Mask, check_shape
from .file import ScanFile
from .frames import (
    ByOperator,
    ByPyFAI,
    Integrated,
    integrate_frames,
    usable_cores,
)
from .growth import first_look, looks
from .monitor import Factors, monitors_in
from .results import IntegratedScan, failure_lines


class ScanResult(NamedTuple):
    """The patterns of a scan, and their average."""

    scan: IntegratedScan
    average: Pattern


@task(title="Integrate scan", requires="powder")
def integrate_scan(
    geometry: Geometry,
    mask: Mask | None = None,
    dark: DiffractionImage | None = None,
    flat: DiffractionImage | None = None,
    *,
    file: Annotated[Path, Param(path="open", filter="bliss files (*.h5);;All files (*)")],
    scan: Annotated[int, Param(ge=1, label="Scan number")] = 1,
    detector: Annotated[str | None, Param(auto="the only one")] = None,
    output: Annotated[Path, Param(path="save", filter="NeXus (*.h5 *.nxs)", label="Result file")],
    existing: Annotated[
        Literal["keep", "replace"],
        Param(label="A result that is there", words={"keep": "keep it", "replace": "replace it"}),
    ] = "keep",
    points: Annotated[int, Param(ge=1, le=1_000_000)] = 2000,
    unit: Unit = "2th_deg",
    error_model: _Errors = "none",
    monitor: Annotated[str | None, Param(auto="not used", group="Normalisation")] = None,
    reference: Annotated[float, Param(gt=0, group="Normalisation")] = 1.0,
    radial_min: _RadialLimit = None,
    radial_max: _RadialLimit = None,
    azimuth_min: _AzimuthLimit = None,
    azimuth_max: _AzimuthLimit = None,
    azimuth_points: Annotated[
        int | None, Param(ge=1, le=100_000, auto="1D", group="Range", more=True)
    ] = None,
    polarization: _Polarization = None,
    solid_angle: _SolidAngle = True,
    saturation: Annotated[
        float | None, Param(auto="the detector's mark", group="Corrections", more=True)
    ] = None,
    clip: Annotated[
        float | None,
        Param(gt=0, auto="off", label="Sigma clipping", group="Corrections", more=True),
    ] = None,
    lines: _Lines = None,
    splitting: Annotated[
        Splitting, Param(label="Pixel splitting", group="Method", more=True)
    ] = "bounding box",
    subscan: Annotated[int, Param(ge=1, more=True)] = 1,
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
    file:
        The dataset's file, as bliss writes it.
    scan:
        Number of the scan: 3 for 3.1.
    detector:
        Name of the detector, where a scan has several.
    output:
        File to write. Other scans in it are kept.
    existing:
        When the result file holds this scan already: keep it and stop, or replace it.
    points:
        Number of points of a pattern.
    unit:
        Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.
    error_model:
        Where standard deviations come from: poisson, counts of a photon-counting detector;
        azimuthal, the scatter around each ring; hybrid, poisson where that is larger.
    monitor:
        Counter of the scan by which intensities are divided, or a number; several, separated
        by commas, are multiplied.
    reference:
        Monitor value to which intensities are scaled.
    radial_min:
        Lower end of the radial axis, in its unit.
    radial_max:
        Upper end of the radial axis, in its unit.
    azimuth_min:
        Lower end of the azimuth that is used.
    azimuth_max:
        Upper end of the azimuth that is used.
    azimuth_points:
        Number of azimuthal points, for a cake of each frame.
    polarization:
        Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.
    solid_angle:
        Correct for the solid angle that each pixel sees.
    saturation:
        Pixels of so many counts or more are left out.
    clip:
        Leave out pixels further from their ring's mean than so many standard deviations.
    lines:
        Whose lines to mark on the average's plot.
    splitting:
        How a pixel is shared between the points that it covers.
    subscan:
        2 for the slow counters' 3.2.
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
    if clip is not None and (azimuth_points or splitting != "none"):
        raise InputError("Sigma clipping works for patterns with pixel splitting 'none' only.")
    first = first_look(file, scan, subscan, detector, wait, progress)
    monitors = monitors_in(monitor, first)
    corrections = _corrections(first, geometry, mask, dark, flat)
    layout = Layout(
        points,
        azimuth_points or 0,
        unit,
        _whole_range(geometry, radial_min, radial_max, unit),
        _azimuth_range(azimuth_min, azimuth_max),
        polarization,
        solid_angle,
        splitting,
    )
    progress(None, "Preparing")
    operator = operator_for(geometry, layout, corrections)
    integrate = _way(operator, geometry, layout, corrections, error_model, saturation, clip)
    engine = _engine(integrate, splitting)
    settings: dict[str, Any] = {
        "points": points,
        "azimuth_points": azimuth_points,
        "unit": unit,
        "error_model": error_model,
        "radial_range": (radial_min, radial_max),
        "azimuth_range": (azimuth_min, azimuth_max),
        "polarization": polarization,
        "solid_angle": solid_angle,
        "splitting": splitting,
        "monitor": monitor,
        "reference": reference,
        "saturation": saturation,
        "clip": clip,
    }
    has_errors = error_model != "none" or clip is not None
    axes = _axes(operator, unit)
    with ExitStack() as stack:
        result = ScanFile(
            output,
            first,
            layout.shape,
            with_errors=has_errors,
            existing=existing,
            in_place=not first.is_finished,
        )
        stack.callback(result.discard)
        result.describe(geometry, engine, settings, axes, operator.count, corrections)
        total = _Total(layout.shape)
        failures: dict[int, str] = {}
        last = first
        for last, start, stop in looks(first, subscan, wait, progress):
            factors = Factors(last, monitors, reference)
            with FrameReader(last) as reader:
                frames = integrate_frames(
                    reader,
                    reader.blocks(start, stop),
                    factors.of,
                    integrate,
                    threads or usable_cores(),
                )
                for done in frames:
                    progress.check()
                    if done.problem:
                        failures[done.number] = done.problem
                    else:
                        total.add(done)
                    result.add(done, factors.values.get(done.number, np.nan))
                    if done.number % 16 == 0:
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
        names = tuple(name for name in monitors if isinstance(name, str))
        path = result.keep(last, names, failures)
        stack.pop_all()
    source = f"{first.file.name}::/{first.entry}"
    warnings = [*geometry.warnings]
    if failures:
        warnings.append(
            f"{len(failures)} of {result.frames} frames are missing in the result: "
            + "; ".join(failure_lines(failures)[:3])
        )
    if not last.is_finished:
        warnings.append(f"Scan {last.entry} has not ended: no frame came for {wait:g} s.")
    made = IntegratedScan(
        file=path,
        path=result.data,
        frames=result.frames,
        radial=operator.radial,
        azimuthal=operator.azimuthal,
        unit=unit,
        geometry=geometry,
        engine=engine,
        settings=settings,
        failures=failures,
        source=source,
        is_complete=last.is_finished,
        warnings=tuple(warnings),
    )
    intensity, sigma = total.average()
    return ScanResult(
        made,
        Pattern(
            radial=operator.radial,
            intensity=intensity,
            sigma=sigma,
            unit=unit,
            geometry=geometry,
            engine=engine,
            settings=settings,
            lines=_marked(lines, geometry, unit, operator.radial),
            count=operator.count if operator.azimuthal is None else operator.count.sum(axis=0),
            source=f"average of {source}",
            warnings=tuple(warnings),
        ),
    )


def _corrections(
    scan: Scan,
    geometry: Geometry,
    mask: Mask | None,
    dark: DiffractionImage | None,
    flat: DiffractionImage | None,
) -> Corrections:
    shape = geometry.detector.shape
    with FrameReader(scan) as reader:
        found = reader.shape
    if found is not None:
        check_shape("detector's frame", found, shape, "geometry's detector")
    images = {"dark image": dark, "flat field": flat}
    if mask is not None:
        check_shape("mask", mask.pixels.shape, shape, "geometry's detector")
        unused = mask.pixels.copy()
    else:
        gaps = geometry.detector.pyfai().mask
        unused = np.zeros(shape, bool) if gaps is None else np.array(gaps, dtype=bool)
    for what, image in images.items():
        if image is not None:
            check_shape(what, image.shape, shape, "geometry's detector")
            unused |= image.mask
    if flat is not None:
        unused |= ~(np.asarray(flat.data) > 0)
    if unused.all():
        raise InputError("The mask leaves no pixel to be used.")
    return Corrections(
        unused, None if dark is None else dark.data, None if flat is None else flat.data
    )


def _whole_range(
    geometry: Geometry, low: float | None, high: float | None, unit: Unit
) -> tuple[float, float] | None:
    found = _radial_range(low, high)
    if found is None or np.isfinite(found).all():
        return found
    return _complete(found, geometry.pyfai(), unit)


def _way(
    operator: Operator,
    geometry: Geometry,
    layout: Layout,
    corrections: Corrections,
    error_model: ErrorModel,
    saturation: float | None,
    clip: float | None,
) -> ByOperator | ByPyFAI:
    """The operator where the result is linear in the frame; pyFAI for the rest."""
    if clip is None and error_model in ("none", "poisson"):
        return ByOperator(operator, error_model == "poisson", saturation)
    model = "azimuthal" if error_model == "none" else error_model
    return ByPyFAI(geometry, layout, corrections, model, saturation, clip)


def _engine(integrate: ByOperator | ByPyFAI, splitting: Splitting) -> str:
    split = "no" if splitting == "none" else splitting
    if isinstance(integrate, ByOperator):
        return f"pyFAI's matrix as a linear operator, {split} splitting"
    what = "sigma clipping, " if integrate.clip is not None else ""
    return f"pyFAI, {what}{split} splitting, CSR, Cython, {integrate.error_model} errors"


def _axes(operator: Operator, unit: Unit) -> tuple[Axis, ...]:
    name, symbol, label = AXES[unit]
    radial = Axis(name=name, values=operator.radial, unit=symbol, label=label)
    if operator.azimuthal is None:
        return (radial,)
    return Axis(name="chi", values=operator.azimuthal, unit="°", label="Azimuth"), radial


class _Total:
    """The sums over all frames: their average, weighted by what each one saw."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.frames = 0
        self._signal = np.zeros(shape)
        self._variance: NDArray[np.float64] | None = np.zeros(shape)
        self._norm = np.zeros(shape)

    def add(self, done: Integrated) -> None:
        if done.sums is None:
            return
        seen = np.isfinite(done.sums.normalisation)
        self._signal[seen] += done.sums.signal[seen]
        self._norm[seen] += done.sums.normalisation[seen]
        if done.sums.variance is None:
            self._variance = None
        elif self._variance is not None:
            self._variance[seen] += done.sums.variance[seen]
        self.frames += 1

    def average(self) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Intensity and standard deviation over the radial axis; NaN where nothing was seen."""

        def over_azimuth(sums: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(sums.sum(axis=0)) if sums.ndim == 2 else sums

        norm = over_azimuth(self._norm)
        norm = np.where(norm > 0, norm, np.nan)
        intensity = over_azimuth(self._signal) / norm
        if self._variance is None:
            return intensity, None
        return intensity, np.sqrt(over_azimuth(self._variance)) / norm
