"""Show which distance contributes at which k."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWWaveletTransform(TaskWidget, task="beamcanvas.spectroscopy.wavelet_transform"):
    name = "Wavelet transform"
    description = "Show which distance contributes at which k."
    icon = "icons/wavelet_transform.svg"
    priority = 54
    keywords = ("Cauchy", "Morlet", "neighbours")
