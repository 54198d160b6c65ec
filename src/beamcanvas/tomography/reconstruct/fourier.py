"""Filtered back projection through the Fourier slice theorem, two slices a transform.

The transforms of the filtered projections are the slice's own along lines through the
origin; one non-uniform transform (finufft: Barnett, Magland & af Klinteberg, SIAM J. Sci.
Comput. 41 (2019) C479) takes all of them back at once. The cost grows with the pixels of a
slice, not with pixels times angles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock, local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import SILENT, Progress
from .filtering import extend, padded_width, response, slice_width
from .geometry import SliceGeometry
from .settings import Filter, Padding
from .threads import in_threads

#: of the non-uniform transform; far below the noise of any projection
_PRECISION = 1e-3
#: FFTW, where finufft is built with it, plans for one thread at a time
_PLANNING = Lock()
#: about so many values are transformed at once: some 0.3 s of work between looks at a cancel
_AT_ONCE = 3_000_000


def reconstruct_fourier(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    *,
    filter: Filter = "ramlak",
    cutoff: float = 1.0,
    padding: Padding = "edges",
    threads: int = 1,
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """Slices (row, y, x) of sinograms (row, angle, column), per pixel.

    The filter is also multiplied by what linear interpolation between columns does to it,
    so that slices are as sharp, and as noisy, as nabu's.
    """
    fourier = FourierSlices(geometry, filter, cutoff)
    factor = fourier.factor()
    rows = len(sinograms)
    slices = np.empty((rows, *geometry.shape), np.float32)
    step = 2 * fourier.together
    while step > 2 and rows < step * threads:  # let all threads have some
        step -= 2

    def work(first: int) -> None:
        part = sinograms[first : first + step]
        pairs = np.zeros((-(-len(part) // 2), *part.shape[1:]), np.complex64)
        pairs.real = part[::2]
        pairs.imag[: len(part) // 2] = part[1::2]
        both = fourier.slices(fourier.spectra(pairs, padding), factor)
        slices[first : first + step : 2] = both.real
        slices[first + 1 : first + step : 2] = both.imag[: len(part) // 2]

    in_threads(work, range(0, rows, step), threads, progress, "Slices")
    return slices


def reconstruct_centres(
    sinogram: NDArray[np.float32],
    geometry: SliceGeometry,
    centres: Sequence[float],
    *,
    filter: Filter = "ramlak",
    cutoff: float = 1.0,
    padding: Padding = "edges",
    threads: int = 1,
    progress: Progress = SILENT,
) -> NDArray[np.float32]:
    """The slice (centre, y, x) of one sinogram (angle, column) for each centre, per pixel.

    All slices have the axis where `geometry` has it, so that they lie on each other.
    """
    fourier = FourierSlices(geometry, filter, cutoff)
    slices = np.empty((len(centres), *geometry.shape), np.float32)
    once = None if geometry.half else fourier.spectra(sinogram[None], padding)[0]

    def work(first: int) -> None:
        pair: Any = 0
        for centre, unit in zip(centres[first : first + 2], (1, 1j), strict=False):
            seen = once
            if seen is None:  # what each side sees of the overlap depends on the centre
                there = replace(geometry, centre=centre)
                seen = fourier.spectra(sinogram[None], padding, there)[0]
            pair = pair + np.complex64(unit) * (seen * fourier.factor(centre))
        both = fourier.slices(pair[None])[0]
        slices[first] = both.real
        if first + 1 < len(centres):
            slices[first + 1] = both.imag

    in_threads(work, range(0, len(centres), 2), threads, progress, "Slices")
    return slices


class FourierSlices:
    """Takes projections of pairs of slices to the slices, again and again.

    The real part of what goes through it is one slice, the imaginary part another.

    Attributes
    ----------
    together:
        Pairs of slices to be transformed at once.
    """

    def __init__(self, geometry: SliceGeometry, filter: Filter, cutoff: float) -> None:
        self.geometry = geometry
        self._padded = padded_width(slice_width(geometry))
        self._before = (self._padded - geometry.width) // 2
        self.together = max(1, _AT_ONCE // (len(geometry.angles) * self._padded))
        frequencies = np.fft.fftfreq(self._padded).astype(np.float32)
        self.frequencies = frequencies
        kernel = response(self._padded, filter, cutoff) * np.sinc(frequencies) ** 2
        # the highest frequency has no partner of opposite sign, without which the two slices
        # of a pair would mix
        kernel[np.abs(frequencies) == 0.5] = 0
        self._kernel = (kernel / self._padded).astype(np.complex64)
        self._own = local()

    def spectra(
        self, rows: NDArray[Any], padding: Padding, geometry: SliceGeometry | None = None
    ) -> NDArray[np.complex64]:
        """Transforms (pair, angle, frequency) of rows (pair, angle, column)."""
        from scipy.fft import fft

        wide, _ = extend(rows, geometry or self.geometry, padding, self._padded)
        wide = wide.astype(np.complex64, copy=False)
        return np.asarray(fft(wide, axis=-1, overwrite_x=True))

    def factor(self, centre: float | None = None) -> NDArray[np.complex64]:
        """What each (angle, frequency) is multiplied by: filter, weight, and the axis' phase."""
        geometry = self.geometry
        centres = geometry.centres if centre is None else np.full(len(geometry.angles), centre)
        # the transform counts pixels from the middle of the slice
        y = geometry.first[0] + geometry.shape[0] // 2
        x = geometry.first[1] + geometry.shape[1] // 2
        shift = centres + self._before + np.cos(geometry.angles) * x - np.sin(geometry.angles) * y
        cycles = np.outer(shift, self.frequencies)
        cycles -= np.rint(cycles)
        turns = (2 * np.pi * cycles).astype(np.float32)
        phase = np.empty(turns.shape, np.complex64)
        np.cos(turns, out=phase.real)  # both many times faster than the exponential
        np.sin(turns, out=phase.imag)
        phase *= self._kernel
        phase *= geometry.weights()[:, None]
        return phase

    def slices(
        self, spectra: NDArray[np.complex64], factor: NDArray[np.complex64] | None = None
    ) -> NDArray[np.complex64]:
        """Slices (pair, y, x) of transforms (pair, angle, frequency), which are overwritten.

        Any number of threads may call it. Each transform is done by one thread, so that the
        same input gives the same slice to the last bit.
        """
        if factor is not None:
            spectra *= factor
        count = len(spectra)
        made: NDArray[np.complex64] = self._plan(count).execute(spectra.reshape(count, -1))
        return made.reshape(count, *self.geometry.shape)

    def _plan(self, count: int) -> Any:
        """The thread's own plan for so many pairs."""
        found = getattr(self._own, "plan", None)
        if found is not None and found[0] == count:
            return found[1]
        import finufft

        with _PLANNING:
            plan = finufft.Plan(
                1,
                self.geometry.shape,
                n_trans=count,
                eps=_PRECISION,
                isign=1,
                dtype="complex64",
                nthreads=1,
                spread_sort=0,  # lines through the origin are in good order already
            )
        plan.setpts(*self._points)
        self._own.plan = (count, plan)
        return plan

    @cached_property
    def _points(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        angles = self.geometry.angles
        step = 2 * np.pi * self.frequencies
        return (
            np.outer(-np.sin(angles), step).astype(np.float32).ravel(),
            np.outer(np.cos(angles), step).astype(np.float32).ravel(),
        )
