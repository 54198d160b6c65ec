"""Where on the detector rings are off their lines, and by how much."""

from __future__ import annotations

from typing import Any

import numpy as np
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.powder import Calibration

_SHARE = 97  #: percentile of the residuals at which the colours end


class ResidualMapPreview(Preview):
    """A dot for each place where a ring was found, in the colour of its residual.

    A pattern in the colours tells what is wrong: one side red and the other blue, the beam
    centre or a tilt; rings of one colour, the distance, the energy or the powder.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from silx.gui.plot.ColorBar import ColorBarWidget

        from beamcanvas.canvas.previews.plots import new_plot, new_toolbar

        self.plot = new_plot(self)
        self.plot.setKeepDataAspectRatio(True)
        self.plot.getYAxis().setInverted(True)
        self.plot.setGraphXLabel("x (pixel)")
        self.plot.setGraphYLabel("y (pixel)")
        self.colourbar = ColorBarWidget(parent=self, plot=self.plot)
        self.colourbar.setLegend("2θ off its line (°)")
        self.position = QLabel(" ")
        self.position.setContentsMargins(8, 2, 8, 2)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.colourbar)
        self.box.addWidget(new_toolbar(self.plot))
        self.box.addLayout(middle, 1)
        self.box.addWidget(self.position)
        self.places = np.empty((0, 2))
        self.residuals = np.empty(0)
        self._shape: tuple[int, int] = (0, 0)
        self.plot.sigPlotSignal.connect(self._plot_event)

    def show_value(self, value: Calibration) -> None:
        from silx.gui.colors import Colormap

        self.places, self.residuals = value.residual_map()
        rows, columns = shape = value.image.shape
        self.plot.addShape(
            np.array([0, columns, columns, 0]),
            np.array([0, 0, rows, rows]),
            legend="detector",
            shape="polygon",
            color="#808080",
            fill=False,
            overlay=False,
        )
        end = float(np.percentile(np.abs(self.residuals), _SHARE)) if len(self.residuals) else 1.0
        end = end or 1.0
        x, y = self.places.T
        self.plot.addScatter(
            x,
            y,
            self.residuals,
            legend="residuals",
            colormap=Colormap(name="coolwarm", vmin=-end, vmax=end),
            symbol="o",
        )
        self.plot.getScatter("residuals").setSymbolSize(5)
        self.plot.setActiveScatter("residuals")
        self.position.setText(
            f"{len(self.residuals)} places on rings, within "
            f"{np.sqrt(np.mean(self.residuals**2)):.4f}° of their lines (root mean square)"
            if len(self.residuals)
            else "No ring was found."
        )
        if shape != self._shape:
            self._shape = shape
            self.plot.setLimits(0, columns, 0, rows)

    def _plot_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "mouseMoved" and len(self.places):
            x, y = event["x"], event["y"]
            nearest = int(np.argmin(np.hypot(*(self.places - (x, y)).T)))
            px, py = self.places[nearest]
            self.position.setText(
                f"nearest: pixel x {px:.0f}, y {py:.0f}   off by {self.residuals[nearest]:+.4f}°"
            )
