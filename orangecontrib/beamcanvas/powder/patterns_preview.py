"""Patterns by name, plotted together: those over one axis, chosen where there are several."""

from __future__ import annotations

from AnyQt.QtWidgets import QComboBox, QWidget

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.powder import Patterns
from beamcanvas.powder.results import AXES

_MOST = 12  #: plotted together; more can't be told apart


class PatternsPreview(CurvePreview):
    """Curves with a legend; *axis* says over what, when patterns have different units."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.patterns: Patterns | None = None
        self.axis = QComboBox()
        self.axis.setToolTip("Which patterns to plot: those over this axis")
        self.axis.activated.connect(lambda _: self._plot())
        self.toolbar.addSeparator()
        self._axis_action = self.toolbar.addWidget(self.axis)

    def show_value(self, value: Patterns) -> None:
        self.patterns = value
        chosen = self.axis.currentData()
        self.axis.clear()
        for unit in dict.fromkeys(p.unit for p in value.patterns.values()):
            _, symbol, label = AXES[unit]
            self.axis.addItem(f"{label} ({symbol})", unit)
        self.axis.setCurrentIndex(max(0, self.axis.findData(chosen)))
        self._axis_action.setVisible(self.axis.count() > 1)
        self._plot()

    def _plot(self) -> None:
        if self.patterns is not None:
            unit = self.axis.currentData()
            shown = [(n, p.nxdata()) for n, p in self.patterns.patterns.items() if p.unit == unit]
            self.show_curves(shown[:_MOST])
