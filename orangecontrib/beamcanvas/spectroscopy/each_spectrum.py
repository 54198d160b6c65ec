"""A preview of one spectrum after the other: a slider through a series or a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.nexus import NXData
from beamcanvas.spectroscopy import Spectra

from .range_plot import RangePlot

OVERLAID = 12  #: spectra drawn together at most


class EachSpectrum(Preview):
    """Shows a result of many spectra one by one, or those around it together."""

    #: the results that are shown like this wherever nothing else is asked for
    shows: ClassVar[type | None] = None
    #: whether several can be drawn together
    together = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value: Any = None
        self.on_number: Callable[[int], None] | None = None
        self.curve_plots: list[RangePlot] = []
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.spin = QSpinBox()
        self.spin.setKeyboardTracking(False)
        self.name = QLabel()
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.all = QCheckBox("together")
        self.all.setToolTip(f"Draw up to {OVERLAID} spectra from here on together")
        self.all.toggled.connect(lambda _: self._draw())
        self.slider.valueChanged.connect(self.spin.setValue)
        self.spin.valueChanged.connect(self._chosen)
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(8, 2, 8, 2)
        for widget, stretch in ((self.slider, 2), (self.spin, 0), (self.name, 1), (self.all, 0)):
            row.addWidget(widget, stretch)
        self.all.setVisible(self.together)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setContentsMargins(8, 2, 8, 2)
        self.status.setStyleSheet("color: #b35900")

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if cls.shows is not None and isinstance(value, cls.shows) else 0

    def finish(self) -> None:
        """Put the slider and the status below what was put into the box."""
        self.curve_plots = self.findChildren(RangePlot)
        self.box.addWidget(self.status)
        self.box.addWidget(self.bar)

    def spectra_of(self, value: Any) -> Spectra:
        """The spectra behind a result."""
        return value if isinstance(value, Spectra) else value.spectra

    def show_value(self, value: Any) -> None:
        first = self.value is None
        self.value = value
        spectra = self.spectra_of(value)
        number = spectra.first_usable if first else min(self.number, len(spectra) - 1)
        for widget in (self.slider, self.spin):
            widget.blockSignals(True)
            widget.setRange(0, len(spectra) - 1)
            widget.setValue(number)
            widget.blockSignals(False)
        self.bar.setVisible(len(spectra) > 1)
        self._draw()

    @property
    def number(self) -> int:
        """Of the spectrum that is shown."""
        return self.spin.value()

    def show_number(self, number: int) -> None:
        """Show another spectrum."""
        self.spin.setValue(number)

    def numbers(self) -> list[int]:
        """Of the spectra that are drawn."""
        count = len(self.spectra_of(self.value))
        if not (self.together and self.all.isChecked()):
            return [self.number]
        first = min(self.number, max(count - OVERLAID, 0))
        return list(range(first, min(first + OVERLAID, count)))

    def _chosen(self, number: int) -> None:
        self.slider.setValue(number)
        self._draw()
        if self.on_number is not None:
            self.on_number(number)

    def _draw(self) -> None:
        if self.value is None:
            return
        spectra = self.spectra_of(self.value)
        self.name.setText(spectra.name(self.number) if len(spectra) > 1 else "")
        why = dict(getattr(self.value, "problems", spectra.problems)).get(self.number, "")
        self.status.setText(why[:1].upper() + why[1:])
        self.status.setVisible(bool(why))
        for plot in self.curve_plots:
            plot.growing = spectra.growing
        self.draw(self.number)

    def draw(self, number: int) -> None:
        """Draw one spectrum, or `numbers`."""
        raise NotImplementedError
