"""Make several pixels one."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWBinPixels(TaskWidget, task="beamcanvas.tomography.bin_pixels"):
    name = "Bin pixels"
    description = "Make several pixels one."
    icon = "icons/bin_pixels.svg"
    priority = 46
    keywords = ("binning", "rebin", "smaller", "faster")
