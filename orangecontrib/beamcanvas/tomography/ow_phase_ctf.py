"""Retrieve the phase by the contrast transfer function."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWPhaseCtf(TaskWidget, task="beamcanvas.tomography.retrieve_phase_ctf"):
    name = "Phase, contrast transfer"
    description = "Retrieve the phase by the contrast transfer function."
    icon = "icons/phase_ctf.svg"
    priority = 39
    keywords = ("CTF", "phase retrieval", "holotomography")
