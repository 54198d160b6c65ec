"""Integrate a scan in which the detector moves into one pattern."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWIntegrateMovingScan(TaskWidget, task="beamcanvas.powder.integrate_moving_scan"):
    name = "Integrate moving scan"
    description = "Integrate all frames of a scan, in which the detector moves, into one pattern."
    icon = "icons/integrate_moving_scan.svg"
    priority = 86
    keywords = ("goniometer", "multi geometry", "arm", "bliss", "motor", "merge")
