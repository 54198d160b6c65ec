"""Calibrating the geometry from the rings of a known powder."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..task import SILENT, Param, Progress, task
from .acceptance import Evidence, assess
from .integration import usable_mask
from .results import Calibration, Ring
from .ring_refinement import Refined, refine
from .ring_search import BrightPixels, bright_pixels, find_centres, find_distances, sharpen
from .rings import (
    PARAMETERS,
    Array,
    from_beam,
    lines_at,
    parameters_of,
    pixel_positions,
    ring_line,
    to_beam,
    with_parameters,
)
from .types import DiffractionImage, Geometry, Mask, Setup, check_shape

#: What can be held fixed while refining, and where it stands in a placement.
Quantity = Literal["distance", "beam centre", "tilt", "energy"]
_NUMBERS = {"distance": (0,), "beam centre": (1, 2), "tilt": (3, 4), "energy": (5,)}

_ROUGHLY = 1.6  #: a rough distance is off by this factor at most
_ANYWHERE = (0.02, 20.0)  #: m
_SHRINKING = np.array([8, 6, 4.5, 3.5, 2.5, 2, 1.5, 1.2])  #: reach of bright pixels, pixels
_ROUNDS = ((4, 8.0), (6, 7.0), (10, 6.0), (16, 5.0), (999, 4.0), (999, 4.0), (999, 4.0))

_Rings = Annotated[int | None, Param(label="Number of rings", ge=1, auto="all on the detector")]
_Fixed = Annotated[list[Quantity], Param(label="Hold fixed")]


class Calibrated(NamedTuple):
    """What calibrating gives: the geometry to integrate with, and how far to trust it."""

    geometry: Geometry
    calibration: Calibration


@task(title="Calibrate", requires="powder")
def calibrate(
    image: DiffractionImage,
    setup: Setup,
    mask: Mask | None = None,
    *,
    distance: Annotated[
        float | None, Param(unit="mm", gt=0, auto="from the header", group="Rough geometry")
    ] = None,
    centre_x: Annotated[
        float | None, Param(label="Beam x", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    centre_y: Annotated[
        float | None, Param(label="Beam y", unit="px", auto="image centre", group="Rough geometry")
    ] = None,
    rings: _Rings = None,
    fixed: _Fixed = ["energy"],  # noqa: B006
    progress: Progress = SILENT,
) -> Calibrated:
    """Find the geometry of an experiment from the rings of its calibrant, by itself.

    Starts from a rough distance and beam centre. Searches both coarsely, sharpens the best
    guesses, then refines on where the rings are along their circumference. Nothing in it is
    random: the same image gives the same numbers. A solution that the image does not
    support is returned as not to be trusted, with the reason.

    Parameters
    ----------
    image:
        Image of the calibrant.
    setup:
        Calibrant, detector and energy.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    distance:
        From the sample to the detector, within a third or so.
    centre_x:
        Where the direct beam would hit the detector, from the left.
    centre_y:
        Where the direct beam would hit the detector, from the first row.
    rings:
        Use only so many of the innermost rings.
    fixed:
        What is known and shall stay as it is given.

    Raises
    ------
    InputError
        When shapes differ, the distance is neither given nor in the header, or the image
        shows no rings at all.
    """
    search = _Search(image, setup, mask, fixed, rings, progress)
    header = image.header.distance
    rough = 1e-3 * distance if distance else header
    if "distance" in fixed and rough is None:
        raise InputError("The distance is to be held fixed: give 'distance'.")
    y, x = (
        size * number if number is not None else size * count / 2
        for size, number, count in zip(
            setup.detector.pixel_size, (centre_y, centre_x), image.shape, strict=True
        )
    )
    largest = max(setup.detector.pixel_size) * max(image.shape)
    given = centre_x is not None and centre_y is not None
    reach = 0.0 if "beam centre" in fixed else (0.05 if given else 0.15) * largest
    notes = []
    best = None
    if rough is not None:
        factor = 1.0 if "distance" in fixed else _ROUGHLY
        best = search.from_scratch((y, x), reach, (rough / factor, rough * factor))
    if (best is None or best.evidence.doubts) and "distance" not in fixed:
        # what was said of the distance may be wrong
        wider = search.from_scratch((y, x), reach, _ANYWHERE)
        if best is None or (wider is not None and wider.score > best.score):
            best = wider
            if best and rough and not 1 / _ROUGHLY < best.placement[0] / rough < _ROUGHLY:
                notes.append(
                    f"the distance is {1e3 * best.placement[0]:.0f} mm, far from "
                    f"{1e3 * rough:.0f} mm{'' if distance else ' in the header'}"
                )
    if best is None:
        raise InputError("No distance puts two of the calibrant's rings on the detector.")
    return search.result(best, notes)


@task(title="Refine geometry", requires="powder")
def refine_geometry(
    image: DiffractionImage,
    setup: Setup,
    geometry: Geometry,
    mask: Mask | None = None,
    *,
    rings: _Rings = None,
    fixed: _Fixed = ["energy"],  # noqa: B006
    progress: Progress = SILENT,
) -> Calibrated:
    """Refine a geometry that is nearly right, as from an earlier ``.poni`` file.

    Parameters
    ----------
    image:
        Image of the calibrant.
    setup:
        Calibrant, detector and energy.
    geometry:
        Geometry to start from.
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.
    rings:
        Use only so many of the innermost rings.
    fixed:
        What is known and shall stay as it is given.

    Raises
    ------
    InputError
        When shapes differ, or the image shows no rings at all.
    """
    search = _Search(image, setup, mask, fixed, rings, progress)
    start = replace(geometry, detector=setup.detector, wavelength=setup.wavelength)
    as_it_is = search.from_geometry(start)
    upside_down = search.from_geometry(start.flipped())
    if upside_down.score > max(as_it_is.score, 0) and as_it_is.evidence.doubts:
        return search.result(upside_down, ["the geometry was made for the image upside down"])
    return search.result(as_it_is, [])


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A placement and what the image says of it."""

    placement: Array
    evidence: Evidence
    refined: Refined | None = None

    @property
    def score(self) -> float:
        return self.evidence.score


