"""Show orientation as colours, beside their key."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWComputeMosaicity(TaskWidget, task="beamcanvas.darkfield.compute_mosaicity"):
    name = "Mosaicity"
    description = "Show orientation as colours, beside their key."
    icon = "icons/compute_mosaicity.svg"
    priority = 52
    keywords = ("orientation", "grain plot", "colour key", "odf")
