"""Move frames against a drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget


class OWCorrectDrift(TaskWidget, task="beamcanvas.darkfield.correct_drift"):
    name = "Drift correction"
    description = "Bring the frames of a sample that drifted back over each other."
    icon = "icons/correct_drift.svg"
    priority = 34
    keywords = ("shift", "alignment", "registration")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        drift = outputs["drift"]
        return {"dy": round(drift.dy, 5), "dx": round(drift.dx, 5)}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        drift = outputs["drift"]
        table = {
            "moved down": f"{drift.dy:.5f} px a step",
            "moved right": f"{drift.dx:.5f} px a step",
            "over the scan": f"{drift.dy * (drift.steps - 1):.2f} down, "
            f"{drift.dx * (drift.steps - 1):.2f} px right",
        }
        if drift.found:
            table |= {
                "two halves of the scan differ by": f"{2 * drift.doubt_y:.5f}, "
                f"{2 * drift.doubt_x:.5f} px a step",
                "sharper by": f"{drift.gain:.2f} ×",
            }
        area.show_outputs({"Frames": outputs["stack"], "Drift": table})
