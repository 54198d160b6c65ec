"""Read a calibrated goniometer."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget


class OWOpenGoniometer(TaskWidget, task="beamcanvas.powder.open_goniometer"):
    name = "Open goniometer"
    description = "Read a goniometer that was calibrated before, here or with pyFAI."
    icon = "icons/open_goniometer.svg"
    priority = 65
    keywords = ("goniometer", "arm", "json", "pyFAI", "parametrization")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        report = {"Goniometer": outputs["goniometer"].report}
        area.show_outputs(report, {"Goniometer": TablePreview})
