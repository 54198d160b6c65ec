"""Fourier transforms between chi(k), chi(R) and chi(q), with xraylarch's conventions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .constants import KSTEP, NFFT, RSTEP, Array, k_grid, r_grid
from .windows import Window, window

Complex = NDArray[np.complex128]


def k_window(points: int, kmin: float, kmax: float, dk: float, dk2: float, kind: Window) -> Array:
    """The window on a grid of chi(k) with so many points."""
    last = KSTEP * (points - 1)
    longest = k_grid(int(1.01 + max(last, kmax + dk2) / KSTEP))
    return window(longest, kmin, kmax, dk, dk2, kind)[:points]


def forward(chi: Array, weight: Array, rmax: float) -> tuple[Array, Complex]:
    """R in Å, and complex chi(R) of (spectra, points) of chi(k) times `weight`."""
    from scipy.fft import rfft

    points = int(min(NFFT / 2, 1.01 + rmax / RSTEP))
    out = np.empty((len(chi), points), dtype=complex)
    for start in range(0, len(chi), 512):
        rows = slice(start, start + 512)
        out[rows] = rfft(chi[rows] * weight, NFFT, axis=1)[:, :points]
    out *= KSTEP / np.sqrt(np.pi)
    return r_grid(points), out


def r_window(points: int, rmin: float, rmax: float, dr: float, kind: Window) -> Array:
    """The window on the R grid of so many points."""
    return window(r_grid(NFFT), rmin, rmax, dr, dr, kind)[:points]


def backward(chir: Complex, weight: Array, qmax: float) -> tuple[Array, Complex]:
    """q in Å⁻¹, and complex chi(q) of (spectra, points) of chi(R) times `weight`."""
    from scipy.fft import ifft

    points = int(1.05 + qmax / KSTEP)
    out = np.empty((len(chir), points), dtype=complex)
    for start in range(0, len(chir), 256):
        rows = slice(start, start + 256)
        out[rows] = ifft(chir[rows] * weight, NFFT, axis=1)[:, :points]
    out *= 2 * np.sqrt(np.pi) / KSTEP
    return np.linspace(0, qmax, points), out
