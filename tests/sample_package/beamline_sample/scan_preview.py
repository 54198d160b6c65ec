"""A scan's counts with its monitor behind them: a dip in both is a dip of the beam."""

from __future__ import annotations

from dataclasses import replace

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.nexus.nxdata import NXData

from .scan import Scan


class ScanPreview(CurvePreview):
    """Counts and, scaled to them, the monitor."""

    @classmethod
    def fits(cls, value: object, data: NXData | None) -> int:
        return 10 if isinstance(value, Scan) else 0

    def show_value(self, value: Scan) -> None:
        counts = value.nxdata()
        scaled = value.monitor * (value.counts.max() / value.monitor.max())
        monitor = replace(counts, name="monitor", signal=scaled, errors=None)
        self.show_curves([("Counts", counts), ("Monitor, scaled", monitor)])
