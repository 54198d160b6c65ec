"""Fitting one model of a moving detector to the rings of all its images at once.

A coarse grid finds distance, beam centre and direction of the motor: the bright pixels of
all images should lie on lines. The best few are drawn onto the lines by least squares with
a shrinking reach, then refined on the centroids of arcs, as for one image. Nothing in it is
random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from ..calibration.acceptance import Evidence, assess
from ..calibration.ring_refinement import RingPoints, ring_points
from ..calibration.ring_search import BrightPixels
from ..calibration.rings import PARAMETERS, Array, lines_at, nearest, to_beam, two_theta

_SOME = 400  #: bright pixels of an image, to try many guesses
_MORE = 2000  #: to fit one guess to
_STARTS = 4
_SHRINKING = np.radians([1.5, 1.2, 1.0, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1])
_STEPS = 3  #: with each reach
_ROUNDS = (6.0, 5.0, 4.0, 4.0)  #: how far from lines to look for rings, pixels


@dataclass(frozen=True, eq=False)
class Frame:
    """One image of the detector at one position of its motor."""

    position: float  #: of the motor, from the reference
    positions: Array  #: of the valid pixels in the detector's frame, m
    values: Array  #: their counts
    bright: BrightPixels


@dataclass(frozen=True, eq=False)
class Model:
    """Numbers of the geometry at the reference, and their slopes along the motor."""

    numbers: Array  #: in the order of `PARAMETERS`, then the slopes of the first five

    def at(self, position: float) -> Array:
        """The :data:`PARAMETERS` at a position from the reference."""
        here: Array = self.numbers[:6].copy()
        here[:5] += self.numbers[6:] * position
        return here


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model with what the images say of it."""

    model: Model
    covariance: Array
    points: list[RingPoints]  #: of each image
    residuals: list[Array]  #: of these, rad
    evidence: Evidence  #: of all images together


