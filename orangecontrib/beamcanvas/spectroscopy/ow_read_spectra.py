"""Read spectra from files of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget

from .spectra_preview import SpectraPreview


class OWReadSpectra(TaskWidget, task="beamcanvas.spectroscopy.read_spectra"):
    name = "Read spectra"
    description = "Read mu(E): XDI, columns, SPEC, Athena, bliss, NXxas; one file or many."
    icon = "icons/read_spectra.svg"
    priority = 10
    keywords = ("open", "XDI", "xmu", "Athena", "bliss", "map", "XAS", "EXAFS", "XANES")

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        notes = outputs["spectra"].notes
        return {name: notes.get(name) or "none" for name in ("energy", "mu", "reference")}

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        spectra = outputs["spectra"]
        roles = {spectra.notes.get(r): r for r in ("energy", "mu", "reference")}
        told = {
            "read as energy": spectra.notes.get("energy", ""),
            "read as µ": spectra.notes.get("mu", ""),
            "read as µ of the foil": spectra.notes.get("reference") or "nothing",
            **{f"column {i}": c for i, c in enumerate(spectra.notes.get("columns") or [], 1)},
            **{
                k: v
                for k, v in spectra.notes.items()
                if isinstance(v, (str, float, int)) and k not in roles.values() and v != ""
            },
        }
        area.show_outputs(
            {"Spectra": spectra, "Columns": told},
            {"Spectra": SpectraPreview, "Columns": TablePreview},
        )
