"""The pattern of a calibration's own image, with the calibrant's lines: do they meet?"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from AnyQt.QtWidgets import QWidget
from orangewidget.utils.concurrent import FutureWatcher

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.threads import pool
from beamcanvas.errors import InputError
from beamcanvas.powder import Calibration, integrate_1d


class CheckPreview(CurvePreview):
    """Integrates the image with the new geometry, in the background, when it is looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._watch: FutureWatcher | None = None

    def show_value(self, value: Calibration) -> None:
        self.position.setText("Integrating …")
        future = pool().submit(integrate_1d, value.image, value.geometry)
        self._watch = FutureWatcher(future)  # a former one is forgotten with its result
        self._watch.done.connect(self._integrated)

    def _integrated(self, future: Future[Any]) -> None:
        try:
            pattern = future.result()
        except InputError as error:
            self.position.setText(str(error))
            return
        self.position.setText(" ")
        self.show_curves([("Pattern with this geometry", pattern.nxdata())])