class GoniometerFit:
    """The search for one model of all images."""

    def __init__(
        self,
        frames: Sequence[Frame],
        sines: Array,
        pixel: float,
        rings: int,
        progress: Progress,
    ) -> None:
        self.frames, self.sines, self.rings, self.progress = frames, sines, rings, progress
        self.pixel = pixel  #: size, m

    def search(
        self, start: Model, motor: int, free: NDArray[np.intp], reach: float, factor: float
    ) -> Fitted:
        """The best fit near a rough model.

        Parameters
        ----------
        start:
            Its slope of the motor's own number may have the wrong sign.
        motor:
            Which of the numbers is that slope.
        free:
            Which numbers may change.
        reach:
            How far the beam may be from where it's said to be, m.
        factor:
            How far off the distance may be: 1.3, by 30 %.
        """
        guesses = self._guesses(start, motor, free, reach, factor)
        drawn = [
            self._drawn(guess, free)
            for guess in self.progress.part(0.3, 0.6).each(guesses, "Trying guesses")
        ]
        best = max(drawn, key=lambda m: self._score(m, _SHRINKING[-1], _MORE))
        return self.refine(best, free)

    def _angles(self, model: Model, most: int) -> tuple[Array, Array]:
        """Scattering angles of bright pixels of all images, and their weights."""
        angles, weights = [], []
        for frame in self.frames:
            some = frame.bright.thinned(most)
            angles.append(two_theta(some.positions, model.at(frame.position)))
            weights.append(some.weights)
        return np.concatenate(angles), np.concatenate(weights)

    def _score(self, model: Model, width: float, most: int) -> float:
        """How much more the bright pixels are on lines than pixels anywhere would be."""
        angles, weights = self._angles(model, most)
        lines = lines_at(self.sines, model.numbers[5])[: self.rings]
        if len(lines) < 2:
            return -1.0
        which = nearest(angles, lines)
        hit = np.exp(-(((angles - lines[which]) / width) ** 2))
        gaps = np.gradient(lines)
        chance = np.minimum(np.sqrt(np.pi) * width / gaps[which], 1)
        beyond = (angles > lines[-1] + width) | (angles < lines[0] - gaps[0] / 2)
        return float(np.average(np.where(beyond, 0, hit - chance), weights=weights))

    def _guesses(
        self, start: Model, motor: int, free: NDArray[np.intp], reach: float, factor: float
    ) -> list[Model]:
        held = [n not in free for n in range(3)]
        distances = [1.0] if held[0] or factor == 1 else np.geomspace(1 / factor, factor, 11)
        offsets = np.linspace(-reach, reach, 7) if reach else np.zeros(1)
        tries = list(
            product(
                (1, -1), distances, [0.0] if held[1] else offsets, [0.0] if held[2] else offsets
            )
        )
        scored = []
        for sign, scale, dy, dx in self.progress.part(0.0, 0.3).each(tries, "Trying positions"):
            numbers = start.numbers.copy()
            numbers[motor] *= sign
            numbers[:3] = numbers[0] * scale, numbers[1] + dy, numbers[2] + dx
            model = Model(numbers)
            scored.append((self._score(model, np.radians(0.4), _SOME), model))
        scored.sort(key=lambda pair: -pair[0])
        kept: list[Model] = []
        for _, model in scored:  # the best few that aren't neighbours
            away = [
                np.sign(m.numbers[motor]) != np.sign(model.numbers[motor])
                or abs(np.log(m.numbers[0] / model.numbers[0])) > 0.06
                or np.abs(m.numbers[1:3] - model.numbers[1:3]).max() > 0.3 * reach
                for m in kept
            ]
            if all(away):
                kept.append(model)
            if len(kept) == _STARTS:
                break
        return kept

    def steps(self, model: Model) -> Array:
        """Of each number: what moves rings by about a pixel."""
        span = max(max(abs(f.position) for f in self.frames), 1e-9)
        distance = float(model.numbers[0])
        own = np.array([5 * self.pixel, self.pixel, self.pixel, *(self.pixel / distance,) * 2])
        wavelength = model.numbers[5] * self.pixel / distance
        return np.concatenate([own, [wavelength], own / span])

    def _drawn(self, model: Model, free: NDArray[np.intp]) -> Model:
        """The model with its lines drawn onto the bright pixels near them.

        Gauss-Newton steps, each with the lines that are nearest by then.
        """
        first = [n for n in free if n in (0, 1, 2)]  # tilts and slopes only once that is right
        for number, width in enumerate(np.repeat(_SHRINKING, _STEPS)):
            self.progress.check()
            moving = np.array(first if number < 3 * _STEPS and first else free)
            steps = self.steps(model)[moving]
            angles, weights = self._angles(model, _MORE)
            lines = lines_at(self.sines, model.numbers[5])
            which = nearest(angles, lines[: self.rings])
            off = angles - lines[which]
            near = np.abs(off) < width
            if near.sum() < 10 * len(moving):
                return model
            slopes = np.empty((int(near.sum()), len(moving)))
            for column, step in enumerate(np.diag(steps)):
                moved = self._moved(model, moving, step)
                there = (
                    self._angles(moved, _MORE)[0] - lines_at(self.sines, moved.numbers[5])[which]
                )
                slopes[:, column] = (there - off)[near]
            weights = weights[near] / np.sqrt(1 + (off[near] / (0.3 * width)) ** 2)
            normal = (slopes.T * weights) @ slopes
            # what the images don't tell stays as it is
            normal += 1e-4 * np.diag(np.full(len(moving), normal.diagonal().mean()))
            moves = -np.linalg.solve(normal, (slopes.T * weights) @ off[near])
            moved = self._moved(model, moving, moves * steps)
            if not (0 < moved.numbers[0] < 100 and np.abs(moved.numbers[3:5]).max() < 1.5):
                return model
            model = moved
        return model

    @staticmethod
    def _moved(model: Model, moving: NDArray[np.intp], moves: Array) -> Model:
        numbers = model.numbers.copy()
        numbers[moving] += moves
        return Model(numbers)

    def refine(self, model: Model, free: NDArray[np.intp]) -> Fitted:
        """Least squares on the centroids of arcs in all images."""
        covariance = np.zeros((len(model.numbers),) * 2)
        points: list[RingPoints] = []
        width = 0.0
        for number, reach in enumerate(_ROUNDS):
            self.progress.part(0.6, 0.9)(number / len(_ROUNDS), "Refining on the rings")
            points = []
            for frame in self.frames:
                here = model.at(frame.position)
                angle = self.pixel / float(here[0])
                points.append(
                    ring_points(
                        frame.positions,
                        frame.values,
                        to_beam(here),
                        self.sines,
                        angle,
                        self.rings,
                        max(reach * angle, 2 * width),
                        self.progress,
                    )
                )
                self.progress.check()
            seen = [p.width for p in points if len(p.ring)]
            if sum(len(p.ring) for p in points) < 3 * len(free) + 3:
                break
            width = float(np.median(seen))
            model, covariance, points = self._fit(model, points, free)
        residuals = self._residuals(model, points)
        return Fitted(model, covariance, points, residuals, self._evidence(model, width))

    def _residuals(self, model: Model, points: list[RingPoints]) -> list[Array]:
        return [
            p.residuals(to_beam(model.at(f.position)), self.sines)
            for p, f in zip(points, self.frames, strict=True)
        ]

    def _fit(
        self, start: Model, points: list[RingPoints], free: NDArray[np.intp]
    ) -> tuple[Model, Array, list[RingPoints]]:
        from scipy.optimize import least_squares

        steps = self.steps(start)[free]
        angle = self.pixel / float(start.numbers[0])
        x = np.zeros(len(free))
        covariance = np.zeros((len(start.numbers),) * 2)
        for _ in range(4):

            def off(moves: Array, points: list[RingPoints] = points) -> Array:
                moved = self._moved(start, free, moves * steps)
                return np.concatenate(self._residuals(moved, points)) / angle

            fit = least_squares(off, x, loss="soft_l1", f_scale=0.2, max_nfev=40)
            x = fit.x
            every = off(x)
            variance = float(every @ every) / max(len(every) - len(free), 1)
            inverse = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
            covariance[np.ix_(free, free)] = inverse * np.outer(steps, steps)
            limit = 4 * max(1.48 * float(np.median(np.abs(every))), 0.01)
            parts = np.split(np.abs(every) < limit, np.cumsum([len(p.ring) for p in points])[:-1])
            kept = sum(int(part.sum()) for part in parts)
            if kept == len(every) or kept < 3 * len(free) + 3:
                break
            points = [p.only(part) for p, part in zip(points, parts, strict=True)]
        return self._moved(start, free, x * steps), covariance, points

    def _evidence(self, model: Model, width: float) -> Evidence:
        """What all images together say."""
        every = []
        for frame in self.frames:
            self.progress.check()
            here = model.at(frame.position)
            every.append(
                assess(
                    frame.positions,
                    frame.values,
                    frame.bright,
                    to_beam(here),
                    self.sines,
                    self.pixel / float(here[0]),
                    self.rings,
                    width,
                )
            )
        return Evidence(
            lines=np.concatenate([e.lines for e in every]),
            found=np.concatenate([e.found for e in every]),
            off=np.concatenate([e.off for e in every]),
            share=float(np.mean([e.share for e in every])),
            chance=float(np.mean([e.chance for e in every])),
            pixel=float(np.mean([e.pixel for e in every])),
        )

    def uncertainties(self, fitted: Fitted) -> dict[str, float]:
        """Standard deviations by name, of what could move."""
        names = [*PARAMETERS, *(f"{name} slope" for name in PARAMETERS[:5])]
        variances = np.diag(fitted.covariance)
        return {name: float(np.sqrt(v)) for name, v in zip(names, variances, strict=True) if v > 0}
