"""Smooth each pixel's rocking curve."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWSmoothAlongMotors(TaskWidget, task="beamcanvas.darkfield.smooth_along_motors"):
    name = "Smooth along motors"
    description = "Smooth each pixel's rocking curve."
    icon = "icons/smooth_along_motors.svg"
    priority = 38
    keywords = ("gaussian", "filter", "blur")
