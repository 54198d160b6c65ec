"""A result with all that it came from, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..reducing.exafs import Exafs
from ..reducing.normalised import Normalised
from ..reducing.transforms import BackTransform, FourierTransform
from ..spectra import Spectra

Reduced = Spectra | Normalised | Exafs | FourierTransform | BackTransform


@dataclass(frozen=True)
class Steps:
    """What there is of each step; None where it was not reached."""

    spectra: Spectra
    normalised: Normalised | None = None
    exafs: Exafs | None = None
    fourier: FourierTransform | None = None
    back: BackTransform | None = None


def steps_of(data: Any) -> Steps:
    """The steps behind a result."""
    if isinstance(data, Spectra):
        return Steps(data)
    if isinstance(data, Normalised):
        return Steps(data.spectra, data)
    if isinstance(data, Exafs):
        return Steps(data.spectra, data.normalised, data)
    if isinstance(data, FourierTransform):
        return Steps(data.spectra, data.normalised, data.exafs, data)
    fourier = data.fourier
    return Steps(fourier.spectra, fourier.normalised, fourier.exafs, fourier, data)
