"""Fit the first neighbours with a path of Feff, by xraylarch."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .range_plot import R, curve


class OWFitShell(TaskWidget, task="beamcanvas.spectroscopy.fit_shell"):
    name = "Fit a shell"
    description = "Fit the first neighbours with a path of Feff, by xraylarch."
    icon = "icons/fit_shell.svg"
    priority = 62
    keywords = ("Feff", "path", "distance", "larch", "EXAFS")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["fit"]
        curves = {
            "data": curve(found.r, found.data, "|χ(R)|", R),
            "fit": curve(found.r, found.model, "|χ(R)|", R),
        }
        area.show_outputs(
            {"Fit": curves, "Values": found.table}, {"Fit": CurvePreview, "Values": TablePreview}
        )
