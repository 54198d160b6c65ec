"""Absorption spectra on one energy grid: one, a series, or a map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..nexus import Axis, NXData

Array = NDArray[np.float64]

#: bytes of curves that a plot takes at most; beyond, every n-th spectrum
_AT_ONCE = 32_000_000


@dataclass(frozen=True, eq=False)
class Spectra:
    """mu(E) of one sample or of many. A spectrum that can't be used is named in `problems`."""

    energy: Array  #: (points,) ascending, eV
    mu: Array  #: (spectra, points); NaN at the ends where a spectrum is shorter than the grid
    shape: tuple[int, ...] = ()  #: () one spectrum, (n,) a series, (rows, columns) a map
    names: tuple[str, ...] = ()  #: of each, where they have any
    reference: Array | None = None  #: (spectra, points) or (1, points), of a foil behind
    element: str = ""  #: of the edge, where it is known
    edge: str = ""
    #: spectra that can't be used, by their number, and why; a sentence each
    problems: Mapping[int, str] = field(default_factory=dict)
    source: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)  #: what the files say besides
    warnings: tuple[str, ...] = ()
    growing: bool = False  #: still being measured: what is missing is waited for

    def __post_init__(self) -> None:
        count = int(np.prod(self.shape)) if self.shape else 1
        if self.mu.shape != (count, len(self.energy)):
            raise InputError(
                f"mu has the shape {self.mu.shape}; {count} spectra of "
                f"{len(self.energy)} energies were expected."
            )

    def __len__(self) -> int:
        return len(self.mu)

    @property
    def kind(self) -> str:
        """ "spectrum", "series" or "map"."""
        return ("spectrum", "series")[len(self.shape)] if len(self.shape) < 2 else "map"

    def name(self, number: int) -> str:
        """Of one spectrum; where it is, when it has none."""
        if self.names:
            return self.names[number]
        if len(self.shape) == 2:
            row, column = divmod(number, self.shape[1])
            return f"row {row}, column {column}"
        return f"spectrum {number}" if self.shape else self.source or "spectrum"

    @property
    def first_usable(self) -> int:
        """The first spectrum without a problem; 0 when all have one."""
        return next((i for i in range(len(self)) if i not in self.problems), 0)

    def chosen(self, numbers: Iterable[int]) -> Spectra:
        """Some of the spectra, as a series."""
        chosen = list(numbers)
        where = {old: new for new, old in enumerate(chosen)}
        whole = self.reference is not None and len(self.reference) == len(self)
        return replace(
            self,
            mu=self.mu[chosen],
            shape=(len(chosen),),
            names=tuple(self.name(i) for i in chosen),
            reference=self.reference[chosen] if whole and self.reference is not None else None,
            problems={where[i]: why for i, why in self.problems.items() if i in where},
        )

    @property
    def summary(self) -> str:
        what = "spectrum" if not self.shape else f"{len(self)} spectra"
        if len(self.shape) == 2:
            what = f"map of {self.shape[0]} × {self.shape[1]} spectra"
        edge = f"{self.element} {self.edge}, " if self.element else ""
        if not len(self.energy):
            return f"{what}, no points yet"
        return (
            f"{what}, {edge}{len(self.energy)} points, "
            f"{self.energy[0]:.1f}–{self.energy[-1]:.1f} eV{problem_words(self.problems)}"
        )

    def nxdata(self) -> NXData:
        return curves(
            self, self.mu, "mu", "Absorption", Axis(name="energy", values=self.energy, unit="eV")
        )


def curves(spectra: Spectra, values: Array, name: str, label: str, axis: Axis) -> NXData:
    """(spectra, points) of any kind as a curve, an image of a series, or a map's stack.

    Of a long series, as many as a plot can show.
    """
    if not spectra.shape:
        return NXData(signal=values[0], name=name, label=label, axes=(axis,), title=spectra.source)
    step = max(1, -(-values.nbytes // _AT_ONCE))
    values = values[::step]
    number = Axis(name="spectrum", values=np.arange(len(values)) * step, label="Spectrum")
    return NXData(
        signal=values,
        name=name,
        label=label,
        axes=(number, axis),
        mask=~np.isfinite(values),
        title=spectra.source,
    )


def problem_words(problems: Mapping[int, str]) -> str:
    """What a summary adds when some spectra can't be used."""
    return f", {len(problems)} with a problem" if problems else ""


def problem_lines(problems: Mapping[int, str], spectra: Spectra) -> list[str]:
    """One line for each reason, with the spectra that it holds for."""
    numbers: dict[str, list[int]] = {}
    for number, why in sorted(problems.items()):
        numbers.setdefault(why, []).append(number)
    lines = []
    for why, which in numbers.items():
        names = ", ".join(spectra.name(i) for i in which[:4])
        more = f" and {len(which) - 4} more" if len(which) > 4 else ""
        lines.append(f"{names}{more}: {why}")
    return lines


def new_problems(
    problems: Mapping[int, str], before: Mapping[int, str], spectra: Spectra
) -> tuple[str, ...]:
    """What a step warns of: the spectra that it could not use itself, some lines of them."""
    if spectra.growing:  # what is waited for is no doubt
        return ()
    own = {number: why for number, why in problems.items() if number not in before}
    return tuple(problem_lines(own, spectra)[:4])


def check_usable(problems: Mapping[int, str], spectra: Spectra) -> None:
    """Raise `InputError` when no spectrum is left; not while they are still measured."""
    if len(problems) >= len(spectra) and not spectra.growing:
        lines = problem_lines(problems, spectra)
        more = f" ({len(lines) - 1} other reasons.)" if len(lines) > 1 else ""
        raise InputError(lines[0] + more)


def extents(mu: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """From where to where each spectrum has values, and whether it has them all in between.

    Returns
    -------
    limits, whole:
        (spectra, 2) first and one past the last; (spectra,).
    """
    limits = np.empty((len(mu), 2), dtype=np.intp)
    limits[:] = 0, mu.shape[1]
    whole = np.isfinite(mu.sum(axis=1))
    for number in np.flatnonzero(~whole):
        finite = np.flatnonzero(np.isfinite(mu[number]))
        if len(finite):
            limits[number] = finite[0], finite[-1] + 1
            whole[number] = len(finite) == finite[-1] + 1 - finite[0]
        else:
            limits[number] = 0
    return limits, whole


def groups(*keys: NDArray[Any]) -> list[tuple[tuple[Any, ...], NDArray[np.intp]]]:
    """Numbers of the spectra that agree in all of their keys, with those keys."""
    table = np.column_stack(keys)
    values, inverse = np.unique(table, axis=0, return_inverse=True)
    inverse = inverse.ravel()
    order = np.argsort(inverse, kind="stable")
    ends = np.cumsum(np.bincount(inverse, minlength=len(values)))
    return [
        (tuple(value), members)
        for value, members in zip(values, np.split(order, ends[:-1]), strict=True)
    ]
