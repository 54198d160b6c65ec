"""A geometry, and an experiment, in the units that people use."""

from __future__ import annotations

from math import degrees
from typing import Any

from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.nexus import NXData
from beamcanvas.powder import Geometry, Setup

#: so many of a calibrant's lines are listed
LINES = 12


class GeometryPreview(TablePreview):
    """Where the detector stands."""

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Geometry) else 0

    def show_value(self, value: Geometry) -> None:
        x, y = value.beam_centre
        rows = {
            "Distance": f"{1e3 * value.distance:.4f} mm",
            "Beam centre": f"x {x:.2f}, y {y:.2f} px",
            "Tilt": f"{value.tilt:.4f}°",
            "PONI 1": f"{1e3 * value.poni1:.4f} mm",
            "PONI 2": f"{1e3 * value.poni2:.4f} mm",
            **{
                f"Rotation {i}": f"{degrees(angle):.5f}°"
                for i, angle in enumerate((value.rot1, value.rot2, value.rot3), 1)
            },
            "Energy": f"{value.energy:.5f} keV",
            "Wavelength": f"{1e10 * value.wavelength:.6f} Å",
            "Detector": value.detector.words,
        }
        if value.calibrant is not None:
            rows["Calibrated with"] = value.calibrant.name
        super().show_value(rows)


class SetupPreview(TablePreview):
    """What was measured with what."""

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 10 if isinstance(value, Setup) else 0

    def show_value(self, value: Setup) -> None:
        detector = value.detector
        rows, columns = detector.shape
        height, width = (1e6 * size for size in detector.pixel_size)
        origin = f", from the {value.energy_from}" if value.energy_from else ""
        table = {
            "Calibrant": value.calibrant.name,
            "Energy": f"{value.energy:.5f} keV{origin}",
            "Wavelength": f"{1e10 * value.wavelength:.6f} Å",
            "Detector": detector.words,
            "Pixels": f"{rows} × {columns} of {height:g} × {width:g} µm",
        }
        angles = value.calibrant.two_theta(value.wavelength)
        spacings = value.calibrant.d_spacings
        for i, (angle, spacing) in enumerate(zip(angles[:LINES], spacings, strict=False), 1):
            table[f"Line {i}"] = f"2θ {degrees(angle):.4f}°,  d {spacing:.5f} Å"
        super().show_value(table)
