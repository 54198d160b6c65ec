"""The frames of a scan: browsed by where the motors stood, before and after a treatment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.darkfield import DarkfieldStack, sum_frames
from beamcanvas.darkfield.analyse.sums import frame_sums
from beamcanvas.nexus import NXData

from .latest import Latest
from .pixel_pane import PixelPane


class FramesPreview(Preview):
    """One frame, a slider for each motor, and the rocking curve of a pixel that is clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = ImagePreview(self)
        self.image.profile.hide()
        self.before = self._switch("before the last treatment")
        self.sum = self._switch("sum of all frames")
        switches = QHBoxLayout()
        switches.setContentsMargins(8, 0, 8, 2)
        switches.addWidget(self.before)
        switches.addWidget(self.sum)
        switches.addStretch(1)
        self.words = QLabel()
        self.words.setContentsMargins(8, 2, 8, 2)
        self.words.setWordWrap(True)
        self.grid = QGridLayout()
        self.grid.setContentsMargins(8, 2, 8, 4)
        self.grid.setColumnStretch(1, 1)
        top = QWidget()
        box = QVBoxLayout(top)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.image, 1)
        box.addLayout(self.grid)
        box.addLayout(switches)
        box.addWidget(self.words)
        self.pane = PixelPane()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(top)
        split.addWidget(self.pane)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self.box.addWidget(split, 1)
        self.stack: DarkfieldStack | None = None
        self.sliders: list[tuple[QSlider, QLabel]] = []
        self._untouched = True  #: the sliders stand where nobody put them
        self._latest = Latest(self)
        self.image.plot.sigPlotSignal.connect(self._plot_event)

    def _switch(self, words: str) -> QCheckBox:
        box = QCheckBox(words)
        box.toggled.connect(lambda _: self._show_frame())
        return box

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, DarkfieldStack) else 0

    def show_value(self, value: DarkfieldStack) -> None:
        known = self.stack is not None and self.stack.dimensions == value.dimensions
        self.stack = value
        self.before.setVisible(bool(value.operations))
        self.words.setText(" · ".join(value.history) or "as measured")
        if not known:
            self._make_sliders(value)
        self._untouched = not known
        self._show_frame()
        if self.pane.pixel is not None:
            self._show_pixel(*self.pane.pixel)

    def _make_sliders(self, stack: DarkfieldStack) -> None:
        while self.grid.count():
            item = self.grid.takeAt(0).widget()
            if item is not None:
                item.deleteLater()
        self.sliders = []
        for row, dimension in enumerate(stack.dimensions):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, dimension.size - 1)
            slider.setValue(dimension.size // 2)
            where = QLabel()
            where.setMinimumWidth(self.fontMetrics().horizontalAdvance("-00.00000 ° (000 of 000)"))
            slider.valueChanged.connect(lambda _: self._browse())
            self.grid.addWidget(QLabel(dimension.motor), row, 0)
            self.grid.addWidget(slider, row, 1)
            self.grid.addWidget(where, row, 2)
            self.sliders.append((slider, where))

    def _browse(self) -> None:
        self._untouched = False
        self._show_frame()

    @property
    def frame(self) -> int:
        """Number of the frame that the sliders stand at."""
        if self.stack is None:
            return 0
        index = [slider.value() for slider, _ in self.sliders]
        return int(np.ravel_multi_index(index, self.stack.grid))

    @property
    def shown(self) -> DarkfieldStack | None:
        """The stack as it is shown: without its last treatment when *before* is on."""
        stack = self.stack
        if stack is None or not (self.before.isChecked() and stack.operations):
            return stack
        earlier = replace(stack, operations=stack.operations[:-1])
        # a treatment that left out motors has no frames of the same motors before it
        return earlier if earlier.shape[0] == stack.shape[0] else stack

    def _show_frame(self) -> None:
        stack = self.shown
        if stack is None:
            return
        number = self.frame
        for (slider, where), d, values in zip(
            self.sliders, stack.dimensions, stack.positions, strict=True
        ):
            place = f"{values[number]:.5f} {d.unit}"
            where.setText(f"{place} ({slider.value() + 1} of {d.size})")
            slider.setEnabled(not self.sum.isChecked())
        summed = self.sum.isChecked()

        def work(progress: Any) -> Any:
            if summed:
                return sum_frames(stack, progress=progress).images[0]
            return stack.treated().frames([number], progress)[0]

        def show(image: Any) -> None:
            if self._untouched and not summed and not image.any():
                self._show_brightest(stack)
                return
            axes = stack.pixel_axes
            self.image.show_image(
                NXData(
                    signal=image,
                    name="sum of frames" if summed else "frame",
                    label="Intensity",
                    unit="counts",
                    axes=axes,
                    pixels=True,
                )
            )
            if self.pane.pixel is None and self.pane.isVisible():
                row, column = np.unravel_index(int(np.argmax(image)), image.shape)
                self._show_pixel(int(row), int(column))

        self._latest.ask(work, show, self.words.setText)

    def _show_brightest(self, stack: DarkfieldStack) -> None:
        """Go to the frame with most intensity, where the first one shown is empty."""
        self._untouched = False

        def show(totals: Any) -> None:
            best = np.unravel_index(int(totals.argmax()), stack.grid)
            for (slider, _), index in zip(self.sliders, best, strict=True):
                slider.blockSignals(True)
                slider.setValue(int(index))
                slider.blockSignals(False)
            self._show_frame()

        self._latest.ask(lambda progress: frame_sums(stack, progress), show, self.words.setText)

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseClicked" and event["button"] == "left":
            at = self.image.pixel_at(event["x"], event["y"])
            if at is not None:
                self._show_pixel(*at)

    def _show_pixel(self, row: int, column: int) -> None:
        stack = self.shown
        if stack is None or row >= stack.shape[1] or column >= stack.shape[2]:
            return
        mark(self.image, row, column)
        self.pane.show_pixel(stack, row, column)


def mark(image: ImagePreview, row: int, column: int) -> None:
    """Mark a pixel on an image."""
    x0, dx, y0, dy = image._grid
    image.plot.addMarker(
        x0 + dx * (column + 0.5),
        y0 + dy * (row + 0.5),
        legend="picked",
        symbol="+",
        color="#ff4d4d",
    )
