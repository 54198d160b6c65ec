"""Compare frames taken at the same angle at different times."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSampleMoved(TaskWidget, task="beamcanvas.tomography.check_sample_moved"):
    name = "Sample moved?"
    description = "Compare frames taken at the same angle at different times."
    icon = "icons/sample_moved.svg"
    priority = 51
    keywords = ("drift", "motion", "return", "alignment")
