"""Integrating frames one after another or in parallel, each for itself: what fails, fails alone."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import FrameReader
from ...nexus.chunks import Buffers
from ..integration.engines import INTEGRATORS
from ..integration.operator import Corrections, Layout, Operator, Sums, marked_pixels
from ..types import Geometry

#: stands for a pixel without measurement in what pyFAI gets; no count is like it
_DUMMY = np.float32(-(2.0**100))


class Integrated(NamedTuple):
    """One frame's pattern or cake; NaN where nothing was measured."""

    number: int
    intensity: NDArray[np.float64] | None  #: None: it failed
    sigma: NDArray[np.float64] | None
    sums: Sums | None
    problem: str = ""


class Integrate(Protocol):
    """What integrates one frame with a normalisation factor. For several threads."""

    def __call__(
        self, frame: NDArray[Any], factor: float, buffers: Buffers
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, Sums]: ...


@dataclass(frozen=True, eq=False)
class ByOperator:
    """By the matrix product."""

    operator: Operator
    poisson: bool
    saturation: float | None

    def __call__(
        self, frame: NDArray[Any], factor: float, buffers: Buffers
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, Sums]:
        sums = self.operator(frame, buffers, poisson=self.poisson, saturation=self.saturation)
        normalisation = sums.normalisation * factor
        normalisation[normalisation == 0] = np.nan
        sigma = None if sums.variance is None else np.sqrt(sums.variance) / normalisation
        return sums.signal / normalisation, sigma, sums._replace(normalisation=normalisation)


@dataclass(frozen=True, eq=False)
class ByPyFAI:
    """By pyFAI, one frame at a time: what is not linear, or needs the scatter around a ring."""

    geometry: Geometry
    layout: Layout
    corrections: Corrections
    error_model: str
    saturation: float | None
    clip: float | None  #: sigma clipping beyond so many standard deviations

    def __call__(
        self, frame: NDArray[Any], factor: float, buffers: Buffers
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, Sums]:
        mask = self.corrections.mask
        bad = marked_pixels(np.where(mask, 0, frame).ravel(), self.saturation)
        options: dict[str, Any] = {
            "mask": mask,
            "dark": self.corrections.dark,
            "flat": self.corrections.flat,
            "error_model": None if self.error_model == "none" else self.error_model,
            "normalization_factor": factor,
        }
        data = frame.astype(np.float32)
        if bad is not None:
            data.ravel()[bad] = _DUMMY
            options |= {"dummy": float(_DUMMY), "delta_dummy": 1.0}
        with INTEGRATORS.use(self.geometry, mask, *self.layout.key) as integrator:
            if self.clip is None:
                result = self.layout.integrate(integrator, data, **options)
            else:
                result = self.layout.clip(integrator, data, self.clip, **options)
        empty = np.asarray(result.count) == 0
        intensity = np.where(empty, np.nan, result.intensity)
        sigma = None if result.sigma is None else np.where(empty, np.nan, result.sigma)
        variance = None if result.sum_variance is None else np.asarray(result.sum_variance)
        normalisation = np.where(empty, np.nan, result.sum_normalization)
        return intensity, sigma, Sums(np.asarray(result.sum_signal), variance, normalisation)


def usable_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def integrate_frames(
    reader: FrameReader,
    blocks: Iterable[tuple[int, int]],
    factor_of: Callable[[int], float],
    integrate: Integrate,
    threads: int,
) -> Iterator[Integrated]:
    """The frames of `blocks` in their order, computed by several threads.

    Memory does not grow with the number of frames: no more than two blocks a thread are under
    way at a time.
    """
    own = threading.local()

    def work(block: tuple[int, int]) -> list[Integrated]:
        if not hasattr(own, "buffers"):
            own.buffers = Buffers()
        return list(_block(reader, block, factor_of, integrate, own.buffers))

    pool = ThreadPoolExecutor(threads, thread_name_prefix="frames")
    waiting: deque[Future[list[Integrated]]] = deque()
    try:
        for block in blocks:
            waiting.append(pool.submit(work, block))
            if len(waiting) > 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _block(
    reader: FrameReader,
    block: tuple[int, int],
    factor_of: Callable[[int], float],
    integrate: Integrate,
    buffers: Buffers,
) -> Iterator[Integrated]:
    start, stop = block
    try:
        frames = reader.read(start, stop, buffers)
    except InputError as error:
        for number in range(start, stop):
            yield Integrated(number, None, None, None, str(error))
        return
    for number, frame in zip(range(start, stop), frames, strict=True):
        try:
            with np.errstate(divide="ignore", invalid="ignore"):
                intensity, sigma, sums = integrate(frame, factor_of(number), buffers)
        except InputError as error:
            yield Integrated(number, None, None, None, str(error))
            continue
        if np.isnan(intensity).all():
            problem = "No pixel that is used holds a measurement."
            yield Integrated(number, None, None, None, problem)
            continue
        yield Integrated(number, intensity, sigma, sums)
