"""The images of a detector that moves, one at a time, with the rings where they should be."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QWidget
from orangewidget.utils.concurrent import FutureWatcher

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.threads import pool
from beamcanvas.errors import InputError
from beamcanvas.nexus import NXData
from beamcanvas.powder import Goniometer, MovingImage, MovingImages
from beamcanvas.powder.calibration.rings import ring_line


class MovingPreview(Preview):
    """A slider through the images; each is read when it is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from AnyQt.QtGui import QAction

        from beamcanvas.canvas.previews.frame_slider import FrameSlider

        self.image = ImagePreview(self)
        self.rings_action = QAction("rings", self, checkable=True, checked=True)
        self.rings_action.setToolTip("Show where the goniometer puts the rings")
        self.rings_action.toggled.connect(lambda _: self._draw_rings())
        self.image.toolbar.addAction(self.rings_action)
        self.browser = FrameSlider(self)
        self.browser.valueChanged.connect(self._read)
        self.where = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 4)
        row.addWidget(self.browser, 1)
        row.addWidget(self.where)
        self.box.addWidget(self.image, 1)
        self.box.addLayout(row)
        self.images: MovingImages | None = None
        self.goniometer: Goniometer | None = None
        self._lines: list[Any] = []
        self._watch: FutureWatcher | None = None

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, MovingImages) else 0

    def show_value(self, value: MovingImages | Goniometer) -> None:
        self.goniometer = value if isinstance(value, Goniometer) else None
        self.images = value.images if isinstance(value, Goniometer) else value
        self.rings_action.setVisible(self.goniometer is not None)
        self._read(self.browser.set_count(len(self.images.rows)))

    def _read(self, number: int) -> None:
        if self.images is None:
            return
        row = self.images.rows[number]
        motor = self.images.motor or "position"
        goniometer = self.goniometer
        place = f"{row.position:g}" if goniometer is None else goniometer.words(row.position)
        self.where.setText(f"{motor} {place},  {row.name}")
        future = pool().submit(_read, row, self.goniometer)
        self._watch = FutureWatcher(future)  # a former one is forgotten with its result
        self._watch.done.connect(self._show)

    def _show(self, future: Future[Any]) -> None:
        try:
            data, self._lines = future.result()
        except InputError as error:
            self.where.setText(str(error))
            return
        self.image.show_image(data)
        self._draw_rings()

    def _draw_rings(self) -> None:
        plot = self.image.plot
        for curve in plot.getAllCurves():
            plot.removeCurve(curve)
        if not self.rings_action.isChecked():
            return
        for number, line in enumerate(self._lines):
            plot.addCurve(
                line[:, 0],
                line[:, 1],
                legend=f"ring {number}",
                color="#ff4d4d",
                linestyle="-",
                resetzoom=False,
            )


def _read(row: MovingImage, goniometer: Goniometer | None) -> tuple[NXData, list[Any]]:
    """The image, and the lines of the calibrant on it."""
    data = row.open().nxdata()
    if goniometer is None:
        return data, []
    geometry = goniometer.at(row.position)
    calibrant = geometry.calibrant
    angles: Any = () if calibrant is None else calibrant.two_theta(geometry.wavelength)
    lines = [ring_line(geometry, float(angle), 7201) for angle in angles]
    return data, [line for line in lines if np.isfinite(line[:, 0]).any()]
