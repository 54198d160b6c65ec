"""Read an Athena project with its parameters."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget

from .edge_preview import EdgePreview, EdgeTable
from .exafs_preview import ExafsPreview
from .fourier_preview import FourierPreview


class OWReadAthena(TaskWidget, task="beamcanvas.spectroscopy.read_athena"):
    name = "Read Athena project"
    description = "Read groups of an Athena project and reduce each with its own parameters."
    icon = "icons/read_athena.svg"
    priority = 12
    keywords = ("prj", "Demeter", "import", "Larix")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        shown = {
            "Edges": (outputs["normalised"], EdgePreview),
            "Table": (outputs["normalised"], EdgeTable),
            "χ(k)": (outputs["exafs"], ExafsPreview),
            "χ(R)": (outputs["fourier"], FourierPreview),
        }
        area.show_outputs(
            {title: value for title, (value, _) in shown.items()},
            {title: kind for title, (_, kind) in shown.items()},
        )
