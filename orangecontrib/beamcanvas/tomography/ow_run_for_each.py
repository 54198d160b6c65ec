"""Run a scheme for many files, and see what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .states_preview import StatesPreview


class OWRunForEach(TaskWidget, task="beamcanvas.execution.many.run_for_each"):
    name = "Run for each file"
    description = "Run a scheme for many files, and see what became of each."
    icon = "icons/run_for_each.svg"
    priority = 60
    keywords = ("batch", "many scans", "series", "table", "loop")
    previews = {"states": StatesPreview}  # noqa: RUF012

    def show_growing(self, area: Any, outputs: Mapping[str, Any]) -> None:
        area.show_outputs({"States": outputs["states"]}, {"States": StatesPreview})
