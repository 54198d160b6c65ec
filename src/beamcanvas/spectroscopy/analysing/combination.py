"""Linear combination fits: how much of each standard is in a spectrum."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..reading.tidy import onto
from ..reducing.normalised import Normalised
from ..spectra import Array, Spectra, new_problems, problem_words
from .weights import Shifts, Weights

Curve = Literal["norm", "flat", "derivative"]
CurveOf = Annotated[Curve, Param(label="Fit of", words={"norm": "normalised", "flat": "flattened"})]


@dataclass(frozen=True, eq=False)
class Combination:
    """Weights of standards in each spectrum."""

    normalised: Normalised
    energy: Array  #: (points,) that were fitted, eV
    standards: tuple[str, ...]
    curves: Array  #: (standards, points)
    weights: Array  #: (spectra, standards); NaN where there is a problem
    errors: Array  #: their standard deviations
    r_factor: Array  #: (spectra,) sum of squares that is left, of the whole
    of_standards: Normalised
    shifts: Array | None = None  #: (spectra,) by which each lies above the standards, eV
    shift_errors: Array | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def spectra(self) -> Spectra:
        return self.normalised.spectra

    def data(self, number: int) -> Array:
        """What was fitted of one spectrum, (points,)."""
        return _curve(self.normalised, self.settings["curve"], number, self.energy)

    def fit(self, number: int) -> Array:
        """The combination that fits it, (points,)."""
        return np.asarray(self.weights[number] @ self.curves_of(number))

    def curves_of(self, number: int) -> Array:
        """The standards at the energies of one spectrum, (standards, points)."""
        if self.shifts is None:
            return self.curves
        energy = self.energy - self.shifts[number]
        return _curves(self.of_standards, self.settings["curve"], energy)

    def around(self, number: int) -> tuple[Array, Array]:
        """Energies and values of one spectrum, half as far again on both sides of the fit."""
        energy = self.normalised.energy
        more = 0.5 * (self.energy[-1] - self.energy[0])
        wide = (energy >= self.energy[0] - more) & (energy <= self.energy[-1] + more)
        return energy[wide], _curve(self.normalised, self.settings["curve"], number, energy[wide])

    @property
    def table(self) -> list[dict[str, str]]:
        """Weights of each spectrum in words."""
        return [
            {
                "spectrum": self.spectra.name(i),
                **{
                    name: f"{w:.4f} ± {e:.4f}"
                    for name, w, e in zip(
                        self.standards, self.weights[i], self.errors[i], strict=True
                    )
                },
                **(
                    {}
                    if self.shifts is None or self.shift_errors is None
                    else {"shift (eV)": f"{self.shifts[i]:.3f} ± {self.shift_errors[i]:.3f}"}
                ),
                "R factor": f"{self.r_factor[i]:.3g}",
            }
            for i in range(min(len(self.spectra), 500))
        ]

    @property
    def summary(self) -> str:
        good = [i for i in range(len(self.weights)) if i not in self.problems]
        if len(good) == 1:
            parts = zip(self.standards, self.weights[good[0]], strict=True)
            return ", ".join(f"{name} {100 * w:.1f} %" for name, w in parts)
        middle = np.nanmedian(self.r_factor)
        words = f"{len(self.weights)} fits of {len(self.standards)} standards, R {middle:.2g}"
        return words + problem_words(self.problems)

    def nxdata(self) -> NXData:
        """Weights: of a map, one picture a standard."""
        spectra = self.spectra
        number = Axis(name="standard", values=np.arange(len(self.standards)), label="Standard")
        if len(spectra.shape) == 2:
            weights = self.weights.T.reshape(-1, *spectra.shape)
            return NXData(
                signal=weights,
                name="weight",
                label="Weight",
                axes=(number, Axis(name="row", label="Row"), Axis(name="column", label="Column")),
                mask=~np.isfinite(weights),
                title=", ".join(self.standards),
                pixels=True,
            )
        return NXData(
            signal=self.weights,
            name="weight",
            label="Weight",
            axes=(Axis(name="spectrum", label="Spectrum"), number),
            title=", ".join(self.standards),
        )


@task(title="Linear combination fit", output="combination", requires="spectroscopy")
def fit_combination(
    normalised: Normalised,
    standards: Normalised,
    *,
    curve: CurveOf = "norm",
    e_min: Annotated[
        float | None, Param(unit="eV", label="From", auto="E0 − 20 eV", group="Energies")
    ] = None,
    e_max: Annotated[
        float | None, Param(unit="eV", label="to", auto="E0 + 60 eV", group="Energies")
    ] = None,
    sum_to_one: Annotated[bool, Param(label="Weights add up to 1", group="Weights")] = True,
    positive: Annotated[bool, Param(label="Weights are not negative", group="Weights")] = True,
    at_most: Annotated[
        int | None, Param(ge=1, label="Standards in a fit", auto="all", group="Weights")
    ] = None,
    shift: Annotated[
        float | None,
        Param(gt=0, le=20, unit="eV", label="Shift up to", auto="none", group="Energies"),
    ] = None,
    progress: Progress = SILENT,
) -> Combination:
    """Find the weights with which standards add up to each spectrum.

    All spectra at once, by linear least squares. With a number of standards in a fit, all
    combinations of so many or fewer are tried and the one with the lowest reduced χ² is kept.

    Parameters
    ----------
    normalised:
        Spectra to be fitted.
    standards:
        Spectra of what may be in them, normalised in the same way.
    curve:
        What is fitted.
    e_min:
        Beginning of the range.
    e_max:
        End of the range.
    sum_to_one:
        Nothing else is in the sample.
    positive:
        Allow no negative weights.
    at_most:
        Standards in a fit, at most.
    shift:
        Let the energy of each spectrum be off by as much, up or down: it is fitted too.

    Raises
    ------
    InputError
        When a standard can't be used, the range has too few points, or there are too many
        combinations.
    """
    bad = [standards.spectra.name(i) for i in standards.problems]
    if bad:
        raise InputError(f"These standards have no edge: {', '.join(bad[:6])}.")
    energy = normalised.energy
    e0 = float(np.nanmedian(normalised.e0))
    low = e0 - 20 if e_min is None else e_min
    high = e0 + 60 if e_max is None else e_max
    inside = (energy >= low) & (energy <= high)
    count = len(standards)
    if inside.sum() <= count:
        raise InputError(
            f"From {low:.1f} to {high:.1f} eV there are {int(inside.sum())} points for "
            f"{count} standards: too few."
        )
    energy = energy[inside]
    ends = energy[[0, -1]] + np.array([-1, 1]) * (shift or 0.0)
    for number in range(count):
        if not np.isfinite(_curve(standards, curve, number, np.r_[ends[0], energy, ends[1]])).all():
            raise InputError(
                f"The standard {standards.spectra.name(number)} does not reach over "
                f"{ends[0]:.1f}–{ends[1]:.1f} eV."
            )

    shapes = _curves(standards, curve, energy)
    splines = _splines(standards, curve) if shift is not None else []
    data = getattr(normalised, curve)()[:, inside]
    problems = dict(normalised.problems)
    usable = np.isfinite(data).all(axis=1)
    for number in map(int, np.flatnonzero(~usable)):
        problems.setdefault(number, "it does not reach over the range of the fit.")
    progress(None, "Fitting")
    weights = np.full((len(data), count), np.nan)
    errors, squares = weights.copy(), np.full(len(data), np.nan)
    shifts, shift_errors, sums = np.full((3, len(data)), np.nan)
    subsets = _subsets(count, at_most)
    for number, subset in enumerate(subsets):
        progress(number / len(subsets), "Fitting")
        found: Weights | Shifts
        if shift is None:
            found = Weights(shapes[subset], sum_to_one, positive)(data[usable])
        else:
            some = partial(_shifted, [splines[i] for i in subset], energy)
            found = Shifts(some, shift, sum_to_one, positive)(data[usable])
        points = len(energy) - len(subset) + sum_to_one - (shift is not None)
        reduced = found.squares / max(points, 1)
        old = squares[usable]
        better = ~(old <= reduced)
        rows = np.flatnonzero(usable)[better]
        squares[rows] = reduced[better]
        weights[rows], errors[rows] = 0, 0
        weights[np.ix_(rows, subset)] = found.weights[better]
        errors[np.ix_(rows, subset)] = found.errors[better]
        if isinstance(found, Shifts):
            shifts[rows], shift_errors[rows] = found.shifts[better], found.shift_errors[better]
        sums[rows] = found.squares[better]
    with np.errstate(invalid="ignore"):
        r_factor = sums / (data**2).sum(axis=1)
    return Combination(
        normalised=normalised,
        energy=energy,
        standards=tuple(standards.spectra.name(i) for i in range(count)),
        curves=shapes,
        weights=weights,
        errors=errors,
        r_factor=r_factor,
        of_standards=standards,
        shifts=None if shift is None else shifts,
        shift_errors=None if shift is None else shift_errors,
        settings={
            "curve": curve,
            "e_min": low,
            "e_max": high,
            "sum_to_one": sum_to_one,
            "positive": positive,
            "at_most": at_most,
            "shift": shift,
        },
        problems=problems,
        warnings=new_problems(problems, normalised.problems, normalised.spectra),
    )


#: more combinations than these are not tried
_MOST = 20_000


def _subsets(count: int, at_most: int | None) -> list[list[int]]:
    if at_most is None or at_most >= count:
        return [list(range(count))]
    found = [
        list(subset)
        for size in range(1, at_most + 1)
        for subset in combinations(range(count), size)
    ]
    if len(found) > _MOST:
        raise InputError(f"{count} standards have {len(found)} combinations: allow fewer in a fit.")
    return found


def _curves(standards: Normalised, curve: str, energy: Array) -> Array:
    return np.array([_curve(standards, curve, i, energy) for i in range(len(standards))])


def _splines(standards: Normalised, curve: str) -> list[Callable[[Array], Array]]:
    from scipy.interpolate import CubicSpline

    values = getattr(standards, curve)()
    good = [np.isfinite(row) for row in values]
    return [CubicSpline(standards.energy[g], row[g]) for g, row in zip(good, values, strict=True)]


def _shifted(splines: list[Callable[[Array], Array]], energy: Array, shift: float) -> Array:
    return np.array([spline(energy - shift) for spline in splines])


def _curve(normalised: Normalised, curve: str, number: int, energy: Array) -> Array:
    """A curve of one spectrum on other energies."""
    values: Array = getattr(normalised, curve)(number)[0]
    own = normalised.energy
    if len(own) >= len(energy) and np.isin(energy, own).all():
        return values[np.isin(own, energy)]
    good = np.isfinite(values)
    return onto(energy, own[good], values[good])
