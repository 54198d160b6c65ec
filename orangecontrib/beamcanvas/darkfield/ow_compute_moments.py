"""Centre of mass, width, skewness and kurtosis for each motor."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWComputeMoments(TaskWidget, task="beamcanvas.darkfield.compute_moments"):
    name = "Moments"
    description = "Centre of mass, width, skewness and kurtosis for each motor."
    icon = "icons/compute_moments.svg"
    priority = 50
    keywords = ("grain plot", "com", "fwhm", "centre of mass")
