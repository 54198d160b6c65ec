"""The scans of a file, to choose one by a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QLabel, QTableWidget, QTableWidgetItem, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.darkfield import Listed

HEADINGS = ("Scan", "Command", "Frames", "Detector")


class ScansPreview(Preview):
    """One row a scan: what was commanded, how many frames it has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_chosen: Callable[[str], None] | None = None
        self.table = QTableWidget()
        self.table.setColumnCount(len(HEADINGS))
        self.table.setHorizontalHeaderLabels(HEADINGS)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.table.verticalHeader().setVisible(False)
        self.table.cellClicked.connect(self._chosen)
        self.words = QLabel("The scans of the file that have frames. Click one to open it.")
        self.words.setContentsMargins(8, 4, 8, 4)
        self.words.setWordWrap(True)
        self.box.addWidget(self.words)
        self.box.addWidget(self.table, 1)
        self.scans: list[Listed] = []

    def show_value(self, value: list[Listed]) -> None:
        self.scans = value
        self.table.setRowCount(len(value))
        for row, scan in enumerate(value):
            for column, text in enumerate((scan.scan, scan.title, scan.frames, scan.detector)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.resizeColumnsToContents()

    def _chosen(self, row: int, _: Any) -> None:
        if self.on_chosen is not None:
            self.on_chosen(self.scans[row].scan)
