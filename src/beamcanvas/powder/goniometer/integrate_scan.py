"""One pattern from a scan in which the detector moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import InputError
from ...nexus.bliss import FrameReader, read_scan
from ...nexus.chunks import Buffers
from ...task import SILENT, Progress, task
from ..integration import parameters as p
from ..integration.operator import marked_pixels
from ..integration.settings import Settings
from ..origin import Origin
from ..results import Pattern
from ..scan import parameters as s
from ..scan.corrections import correcting, corrections_for
from ..scan.monitor import Factors, monitors_in
from ..scan.results import failure_lines, left_out
from .merge import Merge
from .model import Goniometer
from .motors import positions_of


@task(title="Integrate moving scan", output="pattern", requires="powder")
def integrate_moving_scan(
    goniometer: Goniometer,
    mask: p.FrameMask = None,
    dark: p.Dark = None,
    flat: p.Flat = None,
    *,
    file: s.File,
    scan: s.Number = 1,
    motor: s.Motor = None,
    detector: s.Detector = None,
    points: p.Points = 5000,
    unit: p.Unit = "2th_deg",
    error_model: p.CountingErrors = "none",
    radial_min: p.RadialMin = None,
    radial_max: p.RadialMax = None,
    monitor: s.Monitor = None,
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    splitting: p.Splitting = "bounding box",
    subscan: s.Subscan = 1,
    progress: Progress = SILENT,
) -> Pattern:
    """Integrate all frames of a scan, in which the detector moves, into one pattern.

    Each frame has the geometry of where the motor was; where frames overlap, each counts by
    the solid angle and the beam that it saw. Intensities are those at the goniometer's
    reference and for the mean of the monitor. A frame that is missing, damaged or without a
    position or a monitor is left out and listed.

    Parameters
    ----------
    goniometer:
        How the detector moves.

    Raises
    ------
    InputError
        When the scan, the detector, the motor or a monitor isn't there, shapes differ, or
        not one frame can be integrated.
    """
    found = read_scan(Path(file), scan, subscan, detector)
    with FrameReader(found) as reader:
        shape = reader.shape
    corrections = corrections_for(shape, goniometer.geometry, mask, dark, flat)
    factors = Factors(found, monitors_in(monitor, found), 1.0)
    motor, where = positions_of(found, motor)
    settings = Settings(
        points=points,
        unit=unit,
        error_model=error_model,
        radial_min=radial_min,
        radial_max=radial_max,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        splitting=splitting,
        algorithm="histogram",
    )
    failures: dict[int, str] = {}
    beam: dict[int, float] = {}
    for number in range(found.frames):
        try:
            if number >= len(where) or not np.isfinite(where[number]):
                raise InputError(f"The motor '{motor}' has no position for it.")
            beam[number] = factors.of(number)
        except InputError as error:
            failures[number] = str(error)
    usual = float(np.mean(list(beam.values()))) if beam else 1.0
    positions = dict.fromkeys(float(where[number]) for number in beam)
    if positions:
        merge = Merge(goniometer, settings, positions, progress)
    buffers = Buffers()
    with FrameReader(found) as reader:
        for number in progress.each(list(beam), "Integrating"):
            try:
                frame = reader.read(number, number + 1, buffers)[0]
            except InputError as error:
                failures[number] = str(error)
                continue
            unused = corrections.mask
            bad = marked_pixels(np.where(unused, 0, frame).ravel(), None)
            if bad is not None:
                unused = unused.copy()
                unused.ravel()[bad] = True
            factor, position = beam[number] / usual, float(where[number])
            merge.add(frame, unused, position, factor, corrections.dark, corrections.flat)
    if not positions or not merge.images:
        why = failure_lines(failures)
        raise InputError(
            f"{found.file}: no frame of scan {found.entry} could be integrated. "
            + (why[0][0].upper() + why[0][1:] if why else "It has none.")
        )
    warnings = []
    if failures:
        warnings.append(left_out(failures, found.frames))
    record = {"motor": motor, "positions": list(positions)}
    origins = (Origin(found.file, f"/{found.entry}"), *correcting(dark, flat))
    return merge.pattern(f"{found.file.name}::/{found.entry}", origins, record, warnings)
