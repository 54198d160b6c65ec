"""A scan to look through: its projections as treated and as measured, its sinograms."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from AnyQt.QtCore import Qt, QTimer
from AnyQt.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from orangewidget.utils.concurrent import FutureWatcher

from beamcanvas.canvas.look import Words
from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.threads import pool
from beamcanvas.errors import InputError
from beamcanvas.nexus import Axis, NXData
from beamcanvas.tomography import TomoScan
from beamcanvas.tomography.frames.treatment import SinogramTreatment
from beamcanvas.tomography.scan.nxtomo import KINDS

if TYPE_CHECKING:
    from beamcanvas.tomography.frames.projections import Projections

TREATED, MEASURED, SINOGRAM = "Projection", "As measured", "Sinogram"
REDUCED = "Dark, flat"
_TIPS = {
    TREATED: "With darks, flats and all treatments so far",
    MEASURED: "Counts of all frames in the file, darks and flats too",
    SINOGRAM: "One row of all projections, minus the logarithm",
    REDUCED: "The reduced darks and flats",
}


class ScanPreview(Preview):
    """One projection or one sinogram, read in the background when it is looked at."""

    #: what is shown first; what was done last, where that is empty
    shows_first = ""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scan: TomoScan | None = None
        self.image = ImagePreview(self)
        self.kinds = QButtonGroup(self)
        choice = QHBoxLayout()
        choice.setContentsMargins(8, 6, 8, 0)
        choice.setSpacing(2)
        for kind, tip in _TIPS.items():
            button = QToolButton()
            button.setText(kind)
            button.setToolTip(tip)
            button.setCheckable(True)
            self.kinds.addButton(button)
            choice.addWidget(button)
        self.kinds.buttonClicked.connect(lambda _: self._change_kind())
        self.words = Words()  # long ones don't make the window wider
        self.words.setContentsMargins(10, 0, 0, 0)
        choice.addWidget(self.words, 1)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.valueChanged.connect(self._move)
        self.number = QSpinBox()
        self.number.setKeyboardTracking(False)
        self.number.valueChanged.connect(self.slider.setValue)
        self.where = QLabel()
        self.where.setMinimumWidth(
            self.fontMetrics().horizontalAdvance("of 0000: projection at 000.00°")
        )
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        row.addWidget(self.where)
        self.box.addLayout(choice)
        self.box.addWidget(self.image, 1)
        self.box.addLayout(row)
        self._at = dict.fromkeys(_TIPS, -1)
        self._frames = _Frames()
        self._watch: FutureWatcher | None = None
        self._is_reading = False
        self._wanted: tuple[str, int] | None = None
        self._late = QTimer(self, singleShot=True, interval=300)
        self._late.timeout.connect(lambda: self.image.position.setText("Reading …"))
        self.destroyed.connect(self._frames.close)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, TomoScan) else 0

    @property
    def kind(self) -> str:
        """What is shown: a projection as treated, as measured, or a sinogram."""
        return str(self.kinds.checkedButton().text())

    def show_value(self, value: TomoScan) -> None:
        first = self.scan is None
        if self.scan is not None and (self.scan.file, self.scan.entry) != (value.file, value.entry):
            self._at[MEASURED] = -1  # its projections start at another frame
        self.scan = value
        can_treat = value.darks is not None and value.flats is not None
        for button in self.kinds.buttons():
            needs = button.text() != MEASURED
            button.setEnabled(can_treat or not needs)
            if needs and not can_treat:
                button.setToolTip("Needs darks and flats: reduce them first")
        checked = self.kinds.checkedButton()
        if first or checked is None or not checked.isEnabled():
            on_lines = any(isinstance(t, SinogramTreatment) for t in value.treatments)
            treated = SINOGRAM if on_lines else TREATED
            self._check(self.shows_first or (treated if can_treat else MEASURED))
        elif not self.shows_first and can_treat and checked.text() == MEASURED and value.treatments:
            self._check(TREATED)
        done = [*value.selection.words, *(t.summary for t in value.treatments)]
        self.words.setText(" · ".join(done))
        self.words.setToolTip("\n".join(done))
        self._change_kind()

    def _check(self, kind: str) -> None:
        next(b for b in self.kinds.buttons() if b.text() == kind).setChecked(True)

    def _change_kind(self) -> None:
        self._want(self._at[self.kind])

    def _move(self, at: int) -> None:
        self._at[self.kind] = at
        self._show_number(at)
        self._want(at)

    def _show_number(self, at: int) -> None:
        for box in (self.slider, self.number):
            box.blockSignals(True)
            box.setValue(at)
            box.blockSignals(False)

    def _want(self, at: int) -> None:
        self._wanted = (self.kind, at)
        self._late.start()
        self._read_next()

    def _read_next(self) -> None:
        """Read what is wanted now; what was wanted meanwhile is skipped."""
        if self._is_reading or self._wanted is None or self.scan is None:
            return
        kind, at = self._wanted
        self._wanted = None
        self._is_reading = True
        future = pool().submit(self._frames.read, self.scan, kind, at)
        self._watch = FutureWatcher(future)
        self._watch.done.connect(self._show_read)

    def _show_read(self, future: Future[Any]) -> None:
        self._is_reading = False
        if self._wanted is not None:
            self._read_next()
            return
        self._late.stop()
        try:
            seen = future.result()
        except InputError as error:
            self._say(str(error))
            return
        self._at[seen.kind] = seen.at
        for box in (self.slider, self.number):
            box.blockSignals(True)
            box.setRange(0, seen.total - 1)
            box.blockSignals(False)
        self._show_number(seen.at)
        self.where.setText(seen.where)
        self.image.position.setText(" ")
        self.image.show_image(seen.data)

    def _say(self, words: str) -> None:
        self._late.stop()
        self.image.position.setText(words)
        self.image.position.setToolTip(words)


class Seen(NamedTuple):
    """What was read, and where it is among the others."""

    kind: str
    at: int
    total: int
    where: str
    data: NXData


class _Frames:
    """The scan that is looked at, its files open as long as it is. Used by a thread at a time."""

    def __init__(self) -> None:
        self._scan: TomoScan | None = None
        self._opened: Projections | None = None

    def close(self) -> None:
        """Close the files."""
        opened, self._opened, self._scan = self._opened, None, None
        if opened is not None:
            with suppress(Exception):  # a file system that went away
                opened.close()

    def read(self, scan: TomoScan, kind: str, at: int) -> Seen:
        """What is to be shown; below 0 is the first projection, a middle row, the first flat."""
        from beamcanvas.tomography.frames.projections import Projections

        if scan != self._scan or self._opened is None:
            self.close()
            self._opened = Projections(scan)
            self._scan = scan
        return _READ[kind](self._opened, kind, at)


def _treated(projections: Projections, kind: str, at: int) -> Seen:
    count = projections.shape[0]
    at = min(max(at, 0), count - 1)
    where = f"of {count}, at {np.rad2deg(projections.angles[at]):.5g}°"
    name, label, unit = "transmission", "I/I0", ""
    if projections.gives_phase:
        name, label, unit = "phase", "Phase shift", "rad"
    return Seen(kind, at, count, where, _picture(projections.radio(at), name, label, unit))


def _measured(projections: Projections, kind: str, at: int) -> Seen:
    table = projections.table
    count = len(table.keys)
    at = min(at if at >= 0 else int(table.projections[0]), count - 1)
    what, angle = KINDS.get(int(table.keys[at]), "unknown"), table.angles[at]
    where = f"of {count}: {what}" + (f" at {angle:.5g}°" if np.isfinite(angle) else "")
    # darks and flats get levels of their own, being so much darker and brighter
    name = f"counts of a {what}" if what in ("dark", "flat") else "counts"
    return Seen(kind, at, count, where, _picture(projections.frame(at), name, "Counts"))


def _reduced(projections: Projections, kind: str, at: int) -> Seen:
    from beamcanvas.tomography.frames.flatten import oriented, read_reduced

    scan = projections.scan
    darks, flats = scan.darks, scan.flats
    found = [(r, n) for r in (darks, flats) if r is not None for n in range(len(r.frames))]
    at = min(at if at >= 0 else len(darks.frames) if darks is not None else 0, len(found) - 1)
    reduced, n = found[at]
    what = reduced.kind.removesuffix("s")
    where = f"of {len(found)}: {what} of frame {reduced.frames[n]}, {reduced.method}"
    image = oriented(read_reduced(reduced)[n : n + 1], scan.flips)[0]
    return Seen(kind, at, len(found), where, _picture(image, what, "Counts"))


def _picture(frame: Any, name: str, label: str, unit: str = "") -> NXData:
    axes = (Axis(name="y", unit="px"), Axis(name="x", unit="px"))
    return NXData(
        signal=frame, axes=axes, name=name, label=label, unit=unit, pixels=True, colours="grey"
    )


def _sinogram(projections: Projections, kind: str, at: int) -> Seen:
    count = projections.shape[1]
    at = min(at if at >= 0 else count // 2, count - 1)
    return Seen(kind, at, count, f"of {count} rows", _row(projections, at))


def _row(projections: Projections, row: int) -> NXData:
    degrees = np.rad2deg(projections.angles)
    steps = np.diff(degrees)
    if len(steps) and np.ptp(steps) < 0.01 * np.abs(steps).max():
        angle = Axis(name="angle", values=degrees, unit="°", label="Angle")
    else:
        angle = Axis(name="projection", label="Projection")
    is_phase = projections.gives_phase
    return NXData(
        signal=projections.sinograms(row, row + 1)[0],
        name="phase" if is_phase else "line_integral",
        label="Phase shift" if is_phase else "-log(I/I0)",
        unit="rad" if is_phase else "",
        axes=(angle, Axis(name="column", unit="px", label="Column")),
        colours="grey",
    )


_READ = {TREATED: _treated, MEASURED: _measured, SINOGRAM: _sinogram, REDUCED: _reduced}
