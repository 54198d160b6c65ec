"""pyFAI's integration as one linear operator, for the many frames of a scan.

With a geometry and a mask that stay, integration is linear: each point of a pattern is
``A @ (frame - dark)`` over ``A @ normalisation``, with `A` the sparse matrix that pyFAI makes
for splitting pixels. Poisson variances go by the same matrix with squared coefficients.
Nothing but the product with `A` remains to be done for a frame; scipy computes it with the
interpreter's lock released, so frames go in parallel.

Kieffer & Wright, Powder Diffraction 28 (2013) S339.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ..types import Geometry
from .engines import INTEGRATORS
from .settings import Layout

_KEPT = 2  #: operators; one of a 4M image takes 100 to 400 MB


class Sums(NamedTuple):
    """What the pixels of each point add up to, the points of all layouts one after the other."""

    signal: NDArray[np.float64]
    variance: NDArray[np.float64] | None
    normalisation: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Corrections:
    """Images that hold for every frame."""

    mask: NDArray[np.bool_]  #: True: not used
    dark: NDArray[Any] | None = None
    flat: NDArray[Any] | None = None

    @property
    def digest(self) -> bytes:
        found = blake2b(np.packbits(self.mask).tobytes())
        for image in (self.dark, self.flat):
            found.update(b"-" if image is None else np.ascontiguousarray(image).tobytes())
        return found.digest()


@dataclass(frozen=True, eq=False)
class Bins:
    """The points of one layout: a stretch of all those that an operator computes.

    Attributes
    ----------
    radial, azimuthal:
        Axes; no `azimuthal` for patterns.
    count:
        Pixels' share in each point; 0: nothing is measured there.
    norm:
        What each point is normalised by, for a factor of 1.
    """

    layout: Layout
    start: int
    radial: NDArray[np.float64]
    azimuthal: NDArray[np.float64] | None
    count: NDArray[np.float64]
    norm: NDArray[np.float64]

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Their share of an operator's values, (points,) or (azimuth, points)."""
        return np.asarray(self.of_each(values[None])[0])

    def of_each(self, values: NDArray[Any]) -> NDArray[Any]:
        """Their share of the values of several frames, (frames, [azimuth,] points)."""
        shape = self.layout.shape
        stop = self.start + int(np.prod(shape))
        return values[:, self.start : stop].reshape(len(values), *shape)


class Operator:
    """Integrates frames of one geometry. Any number of threads may call it.

    Parameters
    ----------
    layouts:
        One, or several that every frame is integrated into at once. They correct for solid
        angle and polarization alike.

    Attributes
    ----------
    bins:
        The points of each layout, one after the other.
    points:
        How many these are.
    """

    def __init__(
        self, geometry: Geometry, layouts: Sequence[Layout], corrections: Corrections
    ) -> None:
        from scipy.sparse import vstack

        mask = corrections.mask
        self._masked = np.flatnonzero(mask)
        rows, results = zip(*(_rows(geometry, layout, mask) for layout in layouts), strict=True)
        first = layouts[0]
        weight = np.ones(mask.size)
        with INTEGRATORS.use(geometry, mask, *first.key) as integrator:
            if first.solid_angle:
                weight *= integrator.solidAngleArray(mask.shape).ravel()
            if first.polarization is not None:
                weight *= integrator.polarization(mask.shape, first.polarization).ravel()
        if corrections.flat is not None:
            weight *= np.where(mask, 1, corrections.flat).ravel()
        # by columns: a frame is read once, in its own order, and the points stay in the cache
        matrix = vstack(rows).tocsc()
        #: unsplit pixels are counted: whole numbers need no copy of the frame, and half the memory
        self._counts = bool((matrix.data == 1).all())
        self._matrix = matrix.astype(np.int32 if self._counts else np.float64)
        self._squares = self._matrix
        if not self._counts:
            self._squares = self._matrix.copy()
            self._squares.data **= 2
        self._weight = weight
        self._dark = None
        if corrections.dark is not None:
            self._dark = np.where(mask, 0, corrections.dark).astype(float).ravel()
        self._of_dark = None if self._dark is None else self._matrix @ self._dark
        self._norm = self._matrix @ weight
        self._count = self._matrix @ np.ones(mask.size)
        self.bins = tuple(self._bins(layouts, results))
        self.points = int(matrix.shape[0])

    def _bins(self, layouts: Sequence[Layout], results: Sequence[Any]) -> Iterator[Bins]:
        start = 0
        for layout, result in zip(layouts, results, strict=True):
            stop = start + int(np.prod(layout.shape))
            yield Bins(
                layout,
                start,
                np.asarray(result.radial, dtype=float),
                np.asarray(result.azimuthal, dtype=float) if layout.azimuth_points else None,
                self._count[start:stop].reshape(layout.shape),
                self._norm[start:stop].reshape(layout.shape),
            )
            start = stop

    def __call__(
        self,
        frame: NDArray[Any],
        buffers: Buffers,
        *,
        poisson: bool = False,
        saturation: float | None = None,
    ) -> Sums:
        """The sums of one frame.

        Pixels that the detector marks in this frame only (see `invalid_pixels` of
        :mod:`beamcanvas.powder.image.opening`), and those of `saturation` counts or more, are
        left out of signal, variance and normalisation alike.

        Parameters
        ----------
        frame:
            (rows, columns) counts, as read. What is masked in it is overwritten.
        """
        counts = frame.reshape(-1)
        counts[self._masked] = 0
        bad = marked_pixels(counts, saturation)
        if bad is not None:
            counts[bad] = 0
        values = self._as_summed(counts, buffers)
        signal = self._product(self._matrix, values)
        if self._of_dark is not None:
            signal -= self._of_dark
        variance = None
        if poisson:
            # counts of the dark are in the frame's own; an average dark adds next to nothing
            np.maximum(values, 1, out=values)
            if bad is not None:
                values[bad] = 0
            variance = self._product(self._squares, values)
        norm = self._norm
        if bad is not None:
            lost = self._matrix[:, bad]
            norm = norm - lost @ self._weight[bad]
            # what is left of a point that lost all is rounding
            norm[self._count - lost @ np.ones(bad.size) < 1e-6 * self._count] = 0
            if self._dark is not None:
                signal += lost @ self._dark[bad]
        return Sums(signal, variance, norm)

    def _as_summed(self, counts: NDArray[Any], buffers: Buffers) -> NDArray[Any]:
        """The counts in a type in which no sum of them overflows."""
        fits = self._counts and counts.dtype.kind in "iu" and counts.dtype.itemsize <= 4
        if fits and counts.min() >= 0 and self._sum_fits(counts):
            if counts.dtype.itemsize == 4:
                return counts.view(np.int32)
            values = buffers.get("whole", counts.size, np.int32)[: counts.size]
        else:
            values = buffers.get("values", counts.size, np.float64)[: counts.size]
        np.copyto(values, counts, casting="unsafe")
        return values

    def _sum_fits(self, counts: NDArray[Any]) -> bool:
        # with one count more a pixel, for the least variance
        room = 2**31 - 1 - counts.size
        most = int(self._count.max(initial=0))
        return int(counts.max()) * most < room or int(counts.sum(dtype=np.int64)) < room

    def _product(self, matrix: Any, values: NDArray[Any]) -> NDArray[np.float64]:
        if values.dtype == np.float64 and self._counts:
            matrix = self._in_floats
        return np.asarray(matrix @ values, dtype=float)

    @cached_property
    def _in_floats(self) -> Any:
        """The same for frames that are no whole numbers, or too bright."""
        return self._matrix.astype(np.float64)


