"""Refine a geometry that is nearly right."""

from __future__ import annotations

from .calibrating import CalibratingWidget


class OWRefine(CalibratingWidget, task="beamcanvas.powder.refine_geometry"):
    name = "Refine geometry"
    description = "Refine a geometry that is nearly right on the rings of a calibrant."
    icon = "icons/refine_geometry.svg"
    priority = 60
    keywords = ("calibrate", "geometry", "poni", "rings", "pyFAI")
