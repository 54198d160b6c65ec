"""Fit spectra with sums of standards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .map_preview import CombinationPreview, WeightMaps
from .range_plot import Handle


class OWFitCombination(TaskWidget, task="beamcanvas.spectroscopy.fit_combination"):
    name = "Linear combination fit"
    description = "Find how much of each standard is in a spectrum."
    icon = "icons/fit_combination.svg"
    priority = 64
    keywords = ("LCF", "standards", "speciation", "XANES", "mixture")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        settings = outputs["combination"].settings
        return {name: round(settings[name], 2) for name in ("e_min", "e_max")}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found = outputs["combination"]
        shown: dict[str, Any] = {"Fit": found, "Weights": found.table}
        kinds: dict[str, Any] = {"Fit": CombinationPreview, "Weights": TablePreview}
        if len(found.spectra.shape) == 2:
            shown["Maps"], kinds["Maps"] = found, WeightMaps
        area.show_outputs(shown, kinds)
        page = area.page("Fit")
        page.plot.on_moved = lambda name, x: self.set_setting(name, round(x, 1))
        page.plot.show_handles(
            [
                Handle("e_min", found.settings["e_min"], "from"),
                Handle("e_max", found.settings["e_max"], "to"),
            ]
        )
