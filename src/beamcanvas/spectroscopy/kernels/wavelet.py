"""The continuous Cauchy wavelet transform of chi(k).

Munoz, Argoul & Farges, Am. Mineral. 88 (2003) 694, on the grids of ``cauchy_wavelet`` of
xraylarch.
"""

from __future__ import annotations

import numpy as np

from .constants import KSTEP, NFFT, RSTEP, Array
from .fourier import Complex


def cauchy(chi: Array, rmax: float) -> tuple[Array, Complex]:
    """R in Å, and the transform (R, k) of one weighted chi(k)."""
    from scipy.fft import fft, ifft

    count = round(rmax / RSTEP)
    r = np.linspace(0, rmax, count)
    omega = np.pi / KSTEP * np.arange(NFFT) / NFFT
    signal = fft(chi[: NFFT // 2], 2 * NFFT)[:NFFT]
    peak = np.log(2 * np.pi) - np.log(np.arange(1.0, count + 1)).sum()
    out = np.empty((count, len(chi)), dtype=complex)
    for start in range(0, count, 64):
        rows = slice(start, start + 64)
        scaled = np.outer(count / (2 * np.maximum(r[rows], 1e-19)), omega)
        scaled[scaled == 0] = 1e-19
        shape = np.exp(peak + count * np.log(scaled) - scaled)
        out[rows] = ifft(shape * signal, 2 * NFFT, axis=1)[:, : len(chi)]
    return r, out
