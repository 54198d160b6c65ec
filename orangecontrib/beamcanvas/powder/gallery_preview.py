"""Small pictures of many patterns; those chosen are plotted below."""

from __future__ import annotations

import numpy as np
from AnyQt.QtCore import QPointF, QSize, Qt
from AnyQt.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap, QPolygonF
from AnyQt.QtWidgets import QListView, QListWidget, QListWidgetItem, QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.plots import curve_colour
from beamcanvas.powder import Pattern, SampleResults

_SIZE = QSize(132, 84)
_CELL = QSize(148, 126)  #: with room for a name in two lines
_ROWS = 2  #: of pictures that are seen at first, at most
_MOST = 12  #: patterns plotted together


class GalleryPreview(Preview):
    """One picture a sample, drawn when it comes into sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(_SIZE)
        self.list.setGridSize(_CELL)
        self.list.setWordWrap(True)
        self.list.itemSelectionChanged.connect(self._plot_chosen)
        self.list.verticalScrollBar().valueChanged.connect(lambda _: self._draw_seen())
        self.curve = CurvePreview()
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.list)
        self.split.addWidget(self.curve)
        self.box.addWidget(self.split, 1)
        self.results: SampleResults | None = None

    def show_value(self, value: SampleResults) -> None:
        if self.results is None:
            across = max((self.width() - 24) // _CELL.width(), 1)
            rows = -(-(len(value.patterns) + len(value.failures)) // across)
            shown = min(rows, _ROWS) * _CELL.height() + 8
            self.split.setSizes([shown, max(self.height() - shown, 280)])
        self.results = value
        chosen = {item.text() for item in self.list.selectedItems()}
        self.list.blockSignals(True)
        self.list.clear()
        blank = QPixmap(_SIZE)
        blank.fill(Qt.GlobalColor.transparent)
        for name in value.patterns:
            item = QListWidgetItem(QIcon(blank), name, self.list)
            item.setToolTip(f"{name}\n{value.patterns[name].summary}")
            item.setSelected(name in chosen)
        for name, why in value.failures.items():
            item = QListWidgetItem(QIcon(blank), f"{name}: failed", self.list)
            item.setToolTip(f"{name}\n{why}")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        if not self.list.selectedItems() and value.patterns:
            self.list.item(0).setSelected(True)
        self.list.blockSignals(False)
        self._drawn: set[int] = set()
        self._draw_seen()
        self._plot_chosen()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        self._draw_seen()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self._draw_seen()

    def _draw_seen(self) -> None:
        if self.results is None:
            return
        patterns = list(self.results.patterns.values())
        view = self.list.viewport().rect()
        for row, pattern in enumerate(patterns):
            item = self.list.item(row)
            if row not in self._drawn and view.intersects(self.list.visualItemRect(item)):
                item.setIcon(QIcon(self._picture(pattern)))
                self._drawn.add(row)

    def _picture(self, pattern: Pattern) -> QPixmap:
        picture = QPixmap(_SIZE)
        picture.fill(self.palette().color(QPalette.ColorRole.Base))
        width, height = _SIZE.width(), _SIZE.height()
        seen = np.isfinite(pattern.intensity)
        if pattern.count is not None:
            seen &= pattern.count > 0
        y = pattern.intensity[seen]
        if not y.size:
            return picture
        # the highest point of each column, so that no thin line is lost
        columns = np.minimum(np.arange(y.size) * width // y.size, width - 1)
        top = np.full(width, -np.inf)
        np.maximum.at(top, columns, y)
        low, high = float(y.min()), float(y.max())
        scale = (height - 8) / (high - low) if high > low else 0.0
        line = [
            QPointF(float(i), height - 4 - (float(v) - low) * scale)
            for i, v in enumerate(top)
            if np.isfinite(v)
        ]
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(curve_colour(self, 0)), 1.2))
        painter.drawPolyline(QPolygonF(line))
        painter.end()
        return picture

    def _plot_chosen(self) -> None:
        if self.results is None:
            return
        names = [item.text() for item in self.list.selectedItems()][:_MOST]
        found = [
            (n, self.results.patterns[n].nxdata()) for n in names if n in self.results.patterns
        ]
        if found:
            self.curve.show_curves(found)
