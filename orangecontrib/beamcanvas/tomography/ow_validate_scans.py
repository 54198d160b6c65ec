"""Accept or reject scans by hand."""

from __future__ import annotations

from typing import Any

from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.task import MISSING
from beamcanvas.tomography import Scans

from .validate_preview import ValidatePreview

TITLE = "Scans"


class OWValidateScans(TaskWidget, task="beamcanvas.tomography.validate_scans"):
    name = "Validate scans"
    description = "Look at scans, and accept or reject each by hand."
    icon = "icons/validate_scans.svg"
    priority = 13
    keywords = ("accept", "reject", "selector", "validator", "quality", "check")

    def show_before_run(self, area: Any) -> bool:
        scans = self._scans()
        if scans is None:
            return False
        area.show_outputs({TITLE: scans}, {TITLE: ValidatePreview})
        page = area.page(TITLE)
        if page.on_decided is None:
            page.on_decided = self._decide
            self.noderun.inputs_changed.connect(self._show_verdicts)
        self._show_verdicts()
        return True

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        if not self.show_before_run(area):
            super().show_previews(area, outputs, titles)

    def _scans(self) -> Scans | None:
        """All that came in, also what was rejected."""
        linked = self.noderun.linked.get("scans")
        value = None if linked is None else linked.value
        return value if isinstance(value, Scans) else None

    def _named(self, name: str) -> list[str]:
        value = self.noderun.settings.get(name, MISSING)
        return list(value) if isinstance(value, (list, tuple)) else []

    def _verdicts(self) -> dict[str, bool]:
        accepted, rejected = self._named("accepted"), self._named("rejected")
        return dict.fromkeys(accepted, True) | dict.fromkeys(rejected, False)

    def _decide(self, name: str, accept: bool) -> None:
        wanted = {"accepted": accept, "rejected": not accept}
        values: dict[str, Any] = {}
        for kind, add in wanted.items():
            others = [n for n in self._named(kind) if n != name]
            values[kind] = [*others, name] if add else others
        self.set_settings(values, f"{'Accept' if accept else 'Reject'} {name}")

    def _show_verdicts(self) -> None:
        page = self.area.page(TITLE) if self.area is not None else None
        if isinstance(page, ValidatePreview):
            page.show_verdicts(self._verdicts())
