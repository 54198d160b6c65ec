"""One slice in many ways: vignettes to choose from, and their scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtGui import QIcon, QImage, QKeySequence, QPixmap
from AnyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QShortcut,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.nexus import Axis, NXData
from beamcanvas.tomography import Candidates
from beamcanvas.tomography.centre.scores import WORDS

_SIZE = QSize(100, 100)

#: first and last column, first and last row
Region = tuple[int, int, int, int]


class CandidatesPreview(Preview):
    """Vignettes on the left, the chosen one large on the right, all scores below it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_taken: Callable[[float | None], None] | None = None
        self.on_region: Callable[[Region | None], None] | None = None
        self.candidates: Candidates | None = None
        self.list = QListWidget()
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(_SIZE)
        self.list.setSpacing(3)
        self.list.currentRowChanged.connect(self._show_one)
        self.list.itemDoubleClicked.connect(lambda _: self._take())
        enter = QShortcut(QKeySequence(Qt.Key.Key_Return), self.list)
        enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        enter.activated.connect(self._take)
        self.image = ImagePreview(self)
        self.image.plot.sigPlotSignal.connect(self._image_event)
        self.curve = CurvePreview(self)
        self.curve.toolbar.hide()  # it is small, and there is nothing to zoom to
        self.curve.plot.sigPlotSignal.connect(self._curve_event)
        self.take = QPushButton("Take")
        self.take.setToolTip("Take this one, for this scan and those that follow (Enter)")
        self.take.clicked.connect(self._take)
        self.auto = QPushButton("Back to auto")
        self.auto.setToolTip("Let the score decide again, for each scan")
        self.auto.clicked.connect(lambda: self._give(None))
        self.part = QPushButton("Score this part")
        self.part.setToolTip("Zoom in: only the part of the slice in view counts then")
        self.part.clicked.connect(lambda: self._give_region(self._in_view()))
        self.whole = QPushButton("Whole slice")
        self.whole.setToolTip("Score all of the slice again")
        self.whole.clicked.connect(lambda: self._give_region(None))
        self.words = QLabel()
        line = QHBoxLayout()
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(self.words, 1)
        line.addWidget(self.part)
        line.addWidget(self.whole)
        line.addWidget(self.auto)
        line.addWidget(self.take)
        large = QWidget()
        column = QVBoxLayout(large)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.image, 1)
        column.addLayout(line)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(large)
        right.addWidget(self.curve)
        right.setSizes([420, 200])
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.list)
        split.addWidget(right)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([380, 520])  # three in a row, on a small screen too
        self.box.addWidget(split, 1)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Candidates) else 0

    def show_value(self, value: Candidates) -> None:
        self.candidates = value
        low, high = (float(v) for v in np.percentile(value.images[value.chosen], (1, 99.8)))
        self.list.blockSignals(True)
        self.list.clear()
        for n, (number, image) in enumerate(zip(value.values, value.images, strict=True)):
            marks = " ★" if n == value.best else ""
            picture = _picture(image, low, high)
            icon = QIcon(picture)
            icon.addPixmap(picture, QIcon.Mode.Selected)  # Qt would colour the chosen one
            item = QListWidgetItem(icon, f"{number:.5g}{marks}")
            item.setToolTip("\n".join(f"{w}: {value.scores[s][n]:.2f}" for s, w in WORDS.items()))
            self.list.addItem(item)
        self.list.setCurrentRow(value.chosen)
        self.list.blockSignals(False)
        self.auto.setVisible(value.by_hand)
        self.whole.setVisible(not value.tried.is_whole)
        self._show_scores(value)
        self._show_one(value.chosen)
        self.list.scrollToItem(self.list.item(value.chosen), QListView.ScrollHint.PositionAtCenter)

    def _show_scores(self, value: Candidates) -> None:
        axis = Axis(name="value", values=value.values, unit=value.unit, label=value.name)
        ordered = [value.score, *(s for s in WORDS if s != value.score)]
        curves: list[tuple[str, NXData]] = [
            (
                score,
                NXData(
                    name="score",
                    signal=value.scores[score],
                    axes=(axis,),
                    label="Score (1 is best)",
                ),
            )
            for score in ordered
        ]
        self.curve.show_curves(curves)
        even = np.ptp(np.diff(value.values)) < 0.01 * np.ptp(value.values)
        self.curve.plot.getXAxis().setScale("linear" if even else "log")
        self.curve.plot.addXMarker(value.value, legend="taken", text=" taken", color="#e6399b")

    def _show_one(self, row: int) -> None:
        value = self.candidates
        if value is None or row < 0:
            return
        data = value.nxdata()
        self.image.show_image(replace(data, signal=value.images[row], axes=data.axes[1:]))
        unit = f" {value.unit}" if value.unit else ""
        number = f"{value.values[row]:.5g}{unit}"
        taken = value.by_hand and row == value.chosen
        self.take.setText(f"Take {number}")
        self.take.setEnabled(not taken)
        how = "taken by hand" if taken else ("best score" if row == value.best else "")
        self.words.setText(f"{value.name} {number}" + (f" ({how})" if how else ""))

    def _image_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "limitsChanged":
            self.part.setVisible(self._in_view() is not None)

    def _in_view(self) -> Region | None:
        """The pixels of the slice in view, where that is not all there is."""
        if self.candidates is None:
            return None
        tried = self.candidates.tried
        found: list[int] = []
        cut = False
        plot = self.image.plot
        for axis, limits in ((1, plot.getXAxis()), (0, plot.getYAxis())):
            first = tried.corner[axis]
            last = first + tried.step * tried.images.shape[1 + axis] - 1
            low, high = limits.getLimits()
            start, stop = max(math.floor(low), first), min(math.ceil(high) - 1, last)
            if start >= stop:
                return None
            cut = cut or start > first or stop < last
            found += [start, stop]
        return (found[0], found[1], found[2], found[3]) if cut else None

    def _give_region(self, region: Region | None) -> None:
        if self.on_region is not None:
            self.on_region(region)

    def _curve_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseClicked" and self.candidates is not None:
            away = np.abs(self.candidates.values - event["x"])
            self.list.setCurrentRow(int(np.argmin(away)))

    def _take(self) -> None:
        row = self.list.currentRow()
        if self.candidates is not None and row >= 0:
            self._give(round(float(self.candidates.values[row]), 4))

    def _give(self, value: float | None) -> None:
        if self.on_taken is not None:
            self.on_taken(value)


def _picture(image: Any, low: float, high: float) -> QPixmap:
    step = max(1, max(image.shape) // 160)
    small = image[::step, ::step]
    grey = np.clip((small - low) / max(high - low, 1e-30) * 255, 0, 255)
    grey = np.ascontiguousarray(np.nan_to_num(grey), np.uint8)
    rows, columns = grey.shape
    picture = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
    return QPixmap.fromImage(picture).scaled(
        _SIZE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
