"""One number of each spectrum: a map, or its course along a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import Param, task
from ..reducing.normalised import Normalised
from ..reducing.transforms import FourierTransform
from ..spectra import Array
from .combination import Combination

Quantity = Literal[
    "e0", "edge_step", "white_line", "white_line_energy", "level", "centroid",
    "peak_r", "peak_height", "weight", "r_factor", "shift",
]  # fmt: skip

#: words, unit, and what it is computed of
_WORDS: dict[str, tuple[str, str]] = {
    "e0": ("E0", "eV"),
    "edge_step": ("Edge step", ""),
    "white_line": ("Height of the white line", ""),
    "white_line_energy": ("Energy of the white line", "eV"),
    "level": ("Mean of the normalised absorption", ""),
    "centroid": ("Centroid", "eV"),
    "peak_r": ("R of the highest peak", "Å"),
    "peak_height": ("Height of the peak in R", ""),
    "weight": ("Weight", ""),
    "r_factor": ("R factor", ""),
    "shift": ("Shift of the energy", "eV"),
}


@dataclass(frozen=True, eq=False)
class ScalarMap:
    """A number of each spectrum, with the spectra that it is of."""

    values: Array  #: (spectra,)
    label: str
    unit: str
    normalised: Normalised

    @property
    def shape(self) -> tuple[int, ...]:
        return self.normalised.spectra.shape or (1,)

    @property
    def summary(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        good = self.values[np.isfinite(self.values)]
        if not len(good):
            return f"{self.label}: none"
        if len(self.values) == 1:
            return f"{self.label} {good[0]:.6g}{unit}"
        return f"{self.label} {good.min():.6g} to {good.max():.6g}{unit}"

    def nxdata(self) -> NXData:
        values = self.values.reshape(self.shape)
        names = ("row", "column") if values.ndim == 2 else ("spectrum",)
        return NXData(
            signal=values,
            name="value",
            label=self.label,
            unit=self.unit,
            axes=tuple(Axis(name=n, label=n.capitalize()) for n in names),
            mask=~np.isfinite(values) if values.ndim == 2 else None,
            title=self.label,
            pixels=values.ndim == 2,
        )


@task(title="Map of a number", output="map", requires="spectroscopy")
def map_number(
    data: Normalised | FourierTransform | Combination,
    *,
    quantity: Annotated[
        Quantity, Param(words={n: w for n, (w, _) in _WORDS.items()})
    ] = "edge_step",
    low: Annotated[float | None, Param(label="From", auto="by the quantity", group="Range")] = None,
    high: Annotated[float | None, Param(label="to", auto="by the quantity", group="Range")] = None,
    standard: Annotated[int, Param(ge=0, label="Standard", more=True)] = 0,
) -> ScalarMap:
    """Compute one number of each spectrum.

    Parameters
    ----------
    data:
        Normalised spectra, or what was computed from them.
    quantity:
        Which number. White line, level and centroid are those of the normalised absorption;
        peaks in R need a Fourier transform; weights and shifts a linear combination fit.
    low:
        Beginning of the range in which it is looked for: eV from E0, or Å.
    high:
        End of that range.
    standard:
        Number of the standard whose weight is meant, from 0.

    Raises
    ------
    InputError
        When the data don't have that number, or the range is empty.
    """
    normalised = data if isinstance(data, Normalised) else data.normalised
    label, unit = _WORDS[quantity]
    if quantity == "e0":
        values = normalised.e0
    elif quantity == "edge_step":
        values = normalised.edge_step
    elif quantity in ("weight", "r_factor", "shift"):
        if not isinstance(data, Combination):
            raise InputError(f"{label}: connect a linear combination fit.")
        values, of = _of_fit(data, quantity, standard)
        label += of
    elif quantity in ("peak_r", "peak_height"):
        if not isinstance(data, FourierTransform):
            raise InputError(f"{label}: connect a Fourier transform.")
        values = _peak(data, quantity, 1.0 if low is None else low, 6.0 if high is None else high)
    else:
        values = _of_edge(normalised, quantity, low, high)
    return ScalarMap(np.asarray(values, dtype=float), label, unit, normalised)


def _of_fit(data: Combination, quantity: str, standard: int) -> tuple[Array, str]:
    """A number of a fit, and what the label says besides."""
    if quantity == "r_factor":
        return data.r_factor, ""
    if quantity == "shift":
        if data.shifts is None:
            raise InputError("Shift of the energy: the fit was made without one.")
        return data.shifts, ""
    if standard >= len(data.standards):
        raise InputError(f"There is no standard {standard}: there are {len(data.standards)}.")
    return data.weights[:, standard], f" of {data.standards[standard]}"


def _peak(fourier: FourierTransform, quantity: str, low: float, high: float) -> Array:
    inside = np.flatnonzero((fourier.r >= low) & (fourier.r <= high))
    if len(inside) < 3:
        raise InputError(f"The range in R is empty: from {low:g} to {high:g} Å.")
    part = np.nan_to_num(fourier.magnitude[:, inside], nan=-1)
    at = np.clip(part.argmax(axis=1), 1, len(inside) - 2)
    rows = np.arange(len(part))
    a, b, c = part[rows, at - 1], part[rows, at], part[rows, at + 1]
    bend = a - 2 * b + c
    shift = np.clip(np.where(bend == 0, 0, 0.5 * (a - c) / np.where(bend == 0, 1, bend)), -1, 1)
    r = fourier.r[inside][at] + shift * (fourier.r[1] - fourier.r[0])
    found = r if quantity == "peak_r" else b - 0.25 * (a - c) * shift
    return np.asarray(np.where(b < 0, np.nan, found))


def _of_edge(normalised: Normalised, quantity: str, low: float | None, high: float | None) -> Array:
    low = (-5.0 if quantity != "centroid" else -20.0) if low is None else low
    high = 50.0 if high is None else high
    offset = normalised.energy - normalised.e0[:, np.newaxis]
    inside = (offset >= low) & (offset <= high)
    if not inside.any():
        raise InputError(f"There is no point from E0 {low:+g} to {high:+g} eV.")
    values = np.where(inside & np.isfinite(offset), normalised.norm(), np.nan)
    none = ~np.isfinite(values).any(axis=1)
    values[none] = 0
    if quantity == "white_line":
        found = np.nanmax(values, axis=1)
    elif quantity == "white_line_energy":
        found = normalised.energy[np.nanargmax(values, axis=1)].astype(float)
    elif quantity == "level":
        found = np.nanmean(values, axis=1)
    else:
        weight = np.nan_to_num(values)
        total = weight.sum(axis=1)
        found = (weight * normalised.energy).sum(axis=1) / np.where(total == 0, np.nan, total)
    found[none] = np.nan
    return np.asarray(found)
