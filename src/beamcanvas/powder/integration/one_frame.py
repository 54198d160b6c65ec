"""One frame of many as points, and the fast way to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...nexus.chunks import Buffers, Packed
from .operator import Operator, Sums

Array = NDArray[np.float64]


class Integrated(NamedTuple):
    """A frame's points, those of all layouts one after the other; NaN: not measured."""

    intensity: Array
    sigma: Array | None
    sums: Sums


class Way(Protocol):
    """Integrates one frame with a normalisation factor. For several threads."""

    @property
    def words(self) -> str:
        """What computes it, and why not something faster."""

    def __call__(self, frame: NDArray[Any], factor: float, buffers: Buffers) -> Integrated: ...


@dataclass(frozen=True, eq=False)
class ByOperator:
    """By the matrix product."""

    operator: Operator
    poisson: bool
    saturation: float | None

    @property
    def words(self) -> str:
        layout = self.operator.bins[0].layout
        return f"pyFAI's matrix as a linear operator, {layout.in_words}"

    def __call__(self, frame: NDArray[Any] | Packed, factor: float, buffers: Buffers) -> Integrated:
        sums = self.operator(frame, buffers, poisson=self.poisson, saturation=self.saturation)
        return _integrated(sums, factor)

    def together(
        self,
        frames: Sequence[NDArray[Any] | Packed],
        factors: Sequence[float],
        buffers: Buffers,
    ) -> list[Integrated] | None:
        """Several frames in less time; None: it can't be for these."""
        found = self.operator.together(
            frames, buffers, poisson=self.poisson, saturation=self.saturation
        )
        return None if found is None else list(map(_integrated, found, factors))


def _integrated(sums: Sums, factor: float) -> Integrated:
    normalisation = sums.normalisation * factor
    normalisation[normalisation == 0] = np.nan
    sigma = None if sums.variance is None else np.sqrt(sums.variance) / normalisation
    sums = sums._replace(normalisation=normalisation)
    return Integrated(sums.signal / normalisation, sigma, sums)
