"""Divide projections by their own average."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWDoubleFlat(TaskWidget, task="beamcanvas.tomography.double_flat_field"):
    name = "Double flat field"
    description = "Divide projections by their own average."
    icon = "icons/double_flat.svg"
    priority = 35
    keywords = ("rings", "average", "stripes")
