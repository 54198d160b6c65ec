"""Frames by pyFAI, one at a time: what needs the pixels of a ring beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ..types import Geometry
from .engines import INTEGRATORS
from .one_frame import ByOperator, Integrated
from .operator import Corrections, Sums, marked_pixels
from .settings import Layout

Array = NDArray[np.float64]

#: stands for a pixel without measurement in what pyFAI gets; no count is like it
_DUMMY = np.float32(-(2.0**100))
_ROUNDS = 5  #: of sigma clipping, at most


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames as pyFAI takes them."""

    geometry: Geometry
    corrections: Corrections
    saturation: float | None

    def prepared(self, frame: NDArray[Any], factor: float) -> tuple[Any, dict[str, Any]]:
        """Data and options; pixels that this frame marks are dummies."""
        mask = self.corrections.mask
        bad = marked_pixels(np.where(mask, 0, frame).ravel(), self.saturation)
        options: dict[str, Any] = {
            "mask": mask,
            "dark": self.corrections.dark,
            "flat": self.corrections.flat,
            "normalization_factor": factor,
        }
        data = frame.astype(np.float32)
        if bad is not None:
            data.ravel()[bad] = _DUMMY
            options |= {"dummy": float(_DUMMY), "delta_dummy": 1.0}
        return data, options

    def integrator(self, layout: Layout) -> Any:
        return INTEGRATORS.use(self.geometry, self.corrections.mask, *layout.key)


@dataclass(frozen=True, eq=False)
class ByPyFAI:
    """By pyFAI, one frame at a time: what needs the scatter of the pixels around a ring."""

    frames: Frames
    layouts: Sequence[Layout]
    error_model: str
    clip: float | None = None  #: sigma clipping beyond so many standard deviations

    @property
    def words(self) -> str:
        what = "errors" if self.clip is None else "sigma clipping"
        return (
            f"pyFAI frame by frame, {self.layouts[0].in_words}, CSR, Cython: {self.error_model} "
            f"{what} need the scatter of the pixels around a ring"
        )

    def __call__(self, frame: NDArray[Any], factor: float, buffers: Buffers) -> Integrated:
        data, options = self.frames.prepared(frame, factor)
        options["error_model"] = self.error_model
        return _joined(self._results(data, options))

    def _results(self, data: Any, options: dict[str, Any]) -> Iterator[Any]:
        for layout in self.layouts:
            with self.frames.integrator(layout) as integrator:
                if self.clip is None:
                    yield layout.integrate(integrator, data, **options)
                else:
                    yield _clipped(integrator, layout, data, self.clip, options)


@dataclass(frozen=True, eq=False)
class ByMedian:
    """The median of each ring, by pyFAI."""

    frames: Frames
    layouts: Sequence[Layout]

    @property
    def words(self) -> str:
        return (
            f"pyFAI frame by frame, {self.layouts[0].in_words}, CSR, Cython: a median needs "
            "the pixels of a ring in their order"
        )

    def __call__(self, frame: NDArray[Any], factor: float, buffers: Buffers) -> Integrated:
        data, options = self.frames.prepared(frame, factor)
        return _joined(self._results(data, options))

    def _results(self, data: Any, options: dict[str, Any]) -> Iterator[Any]:
        for layout in self.layouts:
            with self.frames.integrator(layout) as integrator:
                said = layout.options(integrator)
                yield integrator.medfilt1d_ng(data, layout.points, **said, **options)


