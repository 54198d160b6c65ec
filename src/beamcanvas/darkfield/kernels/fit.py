"""Gaussians of one to three dimensions, fitted to the rocking curves of pixels.

Levenberg and Marquardt's way with the derivatives written out (Marquardt, J. Soc. Indust.
Appl. Math. 11 (1963) 431). A peak is A·exp(-|U(x - μ)|²/2), U upper triangular: any ellipsoid,
and no constraint is needed to keep it one. All peaks of a pixel share a constant background.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FITTED, NO_SIGNAL, NOT_CONVERGED, OUTSIDE, TOO_FEW = range(5)

_FAR = 25.0  #: squared distance from a peak at which it is nothing


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz", "arcp"}, error_model="numpy")
def _normal(y, x, peaks, ground, at, matrix, vector, slope, away):  # type: ignore[no-untyped-def]
    """Sum of squared differences from the model `at`, with JᵀJ and Jᵀr.

    `x` is (motors, frames). `slope`, (parameters, frames), and `away` are room for J and r:
    each loop over the frames is one that the processor does several frames at a time.
    """
    motors, number = x.shape
    size = 1 + motors + motors * (motors + 1) // 2
    ones = slope[0]
    for k in range(number):
        ones[k] = 1.0
        away[k] = y[k] - at[0]
    for p in range(peaks):
        base = 1 + p * size
        height = at[base]
        e = slope[base]
        e[:] = 0.0
        u = base + 1 + motors
        for i in range(motors):  # U(x - μ) stands where the slopes by μ come
            r = slope[base + 1 + i]
            r[:] = 0.0
            for j in range(i, motors):
                centre = at[base + 1 + j]
                for k in range(number):
                    r[k] += at[u] * (x[j, k] - centre)
                u += 1
            for k in range(number):
                e[k] += r[k] * r[k]
        for k in range(number):
            e[k] = np.exp(-0.5 * e[k]) if e[k] < _FAR else 0.0
            away[k] -= height * e[k]
        u = base + 1 + motors
        for i in range(motors):
            r = slope[base + 1 + i]
            for j in range(i, motors):
                centre = at[base + 1 + j]
                to = slope[u]
                for k in range(number):
                    to[k] = -height * e[k] * r[k] * (x[j, k] - centre)
                u += 1
        for j in range(motors - 1, -1, -1):  # from the last: the earlier ones are still needed
            to = slope[base + 1 + j]
            first = base + 1 + motors
            for k in range(number):
                to[k] *= at[first + j * motors - j * (j - 1) // 2]
            for i in range(j):
                r = slope[base + 1 + i]
                factor = at[first + i * motors - i * (i - 1) // 2 + j - i]
                for k in range(number):
                    to[k] += factor * r[k]
            for k in range(number):
                to[k] *= height * e[k]
    total = 0.0
    for k in range(number):
        total += away[k] * away[k]
    for a in range(len(at)):
        value = 0.0
        for k in range(number):
            value += slope[a, k] * away[k]
        vector[a] = value
        for b in range(a + 1):
            value = 0.0
            for k in range(number):
                value += slope[a, k] * slope[b, k]
            matrix[a, b] = value
    if not ground:  # the background stays as it is
        matrix[:, 0] = 0.0
        matrix[0, 0] = 1.0
        vector[0] = 0.0
    return total


@njit(nogil=True, cache=True)
def _solve(matrix, vector, damping, work, step):  # type: ignore[no-untyped-def]
    """(M + damping·diag M) step = vector, by Cholesky; False where M can't be."""
    n = len(vector)
    for i in range(n):
        for j in range(i + 1):
            value = matrix[i, j]
            if i == j:
                value *= 1.0 + damping
            for k in range(j):
                value -= work[i, k] * work[j, k]
            if i == j:
                if not value > 1e-300:
                    return False
                work[i, i] = np.sqrt(value)
            else:
                work[i, j] = value / work[j, j]
    for i in range(n):
        value = vector[i]
        for k in range(i):
            value -= work[i, k] * step[k]
        step[i] = value / work[i, i]
    for i in range(n - 1, -1, -1):
        value = step[i]
        for k in range(i + 1, n):
            value -= work[k, i] * step[k]
        step[i] = value / work[i, i]
    return True


@njit(nogil=True, cache=True)
def _descend(y, x, peaks, at, most, matrix):  # type: ignore[no-untyped-def]
    """Improve the model `at`; the sum of squares, and whether it settled.

    `matrix` becomes JᵀJ. A background that would be negative is held at zero: counts have none
    below.
    """
    # each kernel is called in one place only: it is compiled into its caller each time
    for ground in (True, False):
        cost, settled = _settle(y, x, peaks, ground, at, most, matrix)
        if at[0] >= 0.0:
            break
        at[0] = 0.0
    return cost, settled


