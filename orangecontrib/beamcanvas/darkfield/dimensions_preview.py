"""What moved in a scan, as a table that can be edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QTableWidget, QTableWidgetItem, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.darkfield import DarkfieldStack

HEADINGS = ("Motor", "Positions", "First", "Last", "Step", "Unit", "")
_SLOWEST, _FASTEST = "slowest", "fastest"


class DimensionsPreview(Preview):
    """One row a motor, slowest first. Name, number, first and last position can be typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_edited: Callable[[dict[str, list[Any]]], None] | None = None
        self.table = QTableWidget()
        self.table.setColumnCount(len(HEADINGS))
        self.table.setHorizontalHeaderLabels(HEADINGS)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.verticalHeader().setVisible(False)
        self.table.itemChanged.connect(self._edited)
        self.words = QLabel()
        self.words.setContentsMargins(8, 4, 8, 4)
        self.words.setWordWrap(True)
        self.box.addWidget(self.words)
        self.box.addWidget(self.table, 1)
        self.stack: DarkfieldStack | None = None

    def show_value(self, value: DarkfieldStack) -> None:
        self.stack = value
        self.table.blockSignals(True)
        self.table.setRowCount(len(value.dimensions))
        last = len(value.dimensions) - 1
        for row, d in enumerate(value.dimensions):
            speed = _FASTEST if row == last else _SLOWEST if row == 0 else ""
            texts = (
                d.motor,
                str(d.size),
                f"{d.start:.7g}",
                f"{d.stop:.7g}",
                f"{d.step:.5g}",
                d.unit,
                "" if last == 0 else speed,
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column > 3:
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()
        self.table.blockSignals(False)
        product = " × ".join(str(d.size) for d in value.dimensions)
        self.words.setText(
            f"{len(value.order)} frames" + (f" = {product}" if last else "") + ". "
            "Double-click a motor, its number of positions, or its first and last one to change "
            "them."
        )

    def _edited(self, item: QTableWidgetItem) -> None:
        if self.on_edited is None or self.stack is None:
            return
        rows = range(self.table.rowCount())
        try:
            motors = [self.table.item(r, 0).text().strip() for r in rows]
            sizes = [int(self.table.item(r, 1).text()) for r in rows]
            given: dict[str, list[Any]] = {"motors": motors, "sizes": sizes}
            if item.column() in (2, 3):
                given["starts"] = [float(self.table.item(r, 2).text()) for r in rows]
                given["stops"] = [float(self.table.item(r, 3).text()) for r in rows]
        except ValueError:
            self.words.setText(f"'{item.text()}' is no number.")
            return
        self.on_edited(given)
