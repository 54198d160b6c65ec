"""Several values as a table; the one that is chosen is looked through below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.table import TablePreview


class ChosenPreview(Preview):
    """One line a value. Arrow keys go from value to value.

    Parameters
    ----------
    below:
        What shows one of them.
    heights:
        Of the table and of that, in pixels.
    """

    def __init__(
        self, below: QWidget, heights: tuple[int, int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.table = TablePreview(self)
        self.table.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(below)
        split.setStretchFactor(1, 1)
        split.setSizes(list(heights))
        self.box.addWidget(split, 1)

    def show_rows(self, rows: Sequence[dict[str, Any]], look_at: Callable[[int], None]) -> None:
        """Show a line for each value; `look_at` shows the one of the line that is chosen."""
        view = self.table.view
        row = min(max(view.currentIndex().row(), 0), len(rows) - 1)
        self.table.show_value(rows)
        view.selectionModel().currentRowChanged.connect(
            lambda now, _: look_at(now.row()) if now.isValid() else None
        )
        view.selectRow(row)
