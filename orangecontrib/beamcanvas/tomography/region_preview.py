"""The projections of a scan with a region on them that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from AnyQt.QtWidgets import QWidget

from beamcanvas.tomography import Selection, TomoScan

from .scan_preview import SINOGRAM, ScanPreview

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class RegionOnScan:
    """What the preview shows: a scan, and first row, last row, first column, last column."""

    scan: TomoScan
    box: Box

    @property
    def whole(self) -> TomoScan:
        """The scan in the pixels that a region counts, as it comes from its flat field."""
        return replace(self.scan, selection=Selection(), treatments=())


class RegionPreview(ScanPreview):
    """A rectangle on the projections; drag its corners, or its middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from silx.gui.plot.items.roi import RectangleROI
        from silx.gui.plot.tools.roi import RegionOfInterestManager

        self.on_moved: Callable[[Box], None] | None = None
        self.shown: RegionOnScan | None = None
        self.manager = RegionOfInterestManager(self.image.plot)
        self.manager.setColor("#e6399b")
        self.rectangle: Any = RectangleROI()
        self.rectangle.setName("region")
        self.rectangle.setGeometry(origin=(0, 0), size=(1, 1))
        self.rectangle.setEditable(True)
        self.rectangle.setLineWidth(2)
        self.manager.addRoi(self.rectangle)
        self.rectangle.sigEditingFinished.connect(self._moved)

    def show_value(self, value: Any) -> None:
        self.shown = value
        top, bottom, left, right = value.box
        self.rectangle.setGeometry(origin=(left, top), size=(right + 1 - left, bottom + 1 - top))
        super().show_value(value.whole)

    def _change_kind(self) -> None:
        self.rectangle.setVisible(self.kind != SINOGRAM)
        super()._change_kind()

    def _moved(self) -> None:
        if self.shown is None:
            return
        _, rows, columns = self.shown.scan.shape
        x, y = self.rectangle.getOrigin()
        width, height = self.rectangle.getSize()
        top, bottom = _pixels(y, height, rows)
        left, right = _pixels(x, width, columns)
        box = (top, bottom, left, right)
        if box != self.shown.box and self.on_moved is not None:
            self.on_moved(box)
        else:
            self.show_value(self.shown)


def _pixels(start: float, length: float, count: int) -> tuple[int, int]:
    """The first and the last pixel between two edges, at least one and inside the frame."""
    first = min(max(round(start), 0), count - 1)
    return first, min(max(round(start + length) - 1, first), count - 1)
