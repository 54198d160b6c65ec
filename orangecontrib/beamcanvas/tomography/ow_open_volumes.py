"""Open several volumes."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .volumes_preview import VolumesPreview


class OWOpenVolumes(TaskWidget, task="beamcanvas.tomography.open_volumes"):
    name = "Select volumes"
    description = "Open several volumes."
    icon = "icons/open_volumes.svg"
    priority = 81
    keywords = ("list", "hdf5", "tiff")
    previews = {"volumes": VolumesPreview}  # noqa: RUF012
