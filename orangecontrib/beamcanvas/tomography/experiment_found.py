"""What phase retrieval took from the scan, in the units of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.tomography import TomoScan


def found_of(scan: TomoScan, treatment: type[Any]) -> Mapping[str, float]:
    """Energy, distance and pixel size with which a scan's phase is retrieved."""
    how = scan.treatment(treatment)
    said = {"energy": how.energy, "distance": how.distance, "pixel_size": 1e6 * how.pixel_size[1]}
    return {name: round(value, 6) for name, value in said.items()}
