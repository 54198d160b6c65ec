"""Average blocks of pixels."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWBinPixels(TaskWidget, task="beamcanvas.darkfield.bin_pixels"):
    name = "Binning"
    description = "Average blocks of pixels."
    icon = "icons/bin_pixels.svg"
    priority = 22
    keywords = ("rebin", "smaller", "mean")
