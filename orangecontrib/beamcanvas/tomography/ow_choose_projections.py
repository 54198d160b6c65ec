"""Use some of the projections: one in several, without bad ones."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWChooseProjections(TaskWidget, task="beamcanvas.tomography.choose_projections"):
    name = "Choose projections"
    description = "Use some of the projections: one in several, without bad ones."
    icon = "icons/choose_projections.svg"
    priority = 47
    keywords = ("subsampling", "exclude", "angles", "skip")
