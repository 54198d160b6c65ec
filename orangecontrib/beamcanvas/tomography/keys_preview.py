"""All frames of a scan, each with what it is; the first and the last that change are picked."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from beamcanvas.tomography import TomoScan

from .scan_preview import MEASURED, ScanPreview


class KeysPreview(ScanPreview):
    """The frames as measured, counted as the settings count them."""

    shows_first = MEASURED

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_picked: Callable[[str, int], None] | None = None
        self.series = QLabel()
        self.series.setContentsMargins(8, 0, 0, 0)
        line = QHBoxLayout()
        line.setContentsMargins(8, 0, 8, 6)
        line.addWidget(self.series, 1)
        self.picks = {}
        for name, words in (("first", "First is this one"), ("last", "Last is this one")):
            button = QPushButton(words)
            button.setToolTip(f"The {name} frame that changes is the one that is shown")
            button.clicked.connect(lambda _=False, name=name: self._pick(name))
            line.addWidget(button)
            self.picks[name] = button
        self.box.addLayout(line)

    def show_value(self, value: TomoScan) -> None:
        super().show_value(value)
        self.series.setText(
            f"Of {value.frames} frames: {value.shape[0]} projections, "
            f"darks: {value.raw_darks}, flats: {value.raw_flats}"
        )

    def _change_kind(self) -> None:
        for button in self.picks.values():
            button.setEnabled(self.kind == MEASURED)
        super()._change_kind()

    def _pick(self, name: str) -> None:
        if self.on_picked is not None:
            self.on_picked(name, self.number.value())
