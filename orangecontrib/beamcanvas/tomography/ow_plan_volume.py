"""Divide a volume into chunks that many workers make."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .plan_preview import PlanPreview


class OWPlanVolume(TaskWidget, task="beamcanvas.tomography.plan_volume"):
    name = "Plan volume"
    description = "Divide a volume into chunks that many workers make."
    icon = "icons/plan_volume.svg"
    priority = 70
    keywords = ("chunks", "cluster", "distributed")
    previews = {"plan": PlanPreview}  # noqa: RUF012
