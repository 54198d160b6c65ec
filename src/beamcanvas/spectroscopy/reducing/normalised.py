"""What normalising gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...nexus import Axis, NXData
from ..kernels.preedge import SCALE, Ranges
from ..spectra import Array, Spectra, curves, problem_words

Which = int | slice | Sequence[int]


@dataclass(frozen=True, eq=False)
class Normalised:
    """Spectra with their edges. The curves are computed from coefficients when asked for."""

    spectra: Spectra
    e0: Array  #: (spectra,) eV; NaN where there is a problem
    edge_step: Array  #: (spectra,)
    pre: Array  #: (spectra, 2) coefficients of the pre-edge line
    post: Array  #: (spectra, degree + 1) of what the post-edge curve adds to it
    step_at: Array  #: (spectra,) energy of the point at which the step was taken, eV
    ranges: tuple[Ranges, ...]  #: where the curves were fitted, those that differ
    range_of: Array  #: (spectra,) which of the ranges
    settings: Mapping[str, Any] = field(default_factory=dict)  #: as they were resolved
    problems: Mapping[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.spectra)

    @property
    def energy(self) -> Array:
        return self.spectra.energy

    def pre_edge(self, which: Which = slice(None)) -> Array:
        """The pre-edge curve, (spectra, points)."""
        which = _rows(which)
        line = self._polynomial(self.pre, which)
        nvict = int(self.settings.get("nvict", 0))
        if nvict:
            line *= (self.energy / self.e0[which][:, np.newaxis]) ** -nvict
        return line

    def post_edge(self, which: Which = slice(None)) -> Array:
        """The post-edge curve, (spectra, points)."""
        return self.pre_edge(which) + self._polynomial(self.post, _rows(which))

    def norm(self, which: Which = slice(None)) -> Array:
        """mu without its pre-edge, divided by the edge step, (spectra, points)."""
        which = _rows(which)
        above = self.spectra.mu[which] - self.pre_edge(which)
        above /= self.edge_step[which][:, np.newaxis]
        return above

    def flat(self, which: Which = slice(None)) -> Array:
        """As :meth:`norm`, and above E0 without the slope and bend of the post-edge curve."""
        which = _rows(which)
        step = self.edge_step[which][:, np.newaxis]
        at = self.step_at[which][:, np.newaxis]
        bend = self._polynomial(self.post, which) / step
        x = (at - self.e0[which][:, np.newaxis]) / SCALE
        bend -= _horner(self.post[which], x) / step
        return np.asarray(self.norm(which) - np.where(self.energy >= at, bend, 0))

    def derivative(self, which: Which = slice(None)) -> Array:
        """d norm / dE, 1/eV, (spectra, points)."""
        return np.asarray(np.gradient(self.norm(which), self.energy, axis=1))

    def _polynomial(self, coefficients: Array, which: slice | Sequence[int]) -> Array:
        x = (self.energy - self.e0[which][:, np.newaxis]) / SCALE
        return _horner(coefficients[which], x)

    def ranges_of(self, number: int) -> Ranges | None:
        """Where the curves of a spectrum were fitted; None where it has a problem."""
        return self.ranges[int(self.range_of[number])] if number not in self.problems else None

    @property
    def summary(self) -> str:
        good = np.isfinite(self.e0)
        what = "spectrum" if not self.spectra.shape else f"{len(self)} spectra"
        if not good.any():
            return f"normalised {what}: {next(iter(self.problems.values()), 'none')}"
        if good.sum() == 1:
            words = f"E0 {self.e0[good][0]:.2f} eV, edge step {self.edge_step[good][0]:.4g}"
        else:
            ends = dict.fromkeys(f"{e0:.2f}" for e0 in (np.nanmin(self.e0), np.nanmax(self.e0)))
            words = (
                f"E0 {'–'.join(ends)} eV, "
                f"edge step {np.nanmin(self.edge_step):.3g}–{np.nanmax(self.edge_step):.3g}"
            )
        return f"normalised {what}, {words}{problem_words(self.problems)}"

    def nxdata(self) -> NXData:
        """The flattened spectra."""
        axis = Axis(name="energy", values=self.energy, unit="eV", label="Energy")
        return curves(self.spectra, self.flat(), "flat", "Normalised absorption", axis)


def _rows(which: Which) -> slice | Sequence[int]:
    return [which] if isinstance(which, (int, np.integer)) else which


def _horner(coefficients: Array, x: Array) -> Array:
    value = np.broadcast_to(coefficients[:, -1:], x.shape).copy()
    for column in range(coefficients.shape[1] - 2, -1, -1):
        value *= x
        value += coefficients[:, column : column + 1]
    return value