@njit(nogil=True, cache=True)
def _settle(y, x, peaks, ground, at, most, matrix):  # type: ignore[no-untyped-def]
    n = len(at)
    vector = np.empty(n)
    work = np.empty((n, n))
    step = np.empty(n)
    slope = np.empty((n, len(y)))
    away = np.empty(len(y))
    trial = at.copy()
    trial_matrix = np.empty((n, n))
    trial_vector = np.empty(n)
    damping = 1e-2  # the start is the first that is better
    cost = np.inf
    for _ in range(most + 1):
        found = _normal(y, x, peaks, ground, trial, trial_matrix, trial_vector, slope, away)
        if found <= cost:
            gain = cost - found
            for i in range(n):
                at[i] = trial[i]
                vector[i] = trial_vector[i]
                for j in range(n):
                    matrix[i, j] = trial_matrix[i, j]
            cost = found
            damping *= 0.1
            if gain <= 1e-5 * cost:
                return cost, True
        else:
            damping *= 10.0
            if damping > 1e10:
                return cost, True
        while not _solve(matrix, vector, damping, work, step):
            damping = max(damping * 10.0, 1e-6)
            if damping > 1e10:
                return cost, False
        for i in range(n):
            trial[i] = at[i] + step[i]
    return cost, False


@njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def _first_guess(y, x, at):  # type: ignore[no-untyped-def]
    """A peak from the moments of what is above the background; its height above that."""
    number, motors = x.shape
    ground = _quantile(y, number, 0.2)  # most of a scan is beside the peak
    height = y[0] - ground
    for k in range(number):
        height = max(height, y[k] - ground)
    level = ground + 0.25 * height
    total = 0.0
    mean = np.zeros(3)
    for k in range(number):
        if y[k] > level:
            total += y[k] - level
            for i in range(motors):
                mean[i] += (y[k] - level) * x[k, i]
    for i in range(motors):
        mean[i] /= total
    at[0] = ground
    at[1] = height
    u = 2 + motors
    for i in range(motors):
        spread = 0.0
        for k in range(number):
            if y[k] > level:
                spread += (y[k] - level) * (x[k, i] - mean[i]) ** 2
        at[2 + i] = mean[i]
        # what is above the level is narrower than the peak; half a step at least
        width = max(1.3 * np.sqrt(spread / total), 0.5)
        for j in range(i, motors):
            at[u] = 1.0 / width if i == j else 0.0
            u += 1
    return height


@njit(nogil=True, cache=True)
def _one_more(y, x, at, count, steps):  # type: ignore[no-untyped-def]
    """The model with one more peak, where most is left above it; empty where that is noise."""
    number, motors = x.shape
    size = 1 + motors + motors * (motors + 1) // 2
    worst = 0.0
    where = 0
    level = 0.0
    for k in range(number):
        model = at[0]
        for a in range(count):
            model += _height(x[k], at, 1 + a * size, motors)
        if y[k] - model > worst:
            worst = y[k] - model
            where = k
            level = max(model, 0.0)
    # noise from one frame to the next, and that of counting
    for k in range(number - 1):
        steps[k] = abs(y[k + 1] - y[k])
    noise = 1.05 * _quantile(steps, number - 1, 0.5)
    if worst < 5.0 * np.sqrt(noise**2 + level) or worst < 0.1 * at[1]:
        return np.empty(0)
    n = 1 + (count + 1) * size
    more = np.empty(n)
    for i in range(n - size):
        more[i] = at[i]
    for i in range(size):  # of the first one's width
        more[n - size + i] = at[1 + i]
    more[n - size] = worst
    for i in range(motors):
        more[n - size + 1 + i] = x[where, i]
    return more


@njit(nogil=True, cache=True)
def _uncertainties(at, matrix, variance, motors, sure):  # type: ignore[no-untyped-def]
    """Standard deviations of background, heights, centres, widths and correlations.

    The parameters' covariance is `variance` times the inverse of JᵀJ; what is made of U is
    followed to first order, from dS = -S d(UᵀU) S of a peak's covariance S = (UᵀU)⁻¹.
    """
    n = len(at)
    work = np.empty((n, n))
    covariance = np.empty((n, n))
    unit = np.empty(n)
    for i in range(n):
        unit[:] = 0.0
        unit[i] = variance
        if not _solve(matrix, unit, 0.0, work, covariance[i]):
            return
    sure[0] = np.sqrt(covariance[0, 0]) if at[0] > 0.0 else np.nan
    size = 1 + motors + motors * (motors + 1) // 2
    free = motors * (motors + 1) // 2
    inverse = np.zeros((3, 3))
    slopes = np.empty((3, 3, free))
    slope = np.empty(free)
    spread = np.zeros((3, 3))
    for base in range(1, n, size):
        for i in range(1 + motors):
            sure[base + i] = np.sqrt(covariance[base + i, base + i])
        first = base + 1 + motors
        # U⁻¹, column by column from the diagonal upwards
        inverse[:] = 0.0
        for j in range(motors):
            for i in range(j, -1, -1):
                value = 1.0 if i == j else 0.0
                u = first + i * motors - i * (i - 1) // 2
                for k in range(i + 1, j + 1):
                    value -= at[u + k - i] * inverse[k, j]
                inverse[i, j] = value / at[u]
        for m in range(motors):
            for k in range(motors):
                spread[m, k] = 0.0
                for i in range(motors):
                    spread[m, k] += inverse[m, i] * inverse[k, i]
        for m in range(motors):
            for k in range(m + 1):
                u = 0
                for i in range(motors):
                    for j in range(i, motors):
                        slopes[m, k, u] = -(
                            inverse[m, i] * spread[j, k] + spread[m, j] * inverse[k, i]
                        )
                        u += 1
        to = first
        for m in range(motors):  # of σ: dS / 2σ
            sigma = np.sqrt(spread[m, m])
            for i in range(free):
                slope[i] = slopes[m, m, i] / (2.0 * sigma)
            sure[to] = _spread_of(slope, covariance, first)
            to += 1
        for m in range(motors):
            for k in range(m + 1, motors):
                a, b = spread[m, m], spread[k, k]
                r = spread[m, k] / np.sqrt(a * b)
                for i in range(free):
                    slope[i] = slopes[k, m, i] / np.sqrt(a * b)
                    slope[i] -= 0.5 * r * (slopes[m, m, i] / a + slopes[k, k, i] / b)
                sure[to] = _spread_of(slope, covariance, first)
                to += 1


