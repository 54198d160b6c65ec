"""Use only a part of each projection."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWRegion(TaskWidget, task="beamcanvas.tomography.select_region"):
    name = "Region of interest"
    description = "Use only a part of each projection."
    icon = "icons/region.svg"
    priority = 45
    keywords = ("ROI", "crop", "rows", "slices")
