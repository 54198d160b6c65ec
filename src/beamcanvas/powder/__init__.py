"""Powder diffraction: from a detector image to a calibrated pattern."""

from .analyzers import Analyzer, AnalyzerStage, open_analyzers
from .calibration import Calibrated, calibrate, refine_geometry
from .combine import combine_images
from .configuration import (
    Configuration,
    Configured,
    read_configuration,
    save_configuration,
)
from .correction import find_bad_pixels, subtract_background, subtract_pattern
from .experiment import describe_experiment
from .flat_field import apply_flat_field
from .goniometer import Goniometer, geometry_at, save_goniometer
from .goniometer_calibration import calibrate_goniometer
from .image import open_image
from .integration import integrate_1d, integrate_2d
from .line_refinement import LineRefinement, refine_lines
from .mask import mask_pixels, runs_of
from .moving_detector import integrate_moving
from .multianalyzer import AnalyzerPatterns, merge_analyzers, rebin_analyzers
from .open_pattern import open_pattern
from .outliers import integrate_without_outliers
from .poni import read_poni, save_poni
from .results import Cake, Calibration, Pattern, Ring
from .samples import Sample, SampleResults, Samples, integrate_samples, read_samples
from .save import save_ascii, save_nexus
from .scan import ScanResult, integrate_scan
from .scan_results import IntegratedScan
from .spec_file import convert_to_spec
from .types import Calibrant, Detector, DiffractionImage, Geometry, Header, Mask, Setup

__all__ = [
    "Analyzer",
    "AnalyzerPatterns",
    "AnalyzerStage",
    "Cake",
    "Calibrant",
    "Calibrated",
    "Calibration",
    "Configuration",
    "Configured",
    "Detector",
    "DiffractionImage",
    "Geometry",
    "Goniometer",
    "Header",
    "IntegratedScan",
    "LineRefinement",
    "Mask",
    "Pattern",
    "Ring",
    "Sample",
    "SampleResults",
    "Samples",
    "ScanResult",
    "Setup",
    "apply_flat_field",
    "calibrate",
    "calibrate_goniometer",
    "combine_images",
    "convert_to_spec",
    "describe_experiment",
    "find_bad_pixels",
    "geometry_at",
    "integrate_1d",
    "integrate_2d",
    "integrate_moving",
    "integrate_samples",
    "integrate_scan",
    "integrate_without_outliers",
    "mask_pixels",
    "merge_analyzers",
    "open_analyzers",
    "open_image",
    "open_pattern",
    "read_configuration",
    "read_poni",
    "read_samples",
    "rebin_analyzers",
    "refine_geometry",
    "refine_lines",
    "runs_of",
    "save_ascii",
    "save_configuration",
    "save_goniometer",
    "save_nexus",
    "save_poni",
    "subtract_background",
    "subtract_pattern",
]
