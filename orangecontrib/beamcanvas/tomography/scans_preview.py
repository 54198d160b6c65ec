"""Several scans as a table; the one that is chosen is looked through below."""

from __future__ import annotations

from typing import Any

from AnyQt.QtWidgets import QLabel, QWidget

from beamcanvas.nexus import NXData
from beamcanvas.tomography import Scans, TomoScan

from .chosen_preview import ChosenPreview
from .scan_preview import ScanPreview


class ScansPreview(ChosenPreview):
    """One line a scan: what it is and what is missing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.scan = ScanPreview()
        super().__init__(self.scan, (160, 400), parent)
        self.scans: tuple[TomoScan, ...] = ()
        self.doubts = QLabel()
        self.problems = QLabel()
        for label in (self.doubts, self.problems):
            label.setWordWrap(True)
            label.setContentsMargins(8, 4, 8, 4)
            self.box.addWidget(label)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Scans) else 0

    def show_value(self, value: Scans) -> None:
        self.scans = value.scans
        self.show_rows([_row(scan) for scan in value.scans], self._look_at)
        self.problems.setText("\n".join(value.problems))
        self.problems.setVisible(bool(value.problems))

    def _look_at(self, row: int) -> None:
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
