"""A volume as three linked slices through one point; only these are read."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np
from AnyQt.QtCore import QSize, Qt, QTimer
from AnyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from orangewidget.utils.concurrent import FutureWatcher

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.threads import pool
from beamcanvas.errors import InputError
from beamcanvas.nexus import NXData
from beamcanvas.tomography import Volume
from beamcanvas.tomography.volume.types import quantity_of

#: axis across a view: what is along its rows, what is along its columns
_VIEWS = {0: ("y", "x"), 1: ("z", "x"), 2: ("z", "y")}
_NAMES = "zyx"
#: pixels along a view at most; a view across x is read no finer, as its voxels lie far apart
_FINEST = 1200
_FINEST_ACROSS_X = 500


class VolumePreview(Preview):
    """Horizontal and both upright slices; a click in one moves the others there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from beamcanvas.canvas.previews.plots import new_plot

        self.volume: Volume | None = None
        self.at = [0, 0, 0]
        self._cuts: dict[int, Any] = {}
        self._shown: dict[int, int] = {}
        self._colourmap: Any = None
        self._reading = False
        self._watch: FutureWatcher | None = None
        self.plots: dict[int, Any] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        grid.setContentsMargins(4, 4, 4, 4)
        places = {0: (0, 0), 2: (0, 1), 1: (1, 0)}
        for axis, (row, column) in places.items():
            plot = new_plot(self)
            plot.look.show_as("grey")
            plot.setKeepDataAspectRatio(True)
            plot.getYAxis().setInverted(True)
            plot.setInteractiveMode("pan")
            rows, columns = _VIEWS[axis]
            plot.setGraphXLabel(f"{columns} (voxel)")
            plot.setGraphYLabel(f"{rows} (voxel)")
            plot.sigPlotSignal.connect(lambda event, axis=axis: self._plot_event(axis, event))
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            self.plots[axis] = plot
            grid.addWidget(plot, row, column)
        grid.addWidget(self._panel(), 1, 1)
        for n in (0, 1):
            grid.setRowStretch(n, 1)
            grid.setColumnStretch(n, 1)
        self.box.addLayout(grid, 1)
        self._late = QTimer(self, singleShot=True, interval=300)
        self._late.timeout.connect(lambda: self.value.setText("Reading …"))

    def _panel(self) -> QWidget:
        from silx.gui.plot import actions
        from silx.gui.plot.ColorBar import ColorBarWidget

        panel = QWidget()
        both = QHBoxLayout(panel)
        both.setContentsMargins(12, 8, 4, 8)
        box = QVBoxLayout()
        self.colourbar = ColorBarWidget(parent=panel, plot=self.plots[0])
        both.addLayout(box, 1)
        both.addWidget(self.colourbar)
        self.sliders: dict[int, QSlider] = {}
        self.numbers: dict[int, QSpinBox] = {}
        for axis in range(3):
            line = QHBoxLayout()
            slider = QSlider(Qt.Orientation.Horizontal)
            number = QSpinBox()
            number.setKeyboardTracking(False)
            slider.valueChanged.connect(lambda at, axis=axis: self.go({axis: at}))
            number.valueChanged.connect(slider.setValue)
            line.addWidget(QLabel(_NAMES[axis]))
            line.addWidget(slider, 1)
            line.addWidget(number)
            self.sliders[axis], self.numbers[axis] = slider, number
            box.addLayout(line)
        self.value = QLabel(" ")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.levels = QPushButton("Levels of this slice")
        self.levels.setToolTip("Set black and white by the horizontal slice that is shown")
        self.levels.clicked.connect(self._set_levels)
        self.levels.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        colours = QToolButton()
        colours.setDefaultAction(actions.control.ColormapAction(parent=self, plot=self.plots[0]))
        colours.setIconSize(QSize(20, 20))
        line = QHBoxLayout()
        line.addWidget(colours)
        line.addWidget(self.levels)
        line.addStretch(1)
        box.addWidget(self.value)
        box.addLayout(line)
        box.addSpacing(6)
        box.addWidget(self.words)
        box.addStretch(1)
        return panel

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Volume) else 0

    def show_value(self, value: Volume) -> None:
        last = self.volume
        self.volume = value
        self._shown.clear()
        if last is None or (last.dtype, last.unit) != (value.dtype, value.unit):
            self._colourmap = None
        if last is None or last.shape != value.shape:
            self._colourmap = None
            self.at = [n // 2 for n in value.shape]
            for axis, count in enumerate(value.shape):
                for box in (self.sliders[axis], self.numbers[axis]):
                    box.blockSignals(True)
                    box.setRange(0, count - 1)
                    box.blockSignals(False)
            for axis in _VIEWS:
                self._cuts.pop(axis, None)
        self.words.setText(_facts(value))
        self.words.setToolTip(value.identifier)
        self.colourbar.setLegend(_title(value))
        self.go({})

    def go(self, to: dict[int, int]) -> None:
        """Show the slices through a point; axes that are not named stay."""
        if self.volume is None:
            return
        for axis, at in to.items():
            self.at[axis] = min(max(int(at), 0), self.volume.shape[axis] - 1)
        for axis, at in enumerate(self.at):
            for box in (self.sliders[axis], self.numbers[axis]):
                box.blockSignals(True)
                box.setValue(at)
                box.blockSignals(False)
        self._show_cross()
        self._read_next()

    def _read_next(self) -> None:
        wanted = [axis for axis in _VIEWS if self._shown.get(axis) != self.at[axis]]
        if self._reading or not wanted or self.volume is None:
            return
        self._reading = True
        self._late.start()
        future = pool().submit(_read, self.volume, wanted[0], self.at[wanted[0]])
        self._watch = FutureWatcher(future)
        self._watch.done.connect(self._show_read)

    def _show_read(self, future: Future[Any]) -> None:
        self._reading = False
        self._late.stop()
        try:
            volume, axis, at, cut, step = future.result()
        except InputError as error:
            self.value.setText(str(error))
            return
        if volume is self.volume:
            self._shown[axis] = at
            self._show_cut(axis, cut, step)
        self._show_cross()
        self._read_next()

    def _show_cut(self, axis: int, cut: Any, read_step: int) -> None:
        from beamcanvas.canvas.previews.plots import new_colourmap

        new = axis not in self._cuts
        self._cuts[axis] = cut
        if self._colourmap is None and axis == 0:
            self._colourmap = new_colourmap(cut, log=False, colours="grey")
        step = max(1, -(-max(cut.shape) // _FINEST))
        self.plots[axis].addImage(
            np.ascontiguousarray(cut[::step, ::step]),
            legend="image",
            scale=(step * read_step,) * 2,
            colormap=self._colourmap,
            resetzoom=new,
            copy=False,
        )
        self.plots[axis].setActiveImage("image")

    def _set_levels(self) -> None:
        from beamcanvas.canvas.previews.plots import levels

        found = levels(self._cuts[0], log=False) if 0 in self._cuts else None
        if found is not None and self._colourmap is not None:
            self._colourmap.setVRange(*found)

    def _show_cross(self) -> None:
        for axis, (rows, columns) in _VIEWS.items():
            plot = self.plots[axis]
            if axis not in self._cuts:
                continue
            plot.addYMarker(self.at[_NAMES.index(rows)] + 0.5, legend="row", color="#e6399b")
            plot.addXMarker(self.at[_NAMES.index(columns)] + 0.5, legend="column", color="#e6399b")
        if 0 in self._cuts and self._shown.get(0) == self.at[0]:
            z, y, x = self.at
            value = float(self._cuts[0][y, x])
            unit = self.volume.unit if self.volume is not None else ""
            self.value.setText(f"z {z}, y {y}, x {x}: {value:.5g} {unit}".strip())

    def _plot_event(self, axis: int, event: dict[str, Any]) -> None:
        if event["event"] == "mouseClicked" and event["button"] == "left":
            rows, columns = _VIEWS[axis]
            self.go({_NAMES.index(rows): event["y"], _NAMES.index(columns): event["x"]})


def _read(volume: Volume, axis: int, at: int) -> tuple[Volume, int, int, Any, int]:
    from beamcanvas.tomography.volume.reading import VolumeData

    step = -(-max(volume.shape[:2]) // _FINEST_ACROSS_X) if axis == 2 else 1
    with VolumeData(volume) as data:
        return volume, axis, at, data.cut(axis, at, step), step


def _title(volume: Volume) -> str:
    """What the values are, as far as the volume says it."""
    name = quantity_of(volume.unit)
    return f"{name} ({volume.unit})" if volume.unit else name


def _facts(volume: Volume) -> str:
    lines = [f"<b>{volume.path.name}</b>", f"{' × '.join(map(str, volume.shape))} {volume.dtype}"]
    if volume.voxel_size is not None:
        sizes = " × ".join(f"{1e6 * v:.5g}" for v in volume.voxel_size)
        lines.append(f"voxels of {sizes} µm (z, y, x)")
    if volume.position is not None:
        lines.append("centre at " + ", ".join(f"{1e3 * p:.4g}" for p in volume.position) + " mm")
    if volume.scan:
        lines.append(f"from {volume.scan.rpartition('/')[2]}")
    return "<br>".join(lines)
