"""Open a powder pattern."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenPattern(TaskWidget, task="beamcanvas.powder.open_pattern"):
    name = "Open pattern"
    description = "Read a pattern: .xye, .xy, .dat, .chi, .fxye, .gr or NeXus."
    icon = "icons/open_pattern.svg"
    priority = 15
    keywords = ("xye", "xy", "dat", "chi", "fxye", "GSAS", "FIT2D", "gr", "PDF", "NeXus")
