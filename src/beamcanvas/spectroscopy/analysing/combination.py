"""Linear combination fits: how much of each standard is in a spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..reading.tidy import onto
from ..reducing.normalised import Normalised
from ..spectra import Array, Spectra, new_problems, problem_words

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
        return np.asarray(self.weights[number] @ self.curves)

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
            rows, columns = spectra.shape
            return NXData(
                signal=self.weights.T.reshape(-1, rows, columns),
                name="weight",
                label="Weight",
                axes=(number, Axis(name="row", label="Row"), Axis(name="column", label="Column")),
                title=", ".join(self.standards),
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
    shapes = np.array([_curve(standards, curve, i, energy) for i in range(count)])
    for number, shape in enumerate(shapes):
        if not np.isfinite(shape).all():
            raise InputError(
                f"The standard {standards.spectra.name(number)} does not reach over "
                f"{energy[0]:.1f}–{energy[-1]:.1f} eV."
            )
    data = getattr(normalised, curve)()[:, inside]
    problems = dict(normalised.problems)
    usable = np.isfinite(data).all(axis=1)
    for number in map(int, np.flatnonzero(~usable)):
        problems.setdefault(number, "it does not reach over the range of the fit.")
    progress(None, "Fitting")
    weights = np.full((len(data), count), np.nan)
    errors, squares = weights.copy(), np.full(len(data), np.nan)
    subsets = _subsets(count, at_most)
    for number, subset in enumerate(subsets):
        progress(number / len(subsets), "Fitting")
        found = _Fit(shapes[subset], sum_to_one, positive)(data[usable])
        points = len(energy) - len(subset) + sum_to_one
        reduced = found.squares / max(points, 1)
        old = squares[usable]
        better = ~(old <= reduced)
        rows = np.flatnonzero(usable)[better]
        squares[rows] = reduced[better]
        weights[rows], errors[rows] = 0, 0
        weights[np.ix_(rows, subset)] = found.weights[better]
        errors[np.ix_(rows, subset)] = found.errors[better]
    left = data - weights @ shapes
    with np.errstate(invalid="ignore"):
        r_factor = (left**2).sum(axis=1) / (data**2).sum(axis=1)
    return Combination(
        normalised=normalised,
        energy=energy,
        standards=tuple(standards.spectra.name(i) for i in range(count)),
        curves=shapes,
        weights=weights,
        errors=errors,
        r_factor=r_factor,
        settings={
            "curve": curve,
            "e_min": low,
            "e_max": high,
            "sum_to_one": sum_to_one,
            "positive": positive,
            "at_most": at_most,
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


def _curve(normalised: Normalised, curve: str, number: int, energy: Array) -> Array:
    """A curve of one spectrum on other energies."""
    values: Array = getattr(normalised, curve)(number)[0]
    own = normalised.energy
    if len(own) >= len(energy) and np.isin(energy, own).all():
        return values[np.isin(own, energy)]
    good = np.isfinite(values)
    return onto(energy, own[good], values[good])


class _Fit:
    """Least squares with the weights' sum, or their sign, held."""

    def __init__(self, shapes: Array, sum_to_one: bool, positive: bool) -> None:
        self.shapes, self.sum_to_one, self.positive = shapes, sum_to_one, positive
        self.weights = self.errors = np.empty((0, 0))
        self.squares = np.empty(0)

    def __call__(self, data: Array) -> _Fit:
        shapes, count = self.shapes, len(self.shapes)
        # weights = first + free · space: all that add up to one
        if self.sum_to_one:
            first = np.full(count, 1 / count)
            space = np.linalg.svd(np.ones((1, count)))[2][1:]
        else:
            first, space = np.zeros(count), np.eye(count)
        basis = space @ shapes
        inverse = np.linalg.pinv(basis)
        self.weights = first + (data - first @ shapes) @ inverse @ space
        if self.positive:
            for row in np.flatnonzero((self.weights < 0).any(axis=1)):
                self.weights[row] = self._positive(data[row])
        left = data - self.weights @ shapes
        self.squares = np.einsum("ij,ij->i", left, left)
        free = max(data.shape[1] - len(basis), 1)
        covariance = np.einsum("ki,kl,lj->ij", space, inverse.T @ inverse, space)
        self.errors = np.sqrt(np.outer(self.squares / free, np.maximum(np.diag(covariance), 0)))
        return self

    def _positive(self, data: Array) -> Array:
        from scipy.optimize import nnls

        matrix, target = self.shapes.T, data
        if self.sum_to_one:  # as one point that weighs more than all others
            strong = 1e4 * np.abs(self.shapes).max()
            matrix = np.vstack([matrix, np.full(matrix.shape[1], strong)])
            target = np.append(target, strong)
        return np.asarray(nnls(matrix, target)[0])
