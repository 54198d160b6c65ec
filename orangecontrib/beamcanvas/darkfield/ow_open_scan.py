"""Open a dark-field scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import list_scans
from beamcanvas.errors import InputError

from .frames_preview import FramesPreview
from .scans_preview import ScansPreview

FRAMES, SCANS = "Frames", "Scans in the file"


class OWOpenScan(TaskWidget, task="beamcanvas.darkfield.open_scan"):
    name = "Open scan"
    description = "Open a dark-field scan: its frames, what moved, and where motors stood."
    icon = "icons/open_scan.svg"
    priority = 10
    keywords = ("bliss", "hdf5", "read", "ID03", "dataset", "concatenate")

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        self._show(area, {FRAMES: outputs["stack"]})

    def show_before_run(self, area: Any) -> bool:
        return self._show(area, {})

    def _show(self, area: Any, shown: dict[str, Any]) -> bool:
        scans = self._scans()
        if scans:
            shown = {**shown, SCANS: scans}
        if not shown:
            return False
        area.show_outputs(shown, {FRAMES: FramesPreview, SCANS: ScansPreview})
        if scans:
            area.page(SCANS).on_chosen = lambda scan: self.set_setting("scan", scan)
        return True

    def _scans(self) -> list[Any]:
        file = self.noderun.values().get("file")
        if not file:
            return []
        path = Path(str(file).partition("::")[0])
        if not path.is_absolute():
            path = Path(self.noderun.folder) / path
        try:
            return list_scans(path)
        except InputError:
            return []  # the task says why when it runs
