"""Two opposite projections over each other, one of them moved by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from AnyQt.QtCore import QEvent, QObject, Qt, QTimer
from AnyQt.QtGui import QKeyEvent
from AnyQt.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.nexus import NXData
from beamcanvas.tomography import OppositePair

DIFFERENCE, BLEND, FIRST, MOVED = "Difference", "Both", "First", "Mirrored"
_TIPS = {
    DIFFERENCE: "Flat where they match",
    BLEND: "Their mean: sharp where they match",
    FIRST: "The first projection",
    MOVED: "The opposite one, mirrored and moved",
}


class OverlayPreview(Preview):
    """Arrow keys move the mirrored projection: plain by a step, with Shift by ten of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_centre: Callable[[float | None], None] | None = None
        self.pair: OppositePair | None = None
        self.image = ImagePreview(self)
        self.kinds = QButtonGroup(self)
        choice = QHBoxLayout()
        choice.setContentsMargins(8, 6, 8, 0)
        choice.setSpacing(2)
        for kind, tip in _TIPS.items():
            button = QToolButton()
            button.setText(kind)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setChecked(kind == DIFFERENCE)
            self.kinds.addButton(button)
            choice.addWidget(button)
        self.kinds.buttonClicked.connect(lambda _: self._draw())
        choice.addStretch(1)
        self.left = _button("◀", "Move left (Left key)", lambda: self.move(-1))
        self.right = _button("▶", "Move right (Right key)", lambda: self.move(1))
        self.step = QDoubleSpinBox()
        self.step.setRange(0.01, 100)
        self.step.setDecimals(2)
        self.step.setValue(0.1)
        self.step.setSuffix(" px")
        self.step.setToolTip("How far a key moves the rotation axis; with Shift ten times as far")
        self.where = QLabel()
        choice.addWidget(self.where)
        choice.addSpacing(8)
        self.auto = _button("auto", "Have it found again, for each scan", self._find_again)
        self.auto.hide()
        for widget in (self.left, self.step, self.right, self.auto):
            choice.addWidget(widget)
        self.box.addLayout(choice)
        self.box.addWidget(self.image, 1)
        self._centre = 0.0
        self.image.plot.sigPlotSignal.connect(self._plot_event)
        self._settled = QTimer(self, singleShot=True, interval=600)
        self._settled.timeout.connect(self._tell)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for widget in (self, self.image.plot, self.image.plot.getWidgetHandle()):
            widget.installEventFilter(self)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, OppositePair) else 0

    def show_value(self, value: OppositePair) -> None:
        self.pair = value
        self._centre = value.centre
        self._draw()

    def move(self, steps: float) -> None:
        """Move the rotation axis; the setting follows when it has come to rest."""
        if self.pair is None:
            return
        wanted = round(self._centre + steps * self.step.value(), 4)
        last = self.pair.centre_of(self.pair.first.shape[1] - 1)
        self._centre = min(max(wanted, self.pair.start), last)
        self._draw()
        self._settled.start()

    def _find_again(self) -> None:
        self._settled.stop()
        if self.on_centre is not None:
            self.on_centre(None)

    def _tell(self) -> None:
        if self.on_centre is not None and self.pair is not None:
            if self._centre != self.pair.centre:
                self.on_centre(self._centre)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key())
            if steps is not None:
                ten = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self.move(10 * steps if ten else steps)
                return True
        return super().eventFilter(watched, event)

    def _draw(self) -> None:
        if self.pair is None:
            return
        pair = replace(self.pair, centre=self._centre)
        moved = pair.moved()
        kind = self.kinds.checkedButton().text()
        if kind == DIFFERENCE:
            image = pair.first - moved
        elif kind == BLEND:
            image = (pair.first + moved) / 2
        else:
            image = pair.first if kind == FIRST else moved
        is_difference = kind == DIFFERENCE
        self.image.show_image(
            pair.picture(kind, image, f"{kind}, I/I0", is_difference=is_difference)
        )
        self._say()

    def _say(self) -> None:
        """Where the axis is, and how well what is in view matches."""
        if self.pair is None:
            return
        pair = replace(self.pair, centre=self._centre)
        left, right = (
            pair.column_of(limit) + 0.5 for limit in self.image.plot.getXAxis().getLimits()
        )
        bottom, top = self.image.plot.getYAxis().getLimits()
        rows, columns = pair.first.shape
        region = _inside(bottom, top, rows), _inside(left, right, columns)
        part = any(
            stop - start < n for (start, stop), n in zip(region, (rows, columns), strict=True)
        )
        likeness = pair.likeness(region=(slice(*region[0]), slice(*region[1])))
        match = "match in view" if part else "match"
        self.where.setText(f"axis {self._centre:.2f} px   {match} {100 * likeness:.1f} %")
        first, second = pair.angles
        self.where.setToolTip(
            f"Projections at {first:.5g}° and {second:.5g}°. Zoom in for the match of a part."
        )

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "limitsChanged":
            self._say()


def _inside(start: float, stop: float, count: int) -> tuple[int, int]:
    """The pixels between two limits of the view, as far as there are some."""
    low, high = sorted((start, stop))
    return min(max(int(low), 0), count), min(max(math.ceil(high), 0), count)


def _button(text: str, tip: str, call: Callable[[], None]) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRepeat(True)
    button.clicked.connect(lambda: call())
    return button