@njit(nogil=True, cache=True)
def _spread_of(slope, covariance, first):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(slope)):
        for j in range(len(slope)):
            total += slope[i] * slope[j] * covariance[first + i, first + j]
    return np.sqrt(total)


@njit(nogil=True, cache=True)
def fit_pixels(  # type: ignore[no-untyped-def]
    frames, x, peaks, most, least, low, high, found, sure, quality
):
    """Fit up to `peaks` Gaussians to each pixel.

    Parameters
    ----------
    frames:
        Intensities, (frames, pixels), float32.
    x:
        Positions in steps of the motors, (frames, motors).
    most:
        Rounds of improving.
    least:
        A pixel whose values differ by less is left alone.
    low, high:
        Ends of the scan, (motors,).
    found:
        Background, then of each peak height, centre and U: (pixels, 1 + peaks·size).
    sure:
        Standard deviations of these, and in the place of U those of each motor's σ and of the
        correlation of each pair.
    quality:
        Root mean square difference, state, and number of peaks: (pixels, 3).
    """
    number, pixels = frames.shape
    motors = x.shape[1]
    size = 1 + motors + motors * (motors + 1) // 2
    y = np.empty(number)
    steps = np.empty(number)
    across = np.ascontiguousarray(x.T)
    for p in range(pixels):
        found[p] = np.nan
        sure[p] = np.nan
        quality[p, 0] = np.nan
        quality[p, 1] = NO_SIGNAL
        quality[p, 2] = 0
        smallest = np.inf
        largest = -np.inf
        for k in range(number):
            y[k] = frames[k, p]
            smallest = min(smallest, y[k])
            largest = max(largest, y[k])
        if not largest - smallest >= least or largest == smallest:
            continue
        if number < 2 + size:
            quality[p, 1] = TOO_FEW
            continue
        at = np.zeros(1 + size)
        matrix = np.empty((1 + size, 1 + size))
        _first_guess(y, x, at)
        cost = np.inf
        settled = True
        count = 0
        while count < peaks and settled and number >= 2 + (count + 1) * size:
            more = at
            if count:
                more = _one_more(y, x, at, count, steps)
                if not len(more):
                    break
            wider = np.empty((len(more), len(more)))
            less, done = _descend(y, across, count + 1, more, most, wider)
            if count:
                good = done and less < 0.85 * cost
                for a in range(count + 1):
                    good = good and more[1 + a * size] > 0
                    for i in range(motors):
                        c = more[2 + a * size + i]
                        good = good and low[i] - 1 <= c <= high[i] + 1
                if not good:
                    break
            settled = done
            at = more
            matrix = wider
            cost = less
            count += 1
        for i in range(len(at)):
            found[p, i] = at[i]
        if settled:
            variance = cost / (number - len(at))
            _uncertainties(at, matrix, variance, motors, sure[p])
        quality[p, 0] = np.sqrt(cost / number)
        quality[p, 1] = FITTED if settled else NOT_CONVERGED
        quality[p, 2] = count
        for i in range(motors):
            if not low[i] - 1 <= at[2 + i] <= high[i] + 1:
                quality[p, 1] = OUTSIDE
        if not at[1] > 0:
            quality[p, 1] = OUTSIDE


@njit(nogil=True, cache=True)
def _quantile(values, count, share):  # type: ignore[no-untyped-def]
    """The value below which a share of the first `count` values lies, to a thousandth."""
    low = np.inf
    high = -np.inf
    for k in range(count):
        low = min(low, values[k])
        high = max(high, values[k])
    for _ in range(10):
        middle = 0.5 * (low + high)
        below = 0
        for k in range(count):
            below += values[k] <= middle
        if below < share * count:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(nogil=True, cache=True)
def _height(x, at, base, motors):  # type: ignore[no-untyped-def]
    square = 0.0
    u = base + 1 + motors
    for i in range(motors):
        value = 0.0
        for j in range(i, motors):
            value += at[u] * (x[j] - at[base + 1 + j])
            u += 1
        square += value * value
    return at[base] * np.exp(-0.5 * square) if square < _FAR else 0.0
