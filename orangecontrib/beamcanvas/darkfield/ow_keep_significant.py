"""Keep what stands out of each pixel's own noise."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWKeepSignificant(TaskWidget, task="beamcanvas.darkfield.keep_significant"):
    name = "Signal to noise"
    description = "Keep what stands out of each pixel's own noise."
    icon = "icons/keep_significant.svg"
    priority = 30
    keywords = ("snr", "threshold", "noise", "hysteresis")
