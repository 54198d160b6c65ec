"""Take stripes off the sinograms, which would become rings."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWRemoveRings(TaskWidget, task="beamcanvas.tomography.remove_rings"):
    name = "Remove rings"
    description = "Take stripes off the sinograms, which would become rings."
    icon = "icons/remove_rings.svg"
    priority = 43
    keywords = ("stripes", "deringer", "Vo", "Munch", "artefacts")
