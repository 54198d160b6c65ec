"""Say what some frames of a scan are."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWEditImageKeys(TaskWidget, task="beamcanvas.tomography.edit_image_keys"):
    name = "Edit image keys"
    description = "Say what some frames of a scan are."
    icon = "icons/edit_image_keys.svg"
    priority = 25
    keywords = ("dark", "flat", "projection", "invalid", "frames")
