"""Keep some of the spectra, by name or number."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWChooseSpectra(TaskWidget, task="beamcanvas.spectroscopy.choose_spectra"):
    name = "Choose spectra"
    description = "Keep some of the spectra, by name or number."
    icon = "icons/choose_spectra.svg"
    priority = 14
    keywords = ("select", "groups")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
