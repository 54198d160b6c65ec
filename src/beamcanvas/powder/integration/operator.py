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
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ..types import Geometry
from .engines import INTEGRATORS, method_for

_KEPT = 2  #: operators; one of a 4M image takes 100 to 400 MB


class Sums(NamedTuple):
    """What the pixels of each point add up to; (points,) or (azimuth, points)."""

    signal: NDArray[np.float64]
    variance: NDArray[np.float64] | None
    normalisation: NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """What a pattern, or a cake, is made of, whatever the frame."""

    points: int
    azimuth_points: int  #: 0: a pattern
    unit: str
    radial_range: tuple[float, float] | None
    azimuth_range: tuple[float, float] | None
    polarization: float | None
    solid_angle: bool
    splitting: str

    @property
    def dim(self) -> int:
        return 2 if self.azimuth_points else 1

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.azimuth_points, self.points) if self.azimuth_points else (self.points,)

    @property
    def method(self) -> tuple[str, str, str]:
        return method_for(self.splitting, "CSR", "Cython", self.dim)

    @property
    def key(self) -> tuple[Any, ...]:
        """What decides pyFAI's engine, as :class:`Integrators` takes it."""
        azimuth = (self.azimuth_points,) if self.azimuth_points else ()
        ranges = (self.radial_range, self.azimuth_range)
        return (self.dim, self.points, azimuth, self.unit, *ranges, self.method)

    def integrate(self, integrator: Any, data: NDArray[Any], **options: Any) -> Any:
        """pyFAI's own integration of one frame."""
        call = integrator.integrate2d if self.azimuth_points else integrator.integrate1d
        azimuth = (self.azimuth_points,) if self.azimuth_points else ()
        return call(
            data,
            self.points,
            *azimuth,
            unit=self.unit,
            method=self.method,
            radial_range=self.radial_range,
            azimuth_range=self.azimuth_range,
            polarization_factor=self.polarization,
            correctSolidAngle=self.solid_angle,
            **options,
        )

    def clip(self, integrator: Any, data: NDArray[Any], sigmas: float, **options: Any) -> Any:
        """pyFAI's integration of one frame, without the pixels far from their ring's mean."""
        return integrator.sigma_clip_ng(
            data,
            self.points,
            unit=self.unit,
            method=self.method,
            radial_range=self.radial_range,
            azimuth_range=self.azimuth_range,
            polarization_factor=self.polarization,
            correctSolidAngle=self.solid_angle,
            thres=sigmas,
            max_iter=5,
            **options,
        )


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


class Operator:
    """Integrates frames of one geometry. Any number of threads may call it.

    Attributes
    ----------
    radial, azimuthal:
        Axes; no `azimuthal` for patterns.
    count:
        Pixels' share in each point; 0: nothing is measured there.
    """

    def __init__(self, geometry: Geometry, layout: Layout, corrections: Corrections) -> None:
        from scipy.sparse import csr_matrix

        self.layout = layout
        mask = corrections.mask
        self._masked = np.flatnonzero(mask)
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
            rows = int(np.prod(layout.shape))
            matrix = csr_matrix(engine.lut, shape=(rows, mask.size))
            weight = np.ones(mask.size)
            if layout.solid_angle:
                weight *= integrator.solidAngleArray(mask.shape).ravel()
            if layout.polarization is not None:
                weight *= integrator.polarization(mask.shape, layout.polarization).ravel()
        if corrections.flat is not None:
            weight *= np.where(mask, 1, corrections.flat).ravel()
        # by columns: a frame is read once, in its own order, and the points stay in the cache
        matrix = matrix.tocsc()
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
        self.radial = np.asarray(result.radial, dtype=float)
        self.azimuthal = (
            np.asarray(result.azimuthal, dtype=float) if layout.azimuth_points else None
        )
        self.count = self._shaped(self._count)

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
        return Sums(
            self._shaped(signal),
            None if variance is None else self._shaped(variance),
            self._shaped(norm),
        )

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

    def _shaped(self, values: NDArray[Any]) -> NDArray[Any]:
        """Of pyFAI's order, radius by radius, to that of its results."""
        if not self.layout.azimuth_points:
            return values
        return values.reshape(self.layout.points, self.layout.azimuth_points).T


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


def operator_for(geometry: Geometry, layout: Layout, corrections: Corrections) -> Operator:
    """The operator for these; the last few are kept for scans that follow."""
    g = geometry
    where = (g.distance, g.poni1, g.poni2, g.rot1, g.rot2, g.rot3, g.wavelength, repr(g.detector))
    key = (where, layout, corrections.digest)
    with _lock:
        found = _ready.get(key)
        if found is None:
            while len(_ready) >= _KEPT:
                _ready.popitem(last=False)
            found = _ready[key] = Operator(geometry, layout, corrections)
        _ready.move_to_end(key)
        return found
