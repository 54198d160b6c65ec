"""Turn the projections so that the axis stands upright."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWTilt(TaskWidget, task="beamcanvas.tomography.correct_tilt"):
    name = "Tilt"
    description = "Turn the projections so that the axis stands upright."
    icon = "icons/tilt.svg"
    priority = 36
    keywords = ("rotate", "camera", "roll", "axis")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        from beamcanvas.tomography.frames.treatments.tilt import Tilt

        return {"angle": outputs["scan"].treatment(Tilt).angle}
