"""Average the points of fast scans into steps."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWRebinSpectra(TaskWidget, task="beamcanvas.spectroscopy.rebin_spectra"):
    name = "Rebin"
    description = "Average the points of fast scans into steps."
    icon = "icons/rebin_spectra.svg"
    priority = 26
    keywords = ("QEXAFS", "bin", "grid")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
