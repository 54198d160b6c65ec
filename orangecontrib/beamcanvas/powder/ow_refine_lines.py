"""Wavelength and zero from the lines of a known powder."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWRefineLines(TaskWidget, task="beamcanvas.powder.refine_lines"):
    name = "Refine lines"
    description = "Fit the lines of a known powder; find wavelength and zero."
    icon = "icons/refine_lines.svg"
    priority = 95
    keywords = ("LaB6", "wavelength", "zero", "peaks", "calibrate", "pseudo-Voigt")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["refinement"]
        area.show_outputs({"Report": found.report, "Residuals": found}, {"Report": TablePreview})
