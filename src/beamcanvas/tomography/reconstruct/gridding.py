"""Filtered back projection of many slices through the Fourier slice theorem, side by side.

The non-uniform transform of :mod:`.fourier`, with the same kernel as finufft's, but sixteen
slices at a time: a sample lies at the same place in all of them, so that its weights are found
once and serve all in one instruction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...task import SILENT, Progress
from .aligned import aligned_zeros
from .fourier import FourierSlices
from .geometry import SliceGeometry
from .settings import Filter, Padding
from .threads import in_threads

#: pairs of slices side by side: the real part is one slice, the imaginary part another
PAIRS = 8
_FINER = 1.25  #: cells of the grid for each pixel of a slice
_WIDTH = 5  #: cells that a sample is spread over, along each side
_STEEP = 0.97 * np.pi * _WIDTH * (1 - 0.5 / _FINER)  #: of the kernel, for this width
_SHARES = 1024  #: places within a cell that have weights of their own
_ANGLES = 8  #: projections that are transformed at once: they stay near the processor


def reconstruct_gridding(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    *,
    filter: Filter = "ramlak",
    cutoff: float = 1.0,
    padding: Padding = "edges",
    threads: int = 1,
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """As :func:`.fourier.reconstruct_fourier`, for much less where there are many rows.

    Raises
    ------
    Cancelled
        Within half a second when the task was asked to stop.
    """
    fourier = FourierSlices(geometry, filter, cutoff)
    factor = fourier.factor()
    fine = tuple(_fast_even(_FINER * n) for n in geometry.shape)
    sharpen = np.outer(*(_sharpen(n, m) for n, m in zip(geometry.shape, fine, strict=True)))
    waves = np.stack([-np.sin(geometry.angles), np.cos(geometry.angles)], axis=1)
    weights = _weights()
    slices = np.empty((len(sinograms), *geometry.shape), np.float32)
    stopped: list[bool] = []

    def work(first: int) -> None:
        part = sinograms[first : first + 2 * PAIRS]
        grid = aligned_zeros(fine[0] + 2 * _WIDTH, fine[1] + 2 * _WIDTH, 2 * PAIRS)
        for start in range(0, len(geometry.angles), _ANGLES):
            if stopped:
                return
            angles = slice(start, start + _ANGLES)
            lines = np.zeros((PAIRS, *part[0, angles].shape), np.complex64)
            lines.real[: -(-len(part) // 2)] = part[::2, angles]
            lines.imag[: len(part) // 2] = part[1::2, angles]
            spectra = fourier.spectra(lines, padding)
            _spread(grid, spectra, factor[angles], waves[angles], fourier.frequencies, weights)
        if not stopped:
            _to_slices(grid, sharpen, slices[first : first + 2 * PAIRS])

    in_threads(
        work,
        range(0, len(sinograms), 2 * PAIRS),
        threads,
        progress,
        "Slices",
        lambda: stopped.append(True),
    )
    return slices


def _to_slices(
    grid: NDArray[np.float32], sharpen: NDArray[np.float32], slices: NDArray[np.float32]
) -> None:
    """Transform a grid (y, x, pair), with its margins, to slices (row, y, x)."""
    from scipy.fft import ifft

    values = grid.view(np.complex64)
    # what went over an edge comes in at the other
    for side in (values, values.swapaxes(0, 1)):
        side[_WIDTH : 2 * _WIDTH] += side[-_WIDTH:]
        side[-2 * _WIDTH : -_WIDTH] += side[:_WIDTH]
    values = values[_WIDTH:-_WIDTH, _WIDTH:-_WIDTH]
    ifft(values, axis=0, norm="forward", overwrite_x=True)
    # the transform begins with the slice's middle, and ends with what is before it
    rows = slices.shape[1]
    for half in (slice(0, rows - rows // 2), slice(len(values) - rows // 2, None)):
        ifft(values[half], axis=1, norm="forward", overwrite_x=True)
    _cut(values, sharpen, slices)


def _kernel(places: NDArray[Any]) -> NDArray[Any]:
    """The exponential of a semicircle, at places (cells) from its middle."""
    inside = np.maximum(1 - (2 * places / _WIDTH) ** 2, 0)
    return np.exp(_STEEP * (np.sqrt(inside) - 1)) * (inside > 0)


def _weights() -> NDArray[np.float32]:
    """Weights (share, cell) of the cells from the first one that a sample touches."""
    shares = (np.arange(_SHARES) + 0.5) / _SHARES
    return np.asarray(_kernel(shares[:, None] + np.arange(_WIDTH) - _WIDTH / 2), np.float32)


def _sharpen(size: int, fine: int) -> NDArray[np.float32]:
    """What undoes the kernel, and the grid's middle, for each pixel along an axis."""
    pixels = np.arange(size) - size // 2
    places = (np.arange(200) + 0.5) / 200 * _WIDTH - _WIDTH / 2
    waves = np.cos(2 * np.pi / fine * np.outer(pixels, places))
    blunt = waves @ _kernel(places) * _WIDTH / len(places)
    return np.asarray((-1.0) ** pixels / blunt, np.float32)


