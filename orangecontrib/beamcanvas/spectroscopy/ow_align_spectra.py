"""Move repeats so that their edges agree."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWAlignSpectra(TaskWidget, task="beamcanvas.spectroscopy.align_spectra"):
    name = "Align"
    description = "Move repeats so that their edges agree."
    icon = "icons/align_spectra.svg"
    priority = 20
    keywords = ("shift", "energy", "reference")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
