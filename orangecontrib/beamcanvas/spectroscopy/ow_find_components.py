"""Find how many different spectra there are in a series."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .range_plot import ENERGY, curve


class OWFindComponents(TaskWidget, task="beamcanvas.spectroscopy.find_components"):
    name = "Components"
    description = "Find how many different spectra there are in a series."
    icon = "icons/find_components.svg"
    priority = 66
    keywords = ("PCA", "NMF", "factors", "principal")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["components"]
        curves = {
            f"component {i}": curve(found.energy, values, "Component", ENERGY)
            for i, values in enumerate(found.curves, 1)
        }
        shares = {
            f"component {i}": curve(range(len(values)), values, "Score", ("Spectrum", ""))
            for i, values in enumerate(found.scores.T, 1)
        }
        area.show_outputs(
            {"Components": curves, "Scores": shares, "How many": found.table},
            {"Components": CurvePreview, "Scores": CurvePreview, "How many": TablePreview},
        )
