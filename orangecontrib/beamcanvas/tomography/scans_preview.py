"""Several scans as a table, with what can't be used below."""

from __future__ import annotations

from typing import Any

from AnyQt.QtWidgets import QLabel, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.nexus import NXData
from beamcanvas.tomography import Scans, TomoScan


class ScansPreview(Preview):
    """One line a scan: what it is and what is missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = TablePreview(self)
        self.problems = QLabel()
        self.problems.setWordWrap(True)
        self.problems.setContentsMargins(8, 4, 8, 4)
        self.box.addWidget(self.table, 1)
        self.box.addWidget(self.problems)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Scans) else 0

    def show_value(self, value: Scans) -> None:
        self.table.show_value([_row(scan) for scan in value.scans])
        self.table.view.resizeColumnsToContents()
        self.problems.setText("\n".join(value.problems))
        self.problems.setVisible(bool(value.problems))


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
        "What to know": " ".join(scan.warnings),
    }