def _fast_even(least: float) -> int:
    """An even size that is fast to transform, and holds a sample's cells twice."""
    from silx.image.tomography import get_next_power

    return 2 * int(get_next_power(int(np.ceil(max(least, 4 * _WIDTH) / 2))))


@njit(nogil=True, fastmath=True, cache=True, error_model="numpy")
def _spread(grid, spectra, factor, waves, frequencies, weights):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Add transforms (pair, angle, frequency), times their factors, to a grid with margins."""
    lanes = 2 * PAIRS
    rows, columns = grid.shape[0] - 2 * _WIDTH, grid.shape[1] - 2 * _WIDTH
    flat = grid.reshape(grid.shape[0], -1)
    samples = np.empty((len(frequencies), lanes), np.float32)
    for angle in range(spectra.shape[1]):
        for pair in range(PAIRS):  # side by side, as the grid has them
            for n in range(len(frequencies)):
                value = spectra[pair, angle, n] * factor[angle, n]
                samples[n, 2 * pair] = value.real
                samples[n, 2 * pair + 1] = value.imag
        down, across = waves[angle, 0] * rows, waves[angle, 1] * columns
        for n in range(len(frequencies)):
            y = down * frequencies[n] + (rows // 2 + _WIDTH / 2)
            x = across * frequencies[n] + (columns // 2 + _WIDTH / 2)
            top, left = int(np.ceil(y)), int(np.ceil(x))
            by_y = weights[int((top - y) * _SHARES)]
            by_x = weights[int((left - x) * _SHARES)]
            sample = samples[n]
            for row in range(_WIDTH):
                cells = flat[top + row, left * lanes :]
                # the five cells of a row in one go: the compiler keeps all in registers
                for lane in range(lanes):
                    value = by_y[row] * sample[lane]
                    cells[lane] += by_x[0] * value
                    cells[lanes + lane] += by_x[1] * value
                    cells[2 * lanes + lane] += by_x[2] * value
                    cells[3 * lanes + lane] += by_x[3] * value
                    cells[4 * lanes + lane] += by_x[4] * value


@njit(nogil=True, fastmath=True, cache=True)
def _cut(values, sharpen, slices):  # type: ignore[no-untyped-def]  # pragma: no cover - compiled
    """Take slices (row, y, x) from the corners of a transformed grid (y, x, pair), sharpened."""
    _, height, width = slices.shape
    before = width // 2
    for y in range(height):
        line = values[(y - height // 2) % values.shape[0]]
        # row by row: sixteen slices at once are in each other's way in the cache
        for row in range(len(slices)):
            for first, stop, shift in ((0, before, values.shape[1]), (before, width, 0)):
                for x in range(first, stop):
                    value = line[x - before + shift, row // 2]
                    slices[row, y, x] = (value.imag if row % 2 else value.real) * sharpen[y, x]