def _rows(geometry: Geometry, layout: Layout, mask: NDArray[np.bool_]) -> tuple[Any, Any]:
    """pyFAI's matrix, a row a point in the order of a result's, and an empty result."""
    from scipy.sparse import csr_matrix

    with INTEGRATORS.use(geometry, mask, *layout.key) as integrator:
        nothing = np.zeros(mask.shape, dtype=np.float32)
        result = layout.integrate(integrator, nothing, mask=mask)
        engine = next(
            held.engine
            for method, held in integrator.engines.items()
            if method.dimension == layout.dim
            and (method.split_lower, method.algo_lower, method.impl_lower) == layout.method
            and held.engine is not None
        )
        order = np.arange(int(np.prod(layout.shape)))
        matrix = csr_matrix(engine.lut, shape=(order.size, mask.size))
    if layout.azimuth_points:  # pyFAI's goes radius by radius
        order = order.reshape(layout.points, layout.azimuth_points).T.ravel()
        matrix = matrix[order]
    return matrix, result


def marked_pixels(counts: NDArray[Any], saturation: float | None) -> NDArray[np.intp] | None:
    """Where a frame holds no measurement although the mask doesn't say so; None: nowhere.

    Parameters
    ----------
    counts:
        With 0 for the pixels that are masked.
    """
    kind = counts.dtype.kind
    highest = counts.max()
    saturated = saturation is not None and highest >= saturation
    if kind == "f":
        doubtful = saturated or not np.isfinite(highest) or not np.isfinite(counts.min())
    elif kind == "u":
        doubtful = saturated or highest == np.iinfo(counts.dtype).max
    else:
        doubtful = saturated or counts.min() < 0
    if not doubtful:
        return None
    from ..image.opening import invalid_pixels

    bad = invalid_pixels(counts)
    if saturation is not None:
        bad |= counts >= saturation
    found = np.flatnonzero(bad)
    return found if found.size else None


_ready: OrderedDict[tuple[Any, ...], Operator] = OrderedDict()
_lock = threading.Lock()


def operator_for(
    geometry: Geometry, layouts: Sequence[Layout], corrections: Corrections
) -> Operator:
    """The operator for these; the last few are kept for scans that follow."""
    g = geometry
    where = (g.distance, g.poni1, g.poni2, g.rot1, g.rot2, g.rot3, g.wavelength, repr(g.detector))
    key = (where, tuple(layouts), corrections.digest)
    with _lock:
        found = _ready.get(key)
        if found is None:
            while len(_ready) >= _KEPT:
                _ready.popitem(last=False)
            found = _ready[key] = Operator(geometry, layouts, corrections)
        _ready.move_to_end(key)
        return found
