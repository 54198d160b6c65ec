"""Integrate images of a detector at several positions into one pattern."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWIntegrateMoving(TaskWidget, task="beamcanvas.powder.integrate_moving"):
    name = "Integrate moving detector"
    description = "Integrate images of a detector at several positions into one pattern."
    icon = "icons/integrate_moving.svg"
    priority = 76
    keywords = ("goniometer", "multi geometry", "arm", "pattern", "merge")
