"""Principal components and non-negative factors of a series or a map."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..reducing.normalised import Normalised
from ..spectra import Array
from .combination import CurveOf


@dataclass(frozen=True, eq=False)
class Components:
    """Curves of which all spectra are sums, and their shares."""

    normalised: Normalised
    energy: Array  #: (points,) eV
    mean: Array  #: (points,) taken off before (PCA); zero for NMF
    curves: Array  #: (components, points)
    scores: Array  #: (spectra, components); NaN where there is a problem
    variance: Array  #: (all,) share of the variance that each component explains
    indicator: Array  #: (all,) Malinowski's IND, lowest at the number of components to keep
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def suggested(self) -> int:
        """The number of components that stand out of the noise, by Malinowski's indicator."""
        return int(np.argmin(self.indicator)) + 1 if len(self.indicator) else len(self.curves)

    @property
    def table(self) -> list[dict[str, str]]:
        """Each component: what it explains."""
        total = np.cumsum(self.variance)
        return [
            {
                "component": str(i + 1),
                "explains": f"{100 * share:.4f} %",
                "with those before": f"{100 * total[i]:.4f} %",
                "IND": f"{self.indicator[i]:.3g}" if i < len(self.indicator) else "–",
            }
            for i, share in enumerate(self.variance[:30])
        ]

    @property
    def summary(self) -> str:
        share = 100 * self.variance[: len(self.curves)].sum()
        words = f"{len(self.curves)} components explain {share:.2f} %"
        return f"{words}, {self.suggested} stand out of the noise"

    def nxdata(self) -> NXData:
        number = Axis(name="component", values=np.arange(1, len(self.curves) + 1))
        return NXData(
            signal=self.curves,
            name="component",
            label="Component",
            axes=(number, Axis(name="energy", values=self.energy, unit="eV", label="Energy")),
        )


@task(title="Components", output="components", requires="spectroscopy")
def find_components(
    normalised: Normalised,
    *,
    method: Annotated[
        Literal["pca", "nmf"],
        Param(words={"pca": "principal components", "nmf": "non-negative factors"}),
    ] = "pca",
    number: Annotated[int, Param(ge=1, le=50, label="Components")] = 4,
    curve: CurveOf = "norm",
    e_min: Annotated[
        float | None, Param(unit="eV", label="From", auto="E0 − 20 eV", group="Energies")
    ] = None,
    e_max: Annotated[
        float | None, Param(unit="eV", label="to", auto="E0 + 60 eV", group="Energies")
    ] = None,
    progress: Progress = SILENT,
) -> Components:
    """Find how many different spectra there are in a series, and what they look like.

    Malinowski's indicator (Anal. Chem. 49 (1977) 612) says how many components stand out of
    the noise.

    Parameters
    ----------
    normalised:
        A series or a map.
    method:
        Principal components may be negative and stand at right angles; non-negative factors
        look more like spectra.
    number:
        How many to keep.
    curve:
        What is taken apart.
    e_min:
        Beginning of the range.
    e_max:
        End of the range.

    Raises
    ------
    InputError
        When there are fewer spectra, or points, than components.
    """
    e0 = float(np.nanmedian(normalised.e0))
    low = e0 - 20 if e_min is None else e_min
    high = e0 + 60 if e_max is None else e_max
    inside = (normalised.energy >= low) & (normalised.energy <= high)
    data = getattr(normalised, curve)()[:, inside]
    usable = np.isfinite(data).all(axis=1)
    values = data[usable]
    if min(values.shape) < number:
        raise InputError(
            f"{number} components need as many spectra and points: there are "
            f"{values.shape[0]} spectra with {values.shape[1]} points."
        )
    progress(None, "Looking for components")
    mean = values.mean(axis=0)
    left, singular, right = np.linalg.svd(values - mean, full_matrices=False)
    eigenvalues = singular**2
    if method == "nmf":
        mean, curves, scores = _nmf(values, number)
    else:
        curves, scores = right[:number], left[:, :number] * singular[:number]
        turn = np.sign(scores.sum(axis=0))
        turn[turn == 0] = 1
        curves, scores = curves * turn[:, np.newaxis], scores * turn
    every = np.full((len(data), number), np.nan)
    every[usable] = scores
    return Components(
        normalised=normalised,
        energy=normalised.energy[inside],
        mean=mean,
        curves=curves,
        scores=every,
        variance=eigenvalues / max(eigenvalues.sum(), 1e-300),
        indicator=_indicator(eigenvalues, values.shape),
        settings={"method": method, "number": number, "curve": curve, "e_min": low, "e_max": high},
    )


def _nmf(values: Array, number: int) -> tuple[Array, Array, Array]:
    from sklearn.decomposition import NMF

    model = NMF(number, init="nndsvda", max_iter=1000, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could go on to improve a little
        scores = model.fit_transform(np.maximum(values, 0))
    return np.zeros(values.shape[1]), np.asarray(model.components_), np.asarray(scores)


def _indicator(eigenvalues: Array, shape: tuple[int, ...]) -> Array:
    """Malinowski's factor indicator function of the number of components kept."""
    most, least = max(shape), min(shape)
    # taking off the mean leaves one direction less
    kept = np.arange(1, min(least - 1, len(eigenvalues)))
    rest = np.array([eigenvalues[n:].sum() for n in kept])
    return np.asarray(np.sqrt(rest / (most * (least - kept))) / (least - kept) ** 2)
