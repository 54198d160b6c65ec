"""Tomography: from an NXtomo scan to a volume."""

from .frames.reduce import copy_darks_and_flats, reduce_darks_and_flats
from .scan.open import open_scan
from .scan.types import Reduced, Selection, TomoScan

__all__ = [
    "Reduced",
    "Selection",
    "TomoScan",
    "copy_darks_and_flats",
    "open_scan",
    "reduce_darks_and_flats",
]
