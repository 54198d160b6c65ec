"""The ramp filter and its windows, and what continues a projection beyond its edges.

The responses are silx's, which nabu filters with: Kak & Slaney's band-limited ramp
(Principles of Computerized Tomographic Imaging, 1988, eq. 61) times a window.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import SILENT, Progress
from .aligned import aligned_zeros
from .geometry import SliceGeometry, extended_width
from .settings import Filter, Padding
from .threads import in_threads


def padded_width(width: int) -> int:
    """A width at least twice as wide that is fast to transform."""
    from silx.image.tomography import get_next_power

    return int(get_next_power(2 * width))


@lru_cache(8)
def response(padded: int, name: Filter, cutoff: float = 1.0) -> NDArray[np.complex64]:
    """What the filter does at the `padded` frequencies of a transformed row.

    The result of a filtered back projection is then per pixel.
    """
    if name == "none":
        return np.ones(padded, np.complex64)
    if name == "hilbert":
        frequencies = np.fft.fftfreq(padded)
        return np.asarray(np.sign(frequencies) / 2j / np.pi, np.complex64)
    from silx.image.tomography import compute_fourier_filter

    return np.asarray(compute_fourier_filter(padded, name, cutoff=cutoff), np.complex64)


def extend(
    rows: NDArray[Any], geometry: SliceGeometry, padding: Padding, padded: int
) -> tuple[NDArray[Any], int]:
    """Rows (…, width) continued to `padded` columns, and where their first pixel is then.

    In half acquisition the part that both sides of the turn saw is shared between them, and
    what the other side sees is zero here, so that a whole turn adds up to full projections
    (Wang, Med. Phys. 29 (2002) 1634). The shares are given before the filter: after it, they
    leave an error of two percent.
    """
    width = geometry.width
    before = (padded - width) // 2
    after = padded - width - before
    margins = [(0, 0)] * (rows.ndim - 1) + [(before, after)]
    if geometry.half:
        rows = rows * _shares(width, float(np.median(geometry.centres)))
    wider: NDArray[Any] = np.pad(rows, margins, mode="edge" if padding == "edges" else "constant")
    return wider, before


def slice_width(geometry: SliceGeometry) -> int:
    """Pixels across all that was seen: the width, in half acquisition of both sides."""
    if not geometry.half:
        return geometry.width
    return extended_width(geometry.width, float(np.median(geometry.centres)))


def _shares(width: int, axis: float) -> NDArray[np.float32]:
    """How much each column counts in half acquisition: falls from 1 to 0 across the overlap."""
    reach = min(axis, width - 1 - axis)
    from_axis = (np.arange(width) - axis) * (1 if axis >= (width - 1) / 2 else -1)
    shares = np.clip((reach - from_axis) / max(2 * reach, 1), 0, 1)
    return np.asarray(shares, np.float32)


def filtered(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    weights: NDArray[np.float32],
    *,
    filter: Filter = "ramlak",
    cutoff: float = 1.0,
    padding: Padding = "edges",
    threads: int = 1,
    progress: Progress = SILENT,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sinograms (row, angle, column) filtered and weighted, and the axis in each angle.

    Returns them as (angle, column, row), rows side by side: the weights of an interpolation
    between columns then serve all rows at once. In half acquisition they go on beyond the
    axis as far as on its other side.
    """
    from scipy.fft import irfft, rfft

    rows, count, width = sinograms.shape
    seen = slice_width(geometry)
    wide = padded_width(seen)
    kernel = response(wide, filter, cutoff)[: wide // 2 + 1]
    axis_is_left = geometry.half and float(np.median(geometry.centres)) < (width - 1) / 2
    more = seen - width if axis_is_left else 0
    out = aligned_zeros(count, seen, rows)
    # blocks of about 16 MB stay near the processor
    block = max(1, 4_000_000 // (rows * wide))

    def work(start: int) -> None:
        part = slice(start, start + block)
        extended, first = extend(sinograms[:, part], geometry, padding, wide)
        spectrum = rfft(extended, axis=-1, overwrite_x=True)
        spectrum *= kernel
        back = irfft(spectrum, wide, axis=-1, overwrite_x=True)
        back = back[..., first - more : first - more + seen]
        back *= weights[part, None]
        out[part] = back.transpose(1, 2, 0)

    in_threads(work, range(0, count, block), threads, progress, "Filter")
    return out, geometry.centres + more
