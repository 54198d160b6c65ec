"""One image's search for its geometry: guesses, their refinement, and the verdict."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..task import Progress
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

#: What can be held fixed, and where it stands in a placement.
_NUMBERS = {"distance": (0,), "beam centre": (1, 2), "tilt": (3, 4), "energy": (5,)}
_SHRINKING = np.array([8, 6, 4.5, 3.5, 2.5, 2, 1.5, 1.2])  #: reach of bright pixels, pixels
_ROUNDS = ((4, 8.0), (6, 7.0), (10, 6.0), (16, 5.0), (999, 4.0), (999, 4.0), (999, 4.0))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A placement and what the image says of it."""

    placement: Array
    evidence: Evidence
    refined: Refined | None = None

    @property
    def score(self) -> float:
        return self.evidence.score


class GeometrySearch:
    """One image's search for its geometry."""

    def __init__(
        self,
        image: DiffractionImage,
        setup: Setup,
        mask: Mask | None,
        fixed: Iterable[str],
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
    ) -> Candidate | None:
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

    def from_geometry(self, geometry: Geometry) -> Candidate:
        """The best placement near a geometry."""
        start = to_beam(parameters_of(geometry))
        return self.best_of([start]) or self.candidate(start)

    def best_of(self, guesses: list[Array]) -> Candidate | None:
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

    def refined(self, start: Array, progress: Progress) -> Candidate | None:
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
    ) -> Candidate:
        some = self.some if quick else slice(None)
        evidence = assess(
            self.positions[some],
            self.values[some],
            self.bright,
            placement,
            self.sines,
            self.angle(placement),
            self.rings,
            0.0 if refined is None else refined.points.width,
        )
        return Candidate(placement, evidence, refined)

    def result(self, best: Candidate, notes: list[str]) -> Calibration:
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
        return calibration

    def uncertainties(self, best: Candidate) -> dict[str, float]:
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

    def ring_list(self, best: Candidate, geometry: Geometry) -> tuple[Ring, ...]:
        """Each line that the detector covers, and where it was found."""
        lines = lines_at(self.sines, geometry.wavelength)[: self.rings]
        detector = self.setup.detector
        rings = []
        for number, angle in enumerate(lines):
            line = ring_line(geometry, float(angle))
            on = np.zeros(0, dtype=bool)
            found, residuals = np.empty((0, 2)), np.empty(0)
            if best.refined is not None:
                on = best.refined.points.ring == number
                places = best.refined.points.positions[on]
                found = np.column_stack(detector.to_pixels(places[:, 0], places[:, 1]))
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
