"""What Fourier and wavelet transforms give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus import Axis, NXData
from ..kernels.fourier import Complex
from ..spectra import Array, Spectra, curves, problem_words
from .exafs import Exafs
from .normalised import Normalised


@dataclass(frozen=True, eq=False)
class FourierTransform:
    """chi(R)."""

    exafs: Exafs
    r: Array  #: (points,) Å, not corrected for the phase
    chi: Complex  #: (spectra, points), Å^-(n + 1) with the k weight n
    window: Array  #: (len(k),) of the first spectrum that could be transformed
    settings: Mapping[str, Any] = field(default_factory=dict)  #: as they were resolved
    problems: Mapping[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.chi)

    @property
    def spectra(self) -> Spectra:
        return self.exafs.spectra

    @property
    def normalised(self) -> Normalised:
        return self.exafs.normalised

    @property
    def kweight(self) -> float:
        return float(self.settings["kweight"])

    @property
    def magnitude(self) -> Array:
        """|chi(R)|, (spectra, points)."""
        return np.abs(self.chi)

    def peak(self, number: int = 0) -> tuple[float, float]:
        """Position, Å, and height of the highest maximum, by a parabola through three points."""
        magnitude = np.abs(self.chi[number])
        i = int(np.clip(np.nanargmax(magnitude), 1, len(magnitude) - 2))
        a, b, c = magnitude[i - 1 : i + 2]
        bend = a - 2 * b + c
        shift = 0.0 if bend == 0 else 0.5 * (a - c) / bend
        return float(self.r[i] + shift * (self.r[1] - self.r[0])), float(b - 0.25 * (a - c) * shift)

    @property
    def summary(self) -> str:
        what = "|χ(R)|" if not self.spectra.shape else f"|χ(R)| of {len(self)} spectra"
        good = np.flatnonzero(np.isfinite(self.chi[:, 0]))
        if not len(good):
            return f"{what}: {next(iter(self.problems.values()), 'none')}"
        r, height = self.peak(int(good[0]))
        return f"{what}, highest {height:.3g} at {r:.3f} Å{problem_words(self.problems)}"

    def nxdata(self) -> NXData:
        axis = Axis(name="r", values=self.r, unit="Å", label="R")
        return curves(self.spectra, self.magnitude, "chir_mag", "|χ(R)|", axis)


@dataclass(frozen=True, eq=False)
class BackTransform:
    """chi(q): what a range of R contributes to chi(k)."""

    fourier: FourierTransform
    q: Array  #: (points,) Å⁻¹
    chi: Complex  #: (spectra, points)
    window: Array  #: (len(r),)
    settings: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)

    @property
    def spectra(self) -> Spectra:
        return self.fourier.spectra

    @property
    def summary(self) -> str:
        low, high = self.settings["rmin"], self.settings["rmax"]
        return f"χ(q) of R {low:g}–{high:g} Å{problem_words(self.problems)}"

    def nxdata(self) -> NXData:
        axis = Axis(name="q", values=self.q, unit="Å⁻¹")
        return curves(self.spectra, self.chi.real, "chiq", "Re χ(q)", axis)


@dataclass(frozen=True, eq=False)
class WaveletTransform:
    """chi over k and R at once."""

    exafs: Exafs
    number: int  #: of the spectrum
    k: Array
    r: Array  #: Å
    values: NDArray[np.complex128]  #: (len(r), len(k))
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        name = self.exafs.spectra.name(self.number)
        row, column = np.unravel_index(np.abs(self.values).argmax(), self.values.shape)
        return (
            f"wavelet transform of {name}, highest at "
            f"k {self.k[column]:.2f} Å⁻¹, R {self.r[row]:.2f} Å"
        )

    def nxdata(self) -> NXData:
        return NXData(
            signal=np.abs(self.values),
            name="wavelet",
            label="|W(k, R)|",
            axes=(
                Axis(name="r", values=self.r, unit="Å", label="R"),
                Axis(name="k", values=self.k, unit="Å⁻¹"),
            ),
            title=self.exafs.spectra.name(self.number),
        )
