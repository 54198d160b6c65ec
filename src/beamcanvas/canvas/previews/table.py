"""Tables: mappings, records, lists of numbers, lists of records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from AnyQt.QtCore import QAbstractTableModel, QModelIndex, Qt
from AnyQt.QtWidgets import QTableView, QWidget

from ...nexus.nxdata import NXData
from ..fields.plain import number_text
from .base import Preview
from .words import summary_of

#: characters of a text in a cell
LONGEST = 2000
#: columns that are made as wide as what is in them, and how wide at most
FITTED, WIDEST = 40, 320


def mapping_of(value: Any) -> Mapping[Any, Any] | None:
    """A mapping, a dataclass or a named tuple as a mapping."""
    if isinstance(value, Mapping):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    return None


def cell_text(value: Any) -> str:
    """A value in a cell: numbers in full, everything else in words."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    if isinstance(value, str):
        return value[:LONGEST]
    return summary_of(value)


class TableModel(QAbstractTableModel):
    """Rows of texts, made when they are shown."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self._cells: Callable[[Any], Sequence[Any]]
        found = mapping_of(value)
        if found is not None:
            self.headings = ["", "value"]
            self.rows: list[Any] = list(found.items())
            self._cells = lambda row: (str(row[0]).replace("_", " "), row[1])
        else:
            self.rows = list(value)
            records = [mapping_of(row) for row in self.rows[:1]]
            if records and records[0] is not None:
                names = list(records[0])
                self.headings = [str(n).replace("_", " ") for n in names]
                self._cells = lambda row: [(mapping_of(row) or {}).get(n, "") for n in names]
            elif self.rows and isinstance(self.rows[0], (list, tuple)):
                self.headings = [str(i) for i in range(len(self.rows[0]))]
                self._cells = list
            else:
                self.headings = ["value"]
                self._cells = lambda row: (row,)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(self.headings)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            cells = self._cells(self.rows[index.row()])
            return cell_text(cells[index.column()]) if index.column() < len(cells) else ""
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self.headings[section] if orientation == Qt.Orientation.Horizontal else section + 1


class TablePreview(Preview):
    """Names and values, or rows of values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = QTableView()
        self.view.setAlternatingRowColors(True)
        self.view.setShowGrid(False)
        self.view.setFrameShape(self.view.Shape.NoFrame)
        self.view.horizontalHeader().setStretchLastSection(True)
        self.view.horizontalHeader().setResizeContentsPrecision(100)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.view.setWordWrap(True)
        self.view.verticalHeader().setDefaultSectionSize(self.fontMetrics().lineSpacing() + 8)
        self.box.addWidget(self.view)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        if data is not None:
            return 0
        if mapping_of(value) is not None:
            return 4
        simple = isinstance(value, Sequence) and not isinstance(value, (str, bytes))
        return 4 if simple and len(value) > 0 else 0

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if not self.view.verticalHeader().isVisible():
            self.view.resizeRowsToContents()

    def show_value(self, value: Any) -> None:
        self.model = TableModel(value)
        self.view.setModel(self.model)
        rows = mapping_of(value) is None
        self.view.verticalHeader().setVisible(rows)
        self.view.horizontalHeader().setVisible(rows)
        header = self.view.horizontalHeader()
        for column in range(min(len(self.model.headings) - 1, FITTED)):
            self.view.resizeColumnToContents(column)
            header.resizeSection(column, min(header.sectionSize(column) + 8, WIDEST))
        if not rows:
            self.view.resizeRowsToContents()  # sentences take several lines
