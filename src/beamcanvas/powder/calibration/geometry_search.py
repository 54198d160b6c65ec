"""One image's search for its geometry: guesses, their refinement, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Progress
from ..correction.mask import usable_mask
from ..results import Calibration, Ring
from ..types import DiffractionImage, Geometry, Mask, Setup, check_shape
from .acceptance import Evidence, assess
from .foreign_rings import better_powder, equal_powders, foreign_rings, ring_peaks
from .ring_refinement import Refined, refine
from .ring_search import BrightPixels, bright_pixels, find_centres, find_distances, sharpen
from .rings import (
    PARAMETERS,
    Array,
    PixelPositions,
    from_beam,
    lines_at,
    nearest,
    parameters_of,
    ring_line,
    to_beam,
    two_theta,
    with_parameters,
)

#: What can be held fixed, and where it stands in a placement.
_NUMBERS = {"distance": (0,), "beam centre": (1, 2), "tilt": (3, 4), "energy": (5,)}
_MOST_PIXELS = 3_000_000
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
        progress.check()
        self.where = PixelPositions(detector)
        progress.check()
        self.bright: BrightPixels = bright_pixels(counts, pixels, self.where, progress)
        if len(self.bright.index) < 100:
            raise InputError("The image shows no rings: hardly a pixel stands out in it.")
        self.valid = np.flatnonzero(~pixels)
        self.counts = counts.ravel()
        # a part of a large image will do, until the last rounds
        self.thinning = max(1, -(-len(self.valid) // _MOST_PIXELS))
        part = self.valid[:: self.thinning]
        self.positions, self.values = self.where[part], self.counts[part].astype(float)
        progress.check()
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
        # to compare guesses, fewer will do
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
            part = self.progress.part(0.6 + 0.15 * number, 0.75 + 0.15 * number)
            found = self.refined(candidate.placement, part)
            refined.append(found or self.candidate(candidate.placement))
        best = max(refined, key=lambda c: c.score, default=None)
        if best is None or best.refined is None or self.thinning == 1:
            return best
        return self.on_all_pixels(best, best.refined) or best

    def on_all_pixels(self, best: Candidate, refined: Refined) -> Candidate | None:
        """A placement that rests on a part of the pixels, refined on all that are near rings."""
        progress = self.progress.part(0.9, 1.0)
        parameters = from_beam(best.placement)
        lines = lines_at(self.sines, best.placement[5])
        # the last rounds look no further
        reach = max((_ROUNDS[-1][1] + 1) * self.angle(best.placement), 2.2 * refined.points.width)
        near = []
        blocks = np.array_split(self.valid, len(self.valid) // 1_000_000 + 1)
        for block in progress.part(0.0, 0.5).each(blocks, "Refining on all pixels"):
            angle = two_theta(self.where[block], parameters)
            near.append(block[np.abs(angle - lines[nearest(angle, lines)]) < reach])
        pixels = np.concatenate(near)
        return self.refined(
            best.placement,
            progress.part(0.5, 1.0),
            self.where[pixels],
            self.counts[pixels].astype(float),
            _ROUNDS[-2:],
        )

    def refined(
        self,
        start: Array,
        progress: Progress,
        positions: Array | None = None,
        values: Array | None = None,
        rounds: Sequence[tuple[int, float]] = _ROUNDS,
    ) -> Candidate | None:
        found = refine(
            self.positions if positions is None else positions,
            self.values if values is None else values,
            start,
            self.sines,
            self.free,
            self.scale(start),
            self.angle(start),
            self.rings,
            rounds,
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
        if not doubts:
            doubts, remarks = self.of_other_rings(best)
            notes = [*remarks, *notes]
        if doubts:
            advice = "check the calibrant, the energy and the rough distance"
            reason = "; ".join([", ".join(doubts), *notes, advice])
            warnings = [f"The calibration is not to be trusted: {reason}."]
        else:
            reason = "; ".join([evidence.words, *notes])
            warnings = [f"Calibrated, but {note}." for note in notes]
        reason = reason[:1].upper() + reason[1:] + "."
        blank = Geometry(*(0.0,) * 7, detector=self.setup.detector, calibrant=self.setup.calibrant)
        geometry = replace(
            with_parameters(blank, from_beam(best.placement)),
            warnings=tuple(warnings),
            trusted=not doubts,
        )
        calibration = Calibration(
            geometry=geometry,
            image=self.image,
            uncertainties=self.uncertainties(best),
            rings=self.ring_list(best, geometry),
            share_on_rings=evidence.share,
            share_by_chance=evidence.chance,
            peak_residual=float(np.degrees(evidence.residual)),
            reason=reason,
        )
        self.progress(1.0, "Calibrated")
        return calibration

    def of_other_rings(self, best: Candidate) -> tuple[list[str], list[str]]:
        """Doubts and remarks about rings that the calibrant doesn't have."""
        wavelength, name = float(best.placement[5]), self.setup.calibrant.name
        width = 0.0 if best.refined is None else best.refined.points.width
        lines = lines_at(self.sines, wavelength)
        self.progress.check()
        peaks = ring_peaks(self.positions, self.values, best.placement, best.evidence.pixel, width)
        self.progress.check()
        own = peaks.fit(name, lines)
        better = better_powder(peaks, own, wavelength)
        if better is not None:
            return [f"the rings fit {better.words} better than {own.words}"], []
        remarks = []
        strong = foreign_rings(peaks, lines)
        if strong:
            them = "1 strong ring" if strong == 1 else f"{strong} strong rings"
            remarks.append(
                f"the image has {them} that {name} doesn't have, of a sample or another powder"
            )
        # a distance that is held, or rings that another lattice doesn't match, tell which it is
        equal = equal_powders(peaks, own, wavelength) if 0 in self.free else {}
        if equal:
            other, scale = next(iter(equal.items()))
            remarks.append(
                f"{other} would fit these rings as well, at "
                f"{1e3 * scale * best.placement[0]:.1f} mm: make sure that it was {name}"
            )
        return [], remarks

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
                        off=residuals,
                    )
                )
        return tuple(rings)
