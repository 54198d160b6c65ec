"""Take the mean of repeated measurements."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWMergeSpectra(TaskWidget, task="beamcanvas.spectroscopy.merge_spectra"):
    name = "Merge"
    description = "Take the mean of repeated measurements."
    icon = "icons/merge_spectra.svg"
    priority = 22
    keywords = ("average", "repeats", "sum")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
