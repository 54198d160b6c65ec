"""The windows of Fourier transforms, as xraylarch defines them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .constants import Array

Window = Literal["kaiser", "hanning", "parzen", "welch", "gaussian", "sine"]


def window(x: Array, low: float, high: float, d1: float, d2: float, kind: Window) -> Array:
    """A window over the uniform grid `x`, from `low` to `high`, tapered over `d1` and `d2`."""
    step = (x[-1] - x[0]) / (len(x) - 1)
    tiny = 1e-4 * step
    corners = (
        max(x[0], low - d1 / 2),
        low + d1 / 2 + tiny,
        high - d2 / 2 - tiny,
        min(x[-1], high + d2 / 2),
    )
    i1, i2, i3, i4 = (int((corner + tiny) / step) for corner in corners)
    last = len(x) - 1
    i1, i2, i3, i4 = max(0, i1), min(max(0, i2), last), min(last, i3), min(last, i4)
    if i2 == i1:
        i1 = max(0, i2 - 1)
    if i4 == i3:
        i3 = max(i2, i4 - 1)
    x1, x2, x3, x4 = x[i1], x[i2], x[i3], x[i4]
    x2, x4 = x2 + tiny * (x1 == x2), x4 + tiny * (x3 == x4)
    rise, fall = slice(i1, i2 + 1), slice(i3, i4 + 1)
    shape = np.zeros(len(x))
    if kind == "gaussian":
        width = max(d1, tiny)
        whole: Array = np.exp(-((x - (x4 + x1) / 2) ** 2) / (2 * width**2))
        return whole
    if kind == "kaiser":
        from scipy.special import i0

        inside = np.maximum(0, 1 - ((x - (x4 + x1) / 2) / ((x4 - x1) / 2)) ** 2)
        bessel: Array = (i0(d1 * np.sqrt(inside)) - 1) / max(1e-10, i0(d1) - 1)
        return bessel
    if kind == "sine":
        shape[i1 : i4 + 1] = np.sin(np.pi * (x4 - x[i1 : i4 + 1]) / (x4 - x1))
        return shape
    shape[i2:i3] = 1
    up, down = (x[rise] - x1) / (x2 - x1), (x[fall] - x3) / (x4 - x3)
    if kind == "hanning":
        shape[rise], shape[fall] = np.sin(np.pi / 2 * up) ** 2, np.cos(np.pi / 2 * down) ** 2
    elif kind == "parzen":
        shape[rise], shape[fall] = up, 1 - down
    else:  # welch
        shape[rise], shape[fall] = 1 - (up - 1) ** 2, 1 - down**2
    return shape
