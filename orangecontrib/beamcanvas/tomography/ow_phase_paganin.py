"""Retrieve the phase of each projection by Paganin's filter."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWPhasePaganin(TaskWidget, task="beamcanvas.tomography.retrieve_phase"):
    name = "Phase, Paganin"
    description = "Retrieve the phase of each projection by Paganin's filter."
    icon = "icons/phase_paganin.svg"
    priority = 38
    keywords = ("delta beta", "phase retrieval", "propagation", "contrast")
