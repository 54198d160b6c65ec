"""The widget of the task *Normalise*."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWNormalise(TaskWidget, task="beamline_sample.scan.normalise"):
    name = "Normalise"
    description = "Take the changes of the beam out of a scan"
    icon = "icons/normalise.svg"
    keywords = ("monitor", "I0")
    priority = 10
