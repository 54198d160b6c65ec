"""Say how the flats are used, and look at the projections."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFlatField(TaskWidget, task="beamcanvas.tomography.flat_field"):
    name = "Flat field"
    description = "Say how the flats are used, and look at the projections."
    icon = "icons/flat_field.svg"
    priority = 32
    keywords = ("normalise", "interpolation", "machine current", "transmission")
