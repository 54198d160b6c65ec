"""Rocking curves fitted as darfix 7 fits them, to compare with what was fitted by it."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from ..stack import DarkfieldStack
from .maps import CENTRE, WIDTH, map_name
from .moments import FWHM

_BLUR = 0.5  #: standard deviation, in steps of the motors
_CALLS = 100  #: of the model, for each parameter

FITTED, NO_SIGNAL, NOT_CONVERGED, OUTSIDE, TOO_FEW = range(5)

#: of a curve: amplitude, mean and covariance of what is shown, and its state
_Found = tuple[float, NDArray[np.float64], NDArray[np.float64], int]


def fit_as_darfix(
    stack: DarkfieldStack, least: float, progress: Progress
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float32]]:
    """Maps, and the parameters of what is drawn, as :class:`RockingFits` has them.

    The smallest value is taken away, the curve blurred and brought back to the sum of the
    curve as it was, zeros left out, and a Gaussian without background fitted by MINPACK, from
    the moments. Where that fails the moments stay. One pixel after the other, some thousand in
    a second.
    """
    _, rows, columns = stack.shape
    motors = len(stack.dimensions)
    size = 1 + motors + motors * (motors + 1) // 2
    maps = {name: np.full((rows, columns), np.nan) for name in _names(stack)}
    maps["state"][:] = NO_SIGNAL
    parameters = np.full((rows, columns, 1 + size), np.nan, np.float32)
    x = np.ascontiguousarray(stack.positions[::-1].T)  # the fastest motor first

    def one(row: int, _: int, block: NDArray[Any]) -> None:
        for column in range(columns):
            progress.check()
            curve = block[:, 0, column].reshape(stack.grid)
            found = _fit(curve, x, least)
            if found is None:
                continue
            _put(maps, (row, column), found, stack)
            model = np.zeros(curve.size)
            if found[3] == FITTED:
                model = _model(x, *_packed(found))
                parameters[row, column] = _drawn(found, stack)
            away = curve.ravel() - model
            maps["residual"][row, column] = np.sqrt((away**2 / curve.size).sum())

    bands = [(row, row + 1) for row in range(rows)]
    kept = parameters.nbytes + sum(values.nbytes for values in maps.values())
    stack.treated().each_band(one, progress, "Fitting as darfix does", bands=bands, kept=kept)
    return maps, parameters


def _names(stack: DarkfieldStack) -> list[str]:
    names = ["amplitude"]
    for what in (CENTRE, WIDTH):
        names += [map_name(what, m) for m in stack.motors]
    names += [f"{a} {b} correlation" for a, b in combinations(stack.motors, 2)]
    return [*names, "residual", "state"]


def _put(
    maps: dict[str, NDArray[np.float64]],
    pixel: tuple[int, int],
    found: _Found,
    stack: DarkfieldStack,
) -> None:
    amplitude, mean, covariance, state = found
    maps["state"][pixel] = state
    maps["amplitude"][pixel] = amplitude
    sigmas = np.sqrt(np.diag(covariance))[::-1]
    for motor, centre, sigma in zip(stack.motors, mean[::-1], sigmas, strict=True):
        maps[map_name(CENTRE, motor)][pixel] = centre
        maps[map_name(WIDTH, motor)][pixel] = FWHM * sigma
    between = covariance[::-1, ::-1]
    for (m, a), (n, b) in combinations(enumerate(stack.motors), 2):
        if sigmas[m] and sigmas[n]:
            maps[f"{a} {b} correlation"][pixel] = between[m, n] / sigmas[m] / sigmas[n]


def _drawn(found: _Found, stack: DarkfieldStack) -> NDArray[np.float64]:
    """Background, height, centre and U in steps, the slowest motor first."""
    amplitude, mean, covariance, _ = found
    steps = np.array([d.step or 1.0 for d in stack.dimensions])
    starts = np.array([d.start for d in stack.dimensions])
    spread = covariance[::-1, ::-1] / np.outer(steps, steps)
    upper = np.linalg.cholesky(np.linalg.inv(spread)).T
    centre = (mean[::-1] - starts) / steps
    return np.array([0.0, amplitude, *centre, *upper[np.triu_indices(len(steps))]])


def _fit(curve: NDArray[Any], x: NDArray[np.float64], least: float) -> _Found | None:
    """One curve over the grid of its scan; None where there is nothing to fit."""
    from scipy.ndimage import gaussian_filter
    from scipy.optimize import leastsq

    if np.ptp(curve) < least:
        return None
    filtered = gaussian_filter(curve - float(curve.min()), sigma=_BLUR)
    filtered *= curve.sum() / filtered.sum()
    y = filtered.ravel()
    height = float(np.ptp(y))
    if height <= least:
        return None
    used = y > 0.0
    x, y = x[used], y[used].astype(np.float64)
    mean, covariance = _moments(x, y)
    motors = len(mean)
    start = height, mean, covariance
    try:
        lower = np.linalg.inv(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        return *start, NOT_CONVERGED
    lower[np.diag_indices(motors)] = np.log(np.diag(lower))
    first = np.array([*mean, *lower[np.tril_indices(motors)], np.log(height)])
    if len(first) > len(y):
        return *start, TOO_FEW

    def away(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(_model(x, *_unpacked(at, motors)) - y)

    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            best, known, _, _, ended = leastsq(
                away, first, full_output=True, maxfev=_CALLS * len(first)
            )
            if ended not in (1, 2, 3, 4) or known is None or len(y) <= len(first):
                return *start, NOT_CONVERGED
            mean, inverse, log_height = _unpacked(best, motors)
            if (x.min(axis=0) > mean).any() or (x.max(axis=0) < mean).any():
                return *start, OUTSIDE
            lower = np.linalg.inv(inverse)
            return float(np.exp(log_height)), mean, lower @ lower.T, FITTED
    except (FloatingPointError, np.linalg.LinAlgError):
        return *start, NOT_CONVERGED


def _moments(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance, added up in the order of the frames."""
    total = np.cumsum(y)[-1]
    mean = np.cumsum(y[:, None] * x, axis=0)[-1] / total
    d = x - mean
    products = (y[:, None] * d)[:, :, None] * d[:, None, :]
    return mean, np.cumsum(products, axis=0)[-1] / total


def _unpacked(
    at: NDArray[np.float64], motors: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Mean, inverse of the covariance's Cholesky factor, and logarithm of the height."""
    inverse = np.zeros((motors, motors))
    inverse[np.tril_indices(motors)] = at[motors:-1]
    inverse[np.diag_indices(motors)] = np.exp(np.diag(inverse))
    return at[:motors], inverse, at[-1]


def _packed(found: _Found) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    amplitude, mean, covariance, _ = found
    return mean, np.linalg.inv(np.linalg.cholesky(covariance)), float(np.log(amplitude))


def _model(
    x: NDArray[np.float64],
    mean: NDArray[np.float64],
    inverse: NDArray[np.float64],
    log_height: float,
) -> NDArray[np.float64]:
    square = np.zeros(len(x))
    for row in inverse:
        along = np.zeros(len(x))
        for k, weight in enumerate(row):
            along += weight * (x[:, k] - mean[k])
        square += along * along
    return np.asarray(np.exp(log_height - 0.5 * square))
