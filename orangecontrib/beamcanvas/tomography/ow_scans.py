"""Do with many scans what was decided of one."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .slice_stack_preview import SliceStackPreview
from .volumes_preview import VolumesPreview


class OWScans(TaskWidget, task="beamcanvas.tomography.reconstruct_scans"):
    name = "Reconstruct scans"
    description = "Do with many scans what was decided of one."
    icon = "icons/scans.svg"
    priority = 67
    keywords = ("series", "batch", "many", "stack")
    previews = {"slices": SliceStackPreview, "volumes": VolumesPreview}  # noqa: RUF012
