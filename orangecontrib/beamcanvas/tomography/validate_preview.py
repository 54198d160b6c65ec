"""Several scans as a table, each to be accepted or rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from AnyQt.QtCore import QEvent, QObject
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from beamcanvas.tomography import Scans
from beamcanvas.tomography.scan.validate import names_of

from .scans_preview import ScansPreview

_WORDS = {True: "✓ accepted", False: "✗ rejected", None: "not decided"}


class ValidatePreview(ScansPreview):
    """The table and the chosen scan; keys A and R decide, and go on to the next scan."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_decided: Callable[[str, bool], None] | None = None
        self.names: list[str] = []
        self.verdicts: Mapping[str, bool] = {}
        self.words = QLabel()
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self.words, 1)
        self.buttons = {}
        for accept, word in ((False, "Reject"), (True, "Accept")):
            button = QPushButton(f"{word} ({word[0]})")
            button.setToolTip(f"{word} this scan and go to the next one")
            button.clicked.connect(lambda _=False, accept=accept: self._decide(accept))
            line.addWidget(button)
            self.buttons[accept] = button
        self.box.addLayout(line)
        self.table.view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys on the table."""
        if event.type() == QEvent.Type.KeyPress and event.text().lower() in ("a", "r"):
            self.buttons[event.text().lower() == "a"].click()
            return True
        return bool(super().eventFilter(watched, event))

    def show_value(self, value: Scans) -> None:
        self.names = names_of(value)
        super().show_value(value)
        self._say()

    def show_verdicts(self, verdicts: Mapping[str, bool]) -> None:
        """Show what was decided, by the scans' names."""
        self.verdicts = verdicts
        self._say()

    def _look_at(self, row: int) -> None:
        super()._look_at(row)
        self._say()

    def _row_now(self) -> int:
        return int(self.table.view.currentIndex().row())

    def _say(self) -> None:
        row = self._row_now()
        known = 0 <= row < len(self.names)
        verdict = self.verdicts.get(self.names[row]) if known else None
        decided = [self.verdicts[n] for n in self.names if n in self.verdicts]
        self.words.setText(
            (f"<b>{self.scans[row].name}</b>: {_WORDS[verdict]}. " if known else "")
            + f"{sum(decided)} accepted, {len(decided) - sum(decided)} rejected, "
            f"{len(self.names) - len(decided)} not decided."
        )
        for accept, button in self.buttons.items():
            button.setEnabled(known and verdict is not accept)

    def _decide(self, accept: bool) -> None:
        row = self._row_now()
        if self.on_decided is None or not 0 <= row < len(self.names):
            return
        self.on_decided(self.names[row], accept)
        if row + 1 < len(self.names):
            self.table.view.selectRow(row + 1)
