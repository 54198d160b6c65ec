"""Keep a range of energies."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.spectroscopy import Spectra
from beamcanvas.task import MISSING

from .range_plot import Handle
from .spectra_preview import SpectraPreview

TITLE = "Spectra"


class OWEnergyRegion(TaskWidget, task="beamcanvas.spectroscopy.energy_region"):
    name = "Energy region"
    description = "Keep a range of energies, chosen on the plot."
    icon = "icons/energy_region.svg"
    priority = 16
    keywords = ("ROI", "truncate", "crop", "range")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self.show_before_run(area):
            area.show_outputs({TITLE: outputs["spectra"]}, {TITLE: SpectraPreview})

    def show_before_run(self, area: Any) -> bool:
        """The whole spectra with the range on them, so that it can also be made wider."""
        linked = self.noderun.linked.get("spectra")
        spectra = linked.value if linked is not None else MISSING
        if not isinstance(spectra, Spectra):
            return False
        area.show_outputs({TITLE: spectra}, {TITLE: SpectraPreview})
        page = area.page(TITLE)
        page.plot.on_moved = lambda name, x: self.set_setting(name, round(x, 2))
        said = self.noderun.values()
        low, high = said.get("e_min"), said.get("e_max")
        page.show_handles(
            [
                Handle("e_min", float(spectra.energy[0] if low is None else low), "from"),
                Handle("e_max", float(spectra.energy[-1] if high is None else high), "to"),
            ]
        )
        return True
