"""Sums of intensity times powers of the motors' positions, pixel by pixel."""

from __future__ import annotations

import numpy as np
from numba import njit

#: pixels that are worked on together: their sums stay in the processor's nearest memory
TILE = 512


@njit(nogil=True, cache=True, fastmath={"contract", "nsz"})
def power_sums(frames, fast, ramps, slow, sums):  # type: ignore[no-untyped-def]
    """Add up y, y·x, y·x², y·x³, y·x⁴ for each motor, and y·x·x' for each pair.

    Parameters
    ----------
    frames:
        Intensities, (frames, pixels).
    fast:
        Position of the first motor, (frames,).
    ramps:
        First frame of each run in which all other motors stand still, and the number of
        frames at the end, (ramps + 1,).
    slow:
        Positions of the other motors in each ramp, (ramps, motors - 1).
    sums:
        Zeros, (1 + 4·motors + motors·(motors-1)/2, pixels): y; the four powers of each
        motor; the pairs (0,1), (0,2), (1,2), (0,3) ...
    """
    pixels = frames.shape[1]
    others = slow.shape[1]
    pairs = 1 + 4 * (others + 1)
    ramp = np.empty((5, TILE), np.float64)
    for first in range(0, pixels, TILE):
        count = min(TILE, pixels - first)
        for r in range(len(ramps) - 1):
            r0 = ramp[0, :count]
            r1 = ramp[1, :count]
            r2 = ramp[2, :count]
            r3 = ramp[3, :count]
            r4 = ramp[4, :count]
            ramp[:, :count] = 0.0
            begin, end = ramps[r], ramps[r + 1]
            # four frames at once: sums are fetched and put back once for them
            fours = begin + (end - begin) // 4 * 4
            for k in range(begin, fours, 4):
                xa, xb, xc, xd = fast[k], fast[k + 1], fast[k + 2], fast[k + 3]
                xa2, xb2, xc2, xd2 = xa * xa, xb * xb, xc * xc, xd * xd
                row_a = frames[k, first : first + count]
                row_b = frames[k + 1, first : first + count]
                row_c = frames[k + 2, first : first + count]
                row_d = frames[k + 3, first : first + count]
                for p in range(count):
                    a, b = np.float64(row_a[p]), np.float64(row_b[p])
                    c, d = np.float64(row_c[p]), np.float64(row_d[p])
                    a2, b2, c2, d2 = a * xa2, b * xb2, c * xc2, d * xd2
                    r0[p] += a + b + c + d
                    r1[p] += a * xa + b * xb + c * xc + d * xd
                    r2[p] += a2 + b2 + c2 + d2
                    r3[p] += a2 * xa + b2 * xb + c2 * xc + d2 * xd
                    r4[p] += a2 * xa2 + b2 * xb2 + c2 * xc2 + d2 * xd2
            for k in range(fours, end):
                x1 = fast[k]
                x2 = x1 * x1
                x3 = x2 * x1
                x4 = x2 * x2
                row = frames[k, first : first + count]
                for p in range(count):
                    y = np.float64(row[p])
                    r0[p] += y
                    r1[p] += y * x1
                    r2[p] += y * x2
                    r3[p] += y * x3
                    r4[p] += y * x4
            for i in range(5):
                total = sums[i, first : first + count]
                part = ramp[i, :count]
                for p in range(count):
                    total[p] += part[p]
            pair = pairs
            for m in range(others):
                s1 = slow[r, m]
                base = 5 + 4 * m
                t1 = sums[base, first : first + count]
                t2 = sums[base + 1, first : first + count]
                t3 = sums[base + 2, first : first + count]
                t4 = sums[base + 3, first : first + count]
                cross = sums[pair, first : first + count]
                for p in range(count):
                    w1 = r0[p] * s1
                    w2 = w1 * s1
                    w3 = w2 * s1
                    t1[p] += w1
                    t2[p] += w2
                    t3[p] += w3
                    t4[p] += w3 * s1
                    cross[p] += r1[p] * s1
                pair += 1
                for n in range(m):
                    both = s1 * slow[r, n]
                    cross = sums[pair, first : first + count]
                    for p in range(count):
                        cross[p] += r0[p] * both
                    pair += 1


@njit(nogil=True, cache=True, error_model="numpy")
def moments_from_sums(total, powers, offset, narrowest, out):  # type: ignore[no-untyped-def]
    """Mean, standard deviation, skewness and excess kurtosis, (4, pixels), from power sums.

    Parameters
    ----------
    total, powers:
        Σy and Σy·d, Σy·d², Σy·d³, Σy·d⁴: (pixels,) and (4, pixels).
    offset:
        Where each pixel's distances d are counted from; added to the mean.
    narrowest:
        A smaller deviation is none at all: there are no skewness and kurtosis then.
    """
    for p in range(len(total)):
        s = total[p]
        if not s > 0.0:
            out[:, p] = np.nan
            continue
        m1 = powers[0, p] / s
        m2 = powers[1, p] / s
        m3 = powers[2, p] / s
        m4 = powers[3, p] / s
        variance = m2 - m1 * m1
        out[0, p] = offset[p] + m1
        if not variance > narrowest * narrowest:
            out[1, p] = 0.0
            out[2, p] = np.nan
            out[3, p] = np.nan
            continue
        deviation = np.sqrt(variance)
        third = m3 - 3.0 * m1 * m2 + 2.0 * m1 * m1 * m1
        fourth = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1 * m1 * m1 * m1
        out[1, p] = deviation
        out[2, p] = third / (variance * deviation)
        out[3, p] = fourth / (variance * variance) - 3.0


@njit(nogil=True, cache=True)
def sums_around(frames, x, pixels, centres, sums):  # type: ignore[no-untyped-def]
    """Add up y, y·d, y·d², y·d³, y·d⁴ of some pixels, d the distance from a pixel's centre.

    Powers taken far from a narrow peak cancel and leave few digits; around it they don't.

    Parameters
    ----------
    frames:
        Intensities, (frames, pixels).
    x:
        Position of the motor, (frames,).
    pixels, centres:
        Which pixels, and where each one's peak is.
    sums:
        Zeros, (5, pixels chosen).
    """
    for k in range(len(x)):
        row = frames[k]
        for n in range(len(pixels)):
            y = np.float64(row[pixels[n]])
            if y != 0.0:
                d = x[k] - centres[n]
                sums[0, n] += y
                y *= d
                sums[1, n] += y
                y *= d
                sums[2, n] += y
                y *= d
                sums[3, n] += y
                sums[4, n] += y * d


def pair_index(motors: int) -> list[tuple[int, int]]:
    """The pairs of motors in the order of the sums, each with the faster motor first."""
    return [(n, m) for m in range(1, motors) for n in range(m)]
