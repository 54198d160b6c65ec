"""pyFAI's integration as one linear operator, for the many frames of a scan.

With a geometry and a mask that stay, integration is linear: each point of a pattern is
``A @ (frame - dark)`` over ``A @ normalisation``, with `A` the sparse matrix that pyFAI makes
for splitting pixels. Poisson variances go by the same matrix with squared coefficients.
Nothing but the product with `A` remains to be done for a frame: :mod:`.shares` does it while the
frame is unpacked, with the interpreter's lock released, so frames go in parallel.

Kieffer & Wright, Powder Diffraction 28 (2013) S339.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers, Packed
from ..types import Geometry, check_shape
from .engines import INTEGRATORS
from .settings import Layout

if TYPE_CHECKING:
    from .shares import Added

_KEPT = 2  #: operators; one of a 4M image takes 50 to 200 MB


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

        from .shares import shares_of

        mask = corrections.mask
        self._shape = mask.shape
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
        self._weight = weight
        self._dark = None
        if corrections.dark is not None:
            self._dark = np.where(mask, 0, corrections.dark).astype(float).ravel()
        self._shares = tuple(shares_of(matrix) for matrix in rows)
        matrix = vstack(rows)
        self._of_dark = None if self._dark is None else matrix @ self._dark
        self._norm = matrix @ weight
        self._count = matrix @ np.ones(mask.size)
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
        frame: NDArray[Any] | Packed,
        buffers: Buffers,
        *,
        poisson: bool = False,
        saturation: float | None = None,
    ) -> Sums:
        """The sums of one frame of (rows, columns) counts, as read or still packed.

        Pixels that the detector marks in this frame only (see `invalid_pixels` of
        :mod:`beamcanvas.powder.image.opening`), and those of `saturation` counts or more, are
        left out of signal, variance and normalisation alike.

        Raises
        ------
        InputError
            When the frame has another shape, or is packed and damaged.
        """
        from .shares import add_frame

        check_shape("frame", frame.shape, self._shape, "geometry's detector")
        if isinstance(frame, Packed) and len(self._shares) > 1:
            frame = frame.unpacked(buffers)  # once for all of them
        added = [
            add_frame(shares, frame, buffers, poisson=poisson, saturation=saturation)
            for shares in self._shares
        ]
        return self._sums(added)

    def together(
        self,
        frames: Sequence[NDArray[Any] | Packed],
        buffers: Buffers,
        *,
        poisson: bool = False,
        saturation: float | None = None,
    ) -> list[Sums] | None:
        """The sums of several frames in less time; None: it can't be for these."""
        from .shares import add_frames

        (shares, *more) = self._shares
        if more or {frame.shape for frame in frames} != {self._shape}:
            return None
        added = add_frames(shares, frames, buffers, poisson=poisson, saturation=saturation)
        return None if added is None else [self._sums([one]) for one in added]

    def _sums(self, added: Sequence[Added]) -> Sums:
        """The sums of one frame, of what its pixels add up to in each layout."""
        signal = np.concatenate([one.signal for one in added])
        # counts of the dark are in the frame's own; an average dark adds next to no variance
        variances = [one.variance for one in added if one.variance is not None]
        variance = np.concatenate(variances) if variances else None
        if self._of_dark is not None:
            signal -= self._of_dark
        norm = self._norm
        if any(one.bad.size for one in added):
            entries = [
                shares.entries(one.bad) for shares, one in zip(self._shares, added, strict=True)
            ]
            starts = (bins.start for bins in self.bins)
            points = np.concatenate([e.points + n for e, n in zip(entries, starts, strict=True)])
            pixels = np.concatenate([e.pixels for e in entries])
            share = np.concatenate([e.shares for e in entries])

            def lost(amounts: NDArray[Any]) -> NDArray[np.float64]:
                return np.bincount(points, amounts, self.points).astype(float)

            norm = norm - lost(share * self._weight[pixels])
            # what is left of a point that lost all is rounding
            norm[self._count - lost(share) < 1e-6 * self._count] = 0
            if self._dark is not None:
                signal += lost(share * self._dark[pixels])
            if variance is not None:  # they were added as 0 counts, whose variance is 1
                variance -= lost(share**2)
        return Sums(signal, variance, norm)


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