@dataclass(frozen=True, eq=False)
class ByClipping:
    """Outliers found by pyFAI's sigma clipping with whole pixels; the rest by the operator.

    A pixel that is shared between points can't be left out of one alone, and pyFAI clips
    patterns only. So each ring's mean and scatter are found with whole pixels, and pixels
    beyond are left out of the frame.
    """

    frames: Frames
    layouts: Sequence[Layout]
    error_model: str
    clip: float
    rest: ByOperator

    @property
    def words(self) -> str:
        return (
            "pyFAI's sigma clipping frame by frame finds the outliers with whole pixels, as it "
            f"clips no split ones and no cakes; the rest by {self.rest.words}"
        )

    @cached_property
    def _rings(self) -> Layout:
        return replace(self.layouts[0], azimuth_points=0, splitting="none")

    @cached_property
    def _of_pixels(self) -> tuple[NDArray[np.intp], Array]:
        """Each pixel's ring, one more where it has none, and by what its counts are divided."""
        layout, corrections = self._rings, self.frames.corrections
        shape = corrections.mask.shape
        with self.frames.integrator(layout) as integrator:
            nothing = np.zeros(shape, dtype=np.float32)
            radial = layout.integrate(integrator, nothing, mask=corrections.mask).radial
            place = integrator.array_from_unit(shape, unit=layout.unit)
            weight = np.ones(shape)
            if layout.solid_angle:
                weight *= integrator.solidAngleArray(shape)
            if layout.polarization is not None:
                weight *= integrator.polarization(shape, layout.polarization)
        if corrections.flat is not None:
            weight *= np.where(corrections.mask, 1, corrections.flat)
        step = radial[1] - radial[0] if len(radial) > 1 else np.inf
        ring = np.rint((place - radial[0]) / step)
        outside = (ring < 0) | (ring >= len(radial)) | corrections.mask
        return np.where(outside, len(radial), ring).astype(np.intp), weight

    def __call__(self, frame: NDArray[Any], factor: float, buffers: Buffers) -> Integrated:
        data, options = self.frames.prepared(frame, 1.0)
        options["error_model"] = self.error_model
        ring, weight = self._of_pixels
        with self.frames.integrator(self._rings) as integrator:
            found = _clipped(integrator, self._rings, data, self.clip, options)
        # as pyFAI: at least by Chauvenet's criterion, by which half a pixel is expected beyond
        expected = np.sqrt(2 * np.log(np.maximum(found.count, 3) / np.sqrt(2 * np.pi)))
        far = np.maximum(self.clip, expected)
        mean = np.append(found.intensity, 0.0)
        # a ring of equal pixels has no scatter but that of rounding
        width = np.append(far * found.std + 1e-5 * np.abs(found.intensity), np.inf)
        dark = self.frames.corrections.dark
        counts = data if dark is None else data - dark
        beyond = np.abs(counts / weight - mean[ring]) > width[ring]
        frame[beyond] = _mark(frame.dtype)
        return self.rest(frame, factor, buffers)


def _mark(dtype: np.dtype[Any]) -> Any:
    """What a detector writes where it has no measurement."""
    return {"u": lambda: np.iinfo(dtype).max, "i": lambda: -1}.get(dtype.kind, lambda: np.nan)()


def _clipped(
    integrator: Any, layout: Layout, data: Any, threshold: float, options: dict[str, Any]
) -> Any:
    return integrator.sigma_clip_ng(
        data,
        layout.points,
        thres=threshold,
        max_iter=_ROUNDS,
        **layout.options(integrator),
        **options,
    )


def _joined(results: Iterator[Any]) -> Integrated:
    """pyFAI's results, one after the other, as our points."""
    intensity, sigma, signal, variance, normalisation = [], [], [], [], []
    for result in results:
        empty = np.asarray(result.count) == 0
        intensity.append(np.where(empty, np.nan, result.intensity).ravel())
        signal.append(np.asarray(result.sum_signal, dtype=float).ravel())
        normalisation.append(np.where(empty, np.nan, result.sum_normalization).ravel())
        if result.sigma is not None:
            sigma.append(np.where(empty, np.nan, result.sigma).ravel())
            variance.append(np.asarray(result.sum_variance, dtype=float).ravel())
    sums = Sums(
        np.concatenate(signal),
        np.concatenate(variance) if variance else None,
        np.concatenate(normalisation),
    )
    return Integrated(np.concatenate(intensity), np.concatenate(sigma) if sigma else None, sums)
