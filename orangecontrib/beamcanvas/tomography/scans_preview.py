"""Several scans as a table; the one that is chosen is looked through below."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QLabel, QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.nexus import NXData
from beamcanvas.tomography import Scans, TomoScan

from .scan_preview import ScanPreview


class ScansPreview(Preview):
    """One line a scan: what it is and what is missing. Arrow keys go from scan to scan."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scans: tuple[TomoScan, ...] = ()
        self.table = TablePreview(self)
        self.table.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.scan = ScanPreview(self)
        self.doubts = QLabel()
        self.doubts.setWordWrap(True)
        self.doubts.setContentsMargins(8, 4, 8, 4)
        self.problems = QLabel()
        self.problems.setWordWrap(True)
        self.problems.setContentsMargins(8, 4, 8, 4)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.scan)
        split.setStretchFactor(1, 1)
        split.setSizes([160, 400])
        self.box.addWidget(split, 1)
        self.box.addWidget(self.doubts)
        self.box.addWidget(self.problems)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Scans) else 0

    def show_value(self, value: Scans) -> None:
        view = self.table.view
        row = min(max(view.currentIndex().row(), 0), len(value.scans) - 1)
        self.scans = value.scans
        self.table.show_value([_row(scan) for scan in value.scans])
        view.selectionModel().currentRowChanged.connect(lambda now, _: self._look_at(now.row()))
        view.selectRow(row)
        self.problems.setText("\n".join(value.problems))
        self.problems.setVisible(bool(value.problems))

    def _look_at(self, row: int) -> None:
        if 0 <= row < len(self.scans):
            scan = self.scans[row]
            self.scan.show_value(scan)
            self.doubts.setText(f"{scan.name}: {' '.join(scan.warnings)}")
            self.doubts.setVisible(bool(scan.warnings))


def _row(scan: TomoScan) -> dict[str, Any]:
    count, rows, columns = scan.shape
    return {
        "Scan": scan.name,
        "Projections": count,
        "Rows × columns": f"{rows} × {columns}",
        "Span (°)": round(scan.span, 3),
        "Darks, flats": f"{scan.raw_darks}, {scan.raw_flats}",
        "Energy (keV)": "" if scan.energy is None else scan.energy,
        "Pixel (µm)": "" if scan.pixel_size is None else round(1e6 * scan.pixel_size[1], 4),
        "Doubts": len(scan.warnings) or "",
    }
