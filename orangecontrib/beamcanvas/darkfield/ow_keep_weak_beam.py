"""Keep only the tails of the rocking curves, where defects show."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWKeepWeakBeam(TaskWidget, task="beamcanvas.darkfield.keep_weak_beam"):
    name = "Weak beam"
    description = "Keep only the tails of the rocking curves, where defects show."
    icon = "icons/keep_weak_beam.svg"
    priority = 40
    keywords = ("dislocations", "defects")
