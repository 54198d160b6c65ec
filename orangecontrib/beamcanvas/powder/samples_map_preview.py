"""All samples as a heat map, a row each; the row that is clicked is plotted below."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.powder import SampleResults


class SamplesMap(ImagePreview):
    """The map, with the samples by name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self.clicked: Any = None  #: called with the row

    def words_at(self, x: float, y: float) -> str:
        at = self.pixel_at(x, y)
        if at is None:
            return "Click a row to plot it."
        words = super().words_at(x, y)
        axis, _, rest = words.partition("   Sample ")
        return f"{axis}   {self.names[at[0]]}   {rest.partition('   ')[2]}"

    def _plot_event(self, event: dict[str, Any]) -> None:
        super()._plot_event(event)
        if event["event"] == "mouseClicked" and event["button"] == "left":
            at = self.pixel_at(event["x"], event["y"])
            if at is not None and self.clicked is not None:
                self.clicked(at[0])


class SamplesMapPreview(Preview):
    """The map, and the pattern of one row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.map = SamplesMap()
        self.map.clicked = self.plot_row
        self.curve = CurvePreview()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.map)
        split.addWidget(self.curve)
        split.setSizes([3000, 2000])  # shares of what there is
        self.box.addWidget(split, 1)
        self.results: SampleResults | None = None
        self.row = 0

    def show_value(self, value: SampleResults) -> None:
        self.results = value
        data = value.nxdata()
        self.map.names = list(value.patterns)[: data.signal.shape[0]]
        self.map.show_image(data)
        self.map.position.setText("Click a row to plot it.")
        self.plot_row(min(self.row, len(self.map.names) - 1))

    def plot_row(self, row: int) -> None:
        """Plot the pattern of a row, and mark it."""
        if self.results is None:
            return
        self.row = row
        name = self.map.names[row]
        self.curve.show_curves([(name, self.results.patterns[name].nxdata())])
        self.map.plot.addYMarker(row + 1, legend="row", color="#ffffff")
