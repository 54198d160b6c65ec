"""Add up the frames over some of the motors."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWProject(TaskWidget, task="beamcanvas.darkfield.project"):
    name = "Project"
    description = "Add up the frames over some of the motors."
    icon = "icons/project.svg"
    priority = 36
    keywords = ("projection", "sum", "dimension")
