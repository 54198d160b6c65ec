"""Move repeats so that their edges agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.widget import TaskWidget

from .range_plot import curve
from .spectra_preview import SpectraPreview


class ShiftsPreview(CurvePreview):
    """By how much each spectrum was moved."""

    def show_value(self, value: Any) -> None:
        spectra = ("Spectrum", "")
        drawn = curve(np.arange(len(value)), value, "Shift", spectra, unit="eV")
        self.show_curves([("Shift", drawn)])


class OWAlignSpectra(TaskWidget, task="beamcanvas.spectroscopy.align_spectra"):
    name = "Align"
    description = "Move repeats so that their edges agree."
    icon = "icons/align_spectra.svg"
    priority = 20
    keywords = ("shift", "energy", "reference")
    previews = {"spectra": SpectraPreview, "shifts": ShiftsPreview}  # noqa: RUF012
