"""Powder diffraction: from a detector image to a calibrated pattern."""

from .analyzers.lines import LineRefinement, refine_lines
from .analyzers.merge import merge_analyzers
from .analyzers.patterns import AnalyzerPatterns, rebin_analyzers
from .analyzers.save import save_analyzers
from .analyzers.spec_file import convert_to_spec
from .analyzers.stage import Analyzer, AnalyzerStage, open_analyzers
from .calibration.calibrate import Calibrated, calibrate, refine_geometry
from .configuration.configuration import Configuration
from .configuration.read import Configured, read_configuration
from .configuration.save import save_configuration
from .correction.background import subtract_background, subtract_pattern
from .correction.bad_pixels import find_bad_pixels
from .correction.flat_field import apply_flat_field
from .correction.mask import mask_pixels, runs_of
from .experiment.poni import read_poni, save_poni
from .experiment.setup import describe_experiment
from .export.patterns import save_patterns
from .export.tomography import Tomogram, export_tomography
from .files.open_pattern import open_pattern
from .files.save import save_ascii, save_nexus
from .goniometer.calibrate import calibrate_goniometer
from .goniometer.images import MovingImage, MovingImages, images_at_positions
from .goniometer.integrate import integrate_moving
from .goniometer.integrate_scan import integrate_moving_scan
from .goniometer.model import Goniometer, geometry_at, save_goniometer
from .goniometer.opening import open_goniometer
from .image.combine import combine_images
from .image.opening import open_image
from .integration.integrate import integrate_1d, integrate_2d
from .integration.outliers import integrate_without_outliers
from .integration.variants import Variant, Variants, describe_variants, integrate_variants
from .results import Cake, Calibration, Pattern, Patterns, Ring
from .samples.integrate import integrate_samples
from .samples.results import SampleResults
from .samples.table import Sample, Samples, read_samples
from .scan.averages import Averages, average_frames
from .scan.integrate import integrate_scan
from .scan.results import IntegratedScan
from .scan.run import ScanResult
from .types import Calibrant, Detector, DiffractionImage, Geometry, Header, Mask, Setup

__all__ = [
    "Analyzer",
    "AnalyzerPatterns",
    "AnalyzerStage",
    "Averages",
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
    "MovingImage",
    "MovingImages",
    "Pattern",
    "Patterns",
    "Ring",
    "Sample",
    "SampleResults",
    "Samples",
    "ScanResult",
    "Setup",
    "Tomogram",
    "Variant",
    "Variants",
    "apply_flat_field",
    "average_frames",
    "calibrate",
    "calibrate_goniometer",
    "combine_images",
    "convert_to_spec",
    "describe_experiment",
    "describe_variants",
    "export_tomography",
    "find_bad_pixels",
    "geometry_at",
    "images_at_positions",
    "integrate_1d",
    "integrate_2d",
    "integrate_moving",
    "integrate_moving_scan",
    "integrate_samples",
    "integrate_scan",
    "integrate_variants",
    "integrate_without_outliers",
    "mask_pixels",
    "merge_analyzers",
    "open_analyzers",
    "open_goniometer",
    "open_image",
    "open_pattern",
    "read_configuration",
    "read_poni",
    "read_samples",
    "rebin_analyzers",
    "refine_geometry",
    "refine_lines",
    "runs_of",
    "save_analyzers",
    "save_ascii",
    "save_configuration",
    "save_goniometer",
    "save_nexus",
    "save_patterns",
    "save_poni",
    "subtract_background",
    "subtract_pattern",
]