class _Search:
    """One image's search for its geometry."""

    def __init__(
        self,
        image: DiffractionImage,
        setup: Setup,
        mask: Mask | None,
        fixed: list[Quantity],
        rings: int | None,
        progress: Progress,
    ) -> None:
        detector = setup.detector
        check_shape("image", image.shape, detector.shape, "detector")
        if mask is not None:
            check_shape("mask", mask.pixels.shape, image.shape, "image")
        progress(0.0, "Finding bright pixels")
        self.image, self.setup, self.progress = image, setup, progress
        pixels = usable_mask(image, detector) if mask is None else mask.pixels
        counts = image.corrected
        pixels = pixels | ~np.isfinite(counts)
        positions = pixel_positions(detector)
        progress.check()
        self.bright: BrightPixels = bright_pixels(counts, pixels, positions, progress)
        if len(self.bright.index) < 100:
            raise InputError("The image shows no rings: hardly a pixel stands out in it.")
        valid = ~pixels.ravel()
        self.positions = positions[valid]
        self.values = counts.ravel()[valid].astype(float)
        sines = 1e10 / (2 * np.array(setup.calibrant.d_spacings))
        # beyond 2θ of 155° nothing moves that a camera sees; refining the energy needs a margin
        self.sines = sines[sines * setup.wavelength < 0.976]
        if not len(self.sines):
            raise InputError(
                f"{setup.calibrant.name} has no line at {setup.energy:g} keV: check the energy."
            )
        self.rings = rings or len(self.sines)
        held = {number for name in fixed for number in _NUMBERS[name]}
        self.free: NDArray[np.intp] = np.array([n for n in range(6) if n not in held], dtype=int)
        self.pixel = max(detector.pixel_size)
        self.radius = self.pixel * max(image.shape) / 2
        # to compare guesses, a part of a large image will do
        self.some = slice(None, None, max(1, len(self.values) // 400_000) | 1)

    def angle(self, placement: Array) -> float:
        """Angle of a pixel, rad."""
        return self.pixel / float(placement[0])

    def scale(self, placement: Array) -> Array:
        """Steps of each number that move rings by about a pixel."""
        distance, wavelength = float(placement[0]), float(placement[5])
        along = self.pixel / self.radius
        tilt = 2 * self.pixel * distance / self.radius**2
        return np.array([distance * along, self.pixel, self.pixel, tilt, tilt, wavelength * along])

    def from_scratch(
        self, centre: tuple[float, float], reach: float, distances: tuple[float, float]
    ) -> _Candidate | None:
        """The best placement with a beam centre and a distance near these."""
        centres = [centre]
        if reach:
            centres = find_centres(
                self.bright, centre, reach, self.pixel, self.progress.part(0.05, 0.3)
            )
        low, high = distances
        steps = round(np.log(high / low) / 0.004)
        tried = np.geomspace(low, high, steps) if steps > 1 else np.array([low])
        lines = lines_at(self.sines, self.setup.wavelength)[: self.rings]
        guesses = [
            np.array([distance, *place, 0.0, 0.0, self.setup.wavelength])
            for place in centres
            for distance in find_distances(
                self.positions, self.values, lines, place, tried, self.pixel
            )
        ]
        return self.best_of(guesses)

    def from_geometry(self, geometry: Geometry) -> _Candidate:
        """The best placement near a geometry."""
        start = to_beam(parameters_of(geometry))
        return self.best_of([start]) or self.candidate(start)

    def best_of(self, guesses: list[Array]) -> _Candidate | None:
        """Sharpen all guesses, refine the best two, and return the better."""
        sharpened = []
        for guess in self.progress.part(0.3, 0.6).each(guesses, "Trying distances"):
            sharp = sharpen(
                self.bright,
                self.sines[: self.rings],
                guess,
                self.free,
                self.scale(guess),
                _SHRINKING * self.angle(guess),
                self.progress,
            )
            sane = 0 < sharp[0] < 100 and np.abs(sharp[3:5]).max() < 1.5
            options = [self.candidate(p, quick=True) for p in ([guess, sharp] if sane else [guess])]
            sharpened.append(max(options, key=lambda c: c.score))
        sharpened.sort(key=lambda c: -c.score)
        refined = []
        for number, candidate in enumerate(sharpened[:2]):
            part = self.progress.part(0.6 + 0.2 * number, 0.8 + 0.2 * number)
            found = self.refined(candidate.placement, part)
            refined.append(found or self.candidate(candidate.placement))
        return max(refined, key=lambda c: c.score, default=None)

    def refined(self, start: Array, progress: Progress) -> _Candidate | None:
        found = refine(
            self.positions,
            self.values,
            start,
            self.sines,
            self.free,
            self.scale(start),
            self.angle(start),
            self.rings,
            _ROUNDS,
            progress,
        )
        return None if found is None else self.candidate(found.placement, found)

    def candidate(
        self, placement: Array, refined: Refined | None = None, quick: bool = False
    ) -> _Candidate:
        some = self.some if quick else slice(None)
        evidence = assess(
            self.positions[some],
            self.values[some],
            self.bright,
            placement,
            self.sines,
            self.angle(placement),
            self.rings,
        )
        return _Candidate(placement, evidence, refined)

    def result(self, best: _Candidate, notes: list[str]) -> Calibrated:
        """The calibration with all that tells how far to trust it."""
        evidence = best.evidence
        doubts = evidence.doubts
        if best.refined is None:
            doubts = [*doubts, "too few places on rings were found to refine on"]
        trusted = not doubts
        reason = "; ".join([evidence.words if trusted else ", ".join(doubts), *notes])
        if not trusted:
            reason += "; check the calibrant, the energy and the rough distance"
        reason = reason[:1].upper() + reason[1:] + "."
        blank = Geometry(*(0.0,) * 7, detector=self.setup.detector, calibrant=self.setup.calibrant)
        geometry = replace(
            with_parameters(blank, from_beam(best.placement)),
            warnings=() if trusted else (f"The calibration is not to be trusted: {reason}",),
        )
        calibration = Calibration(
            geometry=geometry,
            image=self.image,
            uncertainties=self.uncertainties(best),
            rings=self.ring_list(best, geometry),
            share_on_rings=evidence.share,
            share_by_chance=evidence.chance,
            peak_residual=float(np.degrees(evidence.residual)),
            trusted=trusted,
            reason=reason,
        )
        for warning in geometry.warnings:  # headless there is no window that says it
            logging.getLogger(__name__).warning(warning)
        self.progress(1.0, "Calibrated")
        return Calibrated(geometry, calibration)

    def uncertainties(self, best: _Candidate) -> dict[str, float]:
        """Standard deviations of the parameters that could move."""
        if best.refined is None:
            return {}
        here, scale = best.placement, self.scale(best.placement)
        slopes = np.column_stack(
            [
                (from_beam(here + step) - from_beam(here - step)) / (2e-3 * scale[number])
                for number in range(6)
                for step in [1e-3 * scale[number] * np.eye(6)[number]]
            ]
        )
        variances = np.diag(slopes @ best.refined.covariance @ slopes.T)
        return {
            name: float(np.sqrt(variance))
            for name, variance in zip(PARAMETERS, variances, strict=True)
            if variance > 0
        }

    def ring_list(self, best: _Candidate, geometry: Geometry) -> tuple[Ring, ...]:
        """Each line that the detector covers, and where it was found."""
        lines = lines_at(self.sines, geometry.wavelength)[: self.rings]
        size = np.array(self.setup.detector.pixel_size)
        rings = []
        for number, angle in enumerate(lines):
            line = ring_line(geometry, float(angle))
            on = np.zeros(0, dtype=bool)
            found, residuals = np.empty((0, 2)), np.empty(0)
            if best.refined is not None:
                on = best.refined.points.ring == number
                found = (best.refined.points.positions[on, :2] / size)[:, ::-1]
                residuals = best.refined.residuals[on]
            if on.any() or np.isfinite(line[:, 0]).any():
                rings.append(
                    Ring(
                        number=number + 1,
                        two_theta=float(angle),
                        d_spacing=self.setup.calibrant.d_spacings[number],
                        points=len(residuals),
                        residual=float(np.sqrt(np.mean(residuals**2)))
                        if len(residuals)
                        else np.nan,
                        line=line,
                        found=found,
                    )
                )
        return tuple(rings)
