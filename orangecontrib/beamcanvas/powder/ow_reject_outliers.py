"""Integrate an image without spots and hot pixels."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWRejectOutliers(TaskWidget, task="beamcanvas.powder.integrate_without_outliers"):
    name = "Reject outliers"
    description = "Integrate an image without single-crystal spots, zingers and hot pixels."
    icon = "icons/reject_outliers.svg"
    priority = 74
    keywords = ("sigma clip", "median", "spots", "zingers", "robust", "integrate")
