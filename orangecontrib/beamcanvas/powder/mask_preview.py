"""An image on which a mask is drawn by hand, with silx's tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QAction, QBoxLayout, QHBoxLayout, QScrollArea, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.powder import DiffractionImage, Mask, runs_of

#: milliseconds after the last stroke until the task gets the drawing
PAUSE = 400


@dataclass(frozen=True, eq=False)
class MaskedImage:
    """What the preview shows: an image, the mask of the task, and what was drawn."""

    image: DiffractionImage
    mask: Mask | None
    runs: list[Any]


class MaskPreview(Preview):
    """The image with its mask; *draw* opens the tools to add to it by hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.on_drawn: Callable[[list[list[int]]], None] | None = None
        self.shown: MaskedImage | None = None
        self.tools: Any = None
        self._drawn: list[Any] = []
        self.picture = ImagePreview(self)
        self.draw_action = QAction("draw", self, checkable=True)
        self.draw_action.setToolTip("Draw on the mask by hand")
        self.draw_action.toggled.connect(self._show_tools)
        first = self.picture.toolbar.actions()[0]
        self.picture.toolbar.insertAction(first, self.draw_action)
        self.side = QScrollArea()
        self.side.setWidgetResizable(True)
        self.side.hide()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.picture, 1)
        row.addWidget(self.side)
        self.box.addLayout(row)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._give_drawing)

    def show_value(self, value: MaskedImage) -> None:
        from dataclasses import replace

        new = self.shown is None or self.shown.image is not value.image
        self.shown = value
        data = value.image.nxdata()
        self.picture.show_image(
            replace(data, mask=value.mask.pixels) if value.mask is not None else data
        )
        if self.tools is not None and (new or _rows(value.runs) != _rows(self._drawn)):
            self._load_drawing()

    def _show_tools(self, on: bool) -> None:
        self.picture.set_whole(on)  # silx draws on the pixels that it sees
        if on and self.tools is None:
            from silx.gui.plot.MaskToolsWidget import MaskToolsWidget

            self.tools = MaskToolsWidget(plot=self.picture.plot)
            self.tools.setMultipleMasks("single")
            self.tools.setDirection(QBoxLayout.Direction.TopToBottom)
            self.side.setWidget(self.tools)
            self.side.setFixedWidth(self.tools.sizeHint().width() + 24)
            self._load_drawing()
            self.tools.sigMaskChanged.connect(self._pause.start)
        self.side.setVisible(on)
        if not on:
            self.picture.plot.setInteractiveMode("zoom")

    def _load_drawing(self) -> None:
        """Put what the settings have into silx's tools."""
        assert self.shown is not None  # noqa: S101 - tools are shown with an image
        self._drawn = self.shown.runs
        pixels = np.zeros(self.shown.image.shape, dtype=np.uint8)
        for row, start, stop in self._drawn:
            pixels[row, start:stop] = 1
        self.tools.setSelectionMask(pixels)
        self._pause.stop()

    def _give_drawing(self) -> None:
        pixels = self.tools.getSelectionMask(copy=False)
        runs = [] if pixels is None else _rows(runs_of(np.asarray(pixels) > 0))
        if runs != _rows(self._drawn):
            self._drawn = runs
            if self.on_drawn is not None:
                self.on_drawn(runs)


def _rows(runs: list[Any]) -> list[list[int]]:
    return [list(run) for run in runs]
