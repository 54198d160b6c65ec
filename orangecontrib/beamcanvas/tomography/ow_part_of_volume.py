"""Make one part of the chunks of a planned volume."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .plan_preview import PlanPreview


class OWPartOfVolume(TaskWidget, task="beamcanvas.tomography.reconstruct_part"):
    name = "Part of volume"
    description = "Make one part of the chunks of a planned volume."
    icon = "icons/part_of_volume.svg"
    priority = 71
    keywords = ("chunks", "cluster", "worker")
    previews = {"plan": PlanPreview}  # noqa: RUF012
