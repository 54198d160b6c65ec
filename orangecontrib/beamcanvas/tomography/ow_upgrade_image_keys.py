"""Make all frames of one kind another."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWUpgradeImageKeys(TaskWidget, task="beamcanvas.tomography.upgrade_image_keys"):
    name = "Upgrade image keys"
    description = "Make all frames of one kind another."
    icon = "icons/upgrade_image_keys.svg"
    priority = 26
    keywords = ("dark", "flat", "invalid", "frames")
