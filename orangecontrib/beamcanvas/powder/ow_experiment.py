"""Calibrant, detector and energy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWExperiment(TaskWidget, task="beamcanvas.powder.describe_experiment"):
    name = "Experiment"
    description = "Which calibrant, which detector and which energy."
    icon = "icons/experiment.svg"
    priority = 20
    keywords = ("calibrant", "wavelength", "energy", "detector", "CeO2", "LaB6")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        setup = outputs["setup"]
        return {"energy": setup.energy, "detector": setup.detector.words}
