"""Move the energies so that the edge of a foil is where it belongs."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWCalibrateEnergy(TaskWidget, task="beamcanvas.spectroscopy.calibrate_energy"):
    name = "Calibrate energy"
    description = "Move the energies so that the edge of a foil is where it belongs."
    icon = "icons/calibrate_energy.svg"
    priority = 18
    keywords = ("shift", "reference", "foil")
    previews = {"spectra": SpectraPreview}  # noqa: RUF012
