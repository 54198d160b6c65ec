"""Retrieve the phase by the contrast transfer function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .experiment_found import found_of


class OWPhaseCtf(TaskWidget, task="beamcanvas.tomography.retrieve_phase_ctf"):
    name = "Phase, contrast transfer"
    description = "Retrieve the phase by the contrast transfer function."
    icon = "icons/phase_ctf.svg"
    priority = 39
    keywords = ("CTF", "phase retrieval", "holotomography")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        from beamcanvas.tomography.frames.treatments.phase import ContrastTransfer

        return found_of(outputs["scan"], ContrastTransfer)
