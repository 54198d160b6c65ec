"""A whole reduction on one page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...task import task
from ..spectra import Spectra
from .noise import Noise
from .transforms import FourierTransform

MOST = 500  #: spectra in the table


@dataclass(frozen=True, eq=False)
class Overview:
    """Normalised spectra, chi(k), |chi(R)| and noise of the same measurement."""

    fourier: FourierTransform
    noise: Noise | None

    @property
    def spectra(self) -> Spectra:
        return self.fourier.spectra

    @property
    def growing(self) -> bool:
        return self.spectra.growing

    @property
    def problems(self) -> dict[int, str]:
        return dict(self.fourier.problems)

    @property
    def table(self) -> list[dict[str, str]]:
        """E0, edge step, noise and the highest peak of each spectrum."""
        normalised, exafs, noise = self.fourier.normalised, self.fourier.exafs, self.noise
        rows = []
        for i in range(min(len(self.spectra), MOST)):
            peak = self.fourier.peak(i) if np.isfinite(self.fourier.chi[i, 0]) else None
            rows.append(
                {
                    "spectrum": self.spectra.name(i),
                    "E0 (eV)": _number(normalised.e0[i], ".2f"),
                    "edge step": _number(normalised.edge_step[i], ".4g"),
                    "k max (Å⁻¹)": _number(exafs.kmax[i], ".2f"),
                    "peak R (Å)": "–" if peak is None else f"{peak[0]:.3f}",
                    "noise / step": "–" if noise is None else _number(noise.normalised[i], ".2g"),
                    "status": self.problems.get(i, "growing" if self.growing else "good"),
                }
            )
        return rows

    @property
    def summary(self) -> str:
        words = self.fourier.normalised.summary.partition(", ")[2] or self.fourier.summary
        if self.noise is not None and np.isfinite(self.noise.normalised).any():
            words += f", {self.noise.summary}"
        return f"overview: {words}"


@task(title="Overview", output="overview", requires="spectroscopy")
def overview(fourier: FourierTransform, noise: Noise | None = None) -> Overview:
    """Put a reduction on one page: spectra, chi(k), |chi(R)|, noise, and a table.

    Parameters
    ----------
    fourier:
        chi(R), with all that it came from.
    noise:
        Its noise, where it was estimated.
    """
    return Overview(fourier, noise)


def _number(value: float, form: str) -> str:
    return f"{value:{form}}" if np.isfinite(value) else "–"
