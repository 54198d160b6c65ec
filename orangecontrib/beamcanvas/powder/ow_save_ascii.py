"""Save a pattern as text."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSaveAscii(TaskWidget, task="beamcanvas.powder.save_ascii"):
    name = "Save as text"
    description = "Write a pattern as columns: .xye, .xy, .dat, .fxye, .chi."
    icon = "icons/save_ascii.svg"
    priority = 90
    keywords = ("xye", "xy", "dat", "fxye", "chi", "GSAS", "ascii", "columns", "Rietveld", "export")
