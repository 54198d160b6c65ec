"""A geometry for the image turned over, one way or another."""

from __future__ import annotations

from dataclasses import replace

from ..types import Geometry


def turnings(geometry: Geometry) -> dict[str, Geometry]:
    """The geometry as it is (``""``), and for each way that its image may have been turned."""
    return {
        "": geometry,
        "upside down": geometry.flipped(),
        "left to right": _mirrored(geometry),
        "half around": _mirrored(geometry.flipped()),
    }


def _mirrored(geometry: Geometry) -> Geometry:
    width = geometry.detector.shape[1] * geometry.detector.pixel_size[1]
    return replace(geometry, poni2=width - geometry.poni2, rot1=-geometry.rot1, rot3=-geometry.rot3)
