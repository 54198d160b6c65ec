"""Weights with which curves add up to others, by least squares; with a shift of the energy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..kernels.constants import Array


class Weights:
    """Least squares with the weights' sum, or their sign, held."""

    def __init__(self, shapes: Array, sum_to_one: bool, positive: bool) -> None:
        self.shapes, self.sum_to_one, self.positive = shapes, sum_to_one, positive
        self.weights = self.errors = np.empty((0, 0))
        self.squares = np.empty(0)
        count = len(shapes)
        # weights = first + free · space: all that add up to one
        if sum_to_one:
            self.first = np.full(count, 1 / count)
            self.space = np.linalg.svd(np.ones((1, count)))[2][1:]
        else:
            self.first, self.space = np.zeros(count), np.eye(count)

    def __call__(self, data: Array) -> Weights:
        shapes, first, space = self.shapes, self.first, self.space
        basis = space @ shapes
        inverse = np.linalg.pinv(basis)
        self.weights = first + (data - first @ shapes) @ inverse @ space
        if self.positive:
            for row in np.flatnonzero((self.weights < 0).any(axis=1)):
                self.weights[row] = self._positive(data[row])
        left = data - self.weights @ shapes
        self.squares = np.einsum("ij,ij->i", left, left)
        free = max(data.shape[1] - len(basis), 1)
        covariance = np.einsum("ki,kl,lj->ij", space, inverse.T @ inverse, space)
        self.errors = np.sqrt(np.outer(self.squares / free, np.maximum(np.diag(covariance), 0)))
        return self

    def _positive(self, data: Array) -> Array:
        from scipy.optimize import nnls

        matrix, target = self.shapes.T, data
        if self.sum_to_one:  # as one point that weighs more than all others
            strong = 1e4 * np.abs(self.shapes).max()
            matrix = np.vstack([matrix, np.full(matrix.shape[1], strong)])
            target = np.append(target, strong)
        return np.asarray(nnls(matrix, target)[0])


class Shifts:
    """The energy by which each spectrum lies above the curves, found with its weights.

    Each spectrum is compared with curves that are shifted, first on a coarse grid of shifts
    that all share, then nearer and nearer around its own best one.
    """

    def __init__(
        self, shapes_at: Callable[[float], Array], limit: float, sum_to_one: bool, positive: bool
    ) -> None:
        self.shapes_at, self.limit = shapes_at, limit
        self.kind = sum_to_one, positive
        self.shifts = self.shift_errors = self.squares = np.empty(0)
        self.weights = self.errors = np.empty((0, 0))

    def __call__(self, data: Array) -> Shifts:
        count = len(data)
        steps = 2 * max(4, int(np.ceil(self.limit / 0.5)))
        grid = np.linspace(-self.limit, self.limit, steps + 1)
        every = np.arange(count)
        squares = np.array([self._squares(shift, data, every) for shift in grid])
        best = np.clip(squares.argmin(axis=0), 1, steps - 1)
        step = float(grid[1] - grid[0])
        around = squares[best[:, np.newaxis] + [-1, 0, 1], every[:, np.newaxis]]
        shifts, _ = _lowest(grid[best], around, step)
        for _ in range(2):
            step /= 10
            near = np.clip(np.round(shifts / step) * step, step - self.limit, self.limit - step)
            around = np.empty((count, 3))
            for shift in np.unique(near):
                rows = np.flatnonzero(near == shift)
                for i in range(3):
                    around[rows, i] = self._squares(shift + (i - 1) * step, data, rows)
            shifts, bend = _lowest(near, around, step)
        self.shifts = np.clip(np.round(shifts, 4), -self.limit, self.limit)
        self._last(data, bend)
        return self

    def _squares(self, shift: float, data: Array, rows: NDArray[np.intp]) -> Array:
        return Weights(self.shapes_at(float(shift)), *self.kind)(data[rows]).squares

    def _last(self, data: Array, bend: Array) -> None:
        """Weights at the shifts that were found, and uncertainties that know of both."""
        count, points = data.shape
        shapes = self.shapes_at(0.0)
        self.weights = np.empty((count, len(shapes)))
        self.errors, self.squares = np.empty_like(self.weights), np.empty(count)
        for shift in np.unique(self.shifts):
            rows = np.flatnonzero(self.shifts == shift)
            fit = Weights(self.shapes_at(float(shift)), *self.kind)
            slopes = (
                self.shapes_at(float(shift) + 0.01) - self.shapes_at(float(shift) - 0.01)
            ) / 0.02
            found = fit(data[rows])
            self.weights[rows], self.squares[rows] = found.weights, found.squares
            for row, weights in zip(rows, found.weights, strict=True):
                basis = np.vstack([fit.space @ fit.shapes, weights @ slopes])
                covariance = np.linalg.pinv(basis @ basis.T)[:-1, :-1]
                variance = np.diag(fit.space.T @ covariance @ fit.space)
                free = max(points - len(basis), 1)
                self.errors[row] = np.sqrt(np.maximum(variance, 0) * self.squares[row] / free)
        free = max(points - len(shapes), 1)
        self.shift_errors = np.sqrt(2 * self.squares / free / bend)


def _lowest(middle: Array, around: Array, step: float) -> tuple[Array, Array]:
    """Where parabolas through three points a step apart are lowest, and how they bend."""
    low, here, high = around.T
    bend = low - 2 * here + high
    bend = np.where(bend > 0, bend, np.inf)
    away = np.clip(0.5 * (low - high) / bend, -1, 1)
    return middle + away * step, bend / step**2
