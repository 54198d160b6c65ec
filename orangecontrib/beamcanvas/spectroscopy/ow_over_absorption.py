"""Undo the damping of fluorescence by the sample itself."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWOverAbsorption(TaskWidget, task="beamcanvas.spectroscopy.correct_over_absorption"):
    name = "Correct over-absorption"
    description = "Undo the damping of fluorescence by the sample itself."
    icon = "icons/over_absorption.svg"
    priority = 32
    keywords = ("self-absorption", "fluorescence", "thick")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
