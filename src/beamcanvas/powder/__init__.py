"""Powder diffraction: from a detector image to a calibrated pattern."""

from .calibration import Calibrated, calibrate, refine_geometry
from .configuration import (
    Configuration,
    Configured,
    read_configuration,
    save_configuration,
)
from .experiment import describe_experiment
from .image import open_image
from .integration import integrate_1d, integrate_2d
from .mask import mask_pixels, runs_of
from .open_pattern import open_pattern
from .poni import read_poni, save_poni
from .results import Cake, Calibration, Pattern, Ring
from .save import save_ascii, save_nexus
from .types import Calibrant, Detector, DiffractionImage, Geometry, Header, Mask, Setup

__all__ = [
    "Cake",
    "Calibrant",
    "Calibrated",
    "Calibration",
    "Configuration",
    "Configured",
    "Detector",
    "DiffractionImage",
    "Geometry",
    "Header",
    "Mask",
    "Pattern",
    "Ring",
    "Setup",
    "calibrate",
    "describe_experiment",
    "integrate_1d",
    "integrate_2d",
    "mask_pixels",
    "open_image",
    "open_pattern",
    "read_configuration",
    "read_poni",
    "refine_geometry",
    "runs_of",
    "save_ascii",
    "save_configuration",
    "save_nexus",
    "save_poni",
]
