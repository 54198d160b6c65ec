"""Join volumes that overlap, along z or y."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .seams_preview import SeamsPreview


class OWStitchVolumes(TaskWidget, task="beamcanvas.tomography.stitch_volumes"):
    name = "Stitch volumes"
    description = "Join volumes that overlap, along z or y."
    icon = "icons/stitch_volumes.svg"
    priority = 83
    keywords = ("stitching", "overlap", "z-series", "merge")
    previews = {"seams": SeamsPreview}  # noqa: RUF012
