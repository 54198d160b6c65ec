"""Correct an image by the flat field at its energy."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFlatField(TaskWidget, task="beamcanvas.powder.apply_flat_field"):
    name = "Flat field by energy"
    description = "Correct an image by the flat field at its energy."
    icon = "icons/flat_field.svg"
    priority = 44
    keywords = ("flat", "gain", "energy", "efficiency", "correction")
