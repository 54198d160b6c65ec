"""Subtract one pattern from another."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSubtractPattern(TaskWidget, task="beamcanvas.powder.subtract_pattern"):
    name = "Pattern background"
    description = "Subtract one pattern from another."
    icon = "icons/subtract_pattern.svg"
    priority = 82
    keywords = ("background", "empty", "container", "difference")
