"""The sum of all frames, on which pixels to be left out are drawn with silx's tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QBoxLayout, QHBoxLayout, QScrollArea, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.darkfield import DarkfieldStack, sum_frames

from .latest import Latest

#: milliseconds after the last stroke until the task gets the drawing
PAUSE = 400


class MaskPreview(Preview):
    """The frames added up, before pixels are left out, and tools to draw on them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from silx.gui.plot.MaskToolsWidget import MaskToolsWidget

        self.on_drawn: Callable[[list[list[int]]], None] | None = None
        self.stack: DarkfieldStack | None = None
        self.runs: list[list[int]] = []
        self.picture = ImagePreview(self)
        self.picture.profile.hide()
        self.tools = MaskToolsWidget(plot=self.picture.plot)
        self.tools.setMultipleMasks("single")
        self.tools.setDirection(QBoxLayout.Direction.TopToBottom)
        side = QScrollArea()
        side.setWidgetResizable(True)
        side.setWidget(self.tools)
        side.setFixedWidth(self.tools.sizeHint().width() + 24)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.picture, 1)
        row.addWidget(side)
        self.box.addLayout(row)
        self._latest = Latest(self)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._give)
        self.tools.sigMaskChanged.connect(self._pause.start)

    def show_value(self, value: DarkfieldStack) -> None:
        if value is self.stack:
            return
        self.stack = value
        self.picture.position.setText("Adding up the frames …")
        self._latest.ask(lambda progress: sum_frames(value, progress=progress), self._show)

    def _show(self, total: Any) -> None:
        self.picture.show_image(total.nxdata())
        self.picture.position.setText(" ")
        self.picture.set_whole(True)  # silx draws on the pixels that it sees
        self._load()

    def set_runs(self, runs: list[Any]) -> None:
        """Tell what the settings have."""
        rows = [list(run) for run in runs]
        if rows != self.runs:
            self.runs = rows
            self._load()

    def _load(self) -> None:
        if self.stack is None or self.picture.data is None:
            return
        pixels = np.zeros(self.stack.shape[1:], dtype=np.uint8)
        for row, start, stop in self.runs:
            pixels[row, start:stop] = 1
        self.tools.setSelectionMask(pixels)
        self._pause.stop()

    def _give(self) -> None:
        pixels = self.tools.getSelectionMask(copy=False)
        if pixels is None or self.picture.data is None:
            return
        edges = np.diff(np.pad((pixels > 0).astype(np.int8), ((0, 0), (1, 1))), axis=1)
        starts, stops = np.argwhere(edges == 1), np.argwhere(edges == -1)
        runs = [[int(r), int(a), int(b)] for (r, a), (_, b) in zip(starts, stops, strict=True)]
        if runs != self.runs and self.on_drawn is not None:
            self.runs = runs
            self.on_drawn(runs)
