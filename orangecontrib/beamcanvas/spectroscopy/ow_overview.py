"""Spectra, chi(k), |chi(R)| and a table on one page."""

from __future__ import annotations

from AnyQt.QtCore import QSize

from beamcanvas.canvas.widget import TaskWidget

from .overview_preview import OverviewPreview


class OWOverview(TaskWidget, task="beamcanvas.spectroscopy.overview"):
    name = "Overview"
    description = "Spectra, chi(k), |chi(R)| and a table on one page."
    icon = "icons/overview.svg"
    priority = 58
    keywords = ("panel", "summary", "live", "table")
    previews = {"overview": OverviewPreview}  # noqa: RUF012

    def sizeHint(self) -> QSize:
        """Four plots want the whole of a small screen."""
        return QSize(1280, 700)
