"""Retrieve the phase of each projection by Paganin's filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .experiment_found import found_of


class OWPhasePaganin(TaskWidget, task="beamcanvas.tomography.retrieve_phase"):
    name = "Phase, Paganin"
    description = "Retrieve the phase of each projection by Paganin's filter."
    icon = "icons/phase_paganin.svg"
    priority = 38
    keywords = ("delta beta", "phase retrieval", "propagation", "contrast")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        from beamcanvas.tomography.frames.treatments.phase import Paganin

        return found_of(outputs["scan"], Paganin)
