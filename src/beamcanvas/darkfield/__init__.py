"""Dark-field X-ray microscopy: from a scan to maps of orientation and strain."""

from .analyse.components import Components, separate_sources
from .analyse.domains import find_domains
from .analyse.gradient import correct_gradient
from .analyse.layers import GrainVolume, build_volume
from .analyse.maps import PixelMaps
from .analyse.misorientation import kernel_average_misorientation
from .analyse.moments import Moments, compute_moments
from .analyse.mosaicity import Mosaicity, compute_mosaicity
from .analyse.reciprocal import ReciprocalMap, map_reciprocal_space
from .analyse.rocking import RockingFits, fit_rocking_curves
from .analyse.strain import compute_strain
from .analyse.sums import SumImages, sum_frames
from .read.dimension_table import set_dimensions
from .read.entries import Listed, list_scans
from .read.images import open_images
from .read.scan import open_scan
from .stack import DarkfieldStack, Dimension, Magnified
from .treat.background import subtract_background
from .treat.binning import bin_pixels
from .treat.drift import Drift, DriftCorrected, correct_drift
from .treat.hot_pixels import replace_hot_pixels
from .treat.magnification import set_pixel_size
from .treat.mask import leave_out_pixels
from .treat.motors import project, smooth_along_motors
from .treat.region import keep_region
from .treat.threshold import keep_levels, keep_significant, keep_weak_beam
from .write.images import save_images
from .write.nexus import save_maps, save_stack
from .write.volume import save_volume

__all__ = [
    "Components",
    "DarkfieldStack",
    "Dimension",
    "Drift",
    "DriftCorrected",
    "GrainVolume",
    "Listed",
    "Magnified",
    "Moments",
    "Mosaicity",
    "PixelMaps",
    "ReciprocalMap",
    "RockingFits",
    "SumImages",
    "bin_pixels",
    "build_volume",
    "compute_moments",
    "compute_mosaicity",
    "compute_strain",
    "correct_drift",
    "correct_gradient",
    "find_domains",
    "fit_rocking_curves",
    "keep_levels",
    "keep_region",
    "keep_significant",
    "keep_weak_beam",
    "kernel_average_misorientation",
    "leave_out_pixels",
    "list_scans",
    "map_reciprocal_space",
    "open_images",
    "open_scan",
    "project",
    "replace_hot_pixels",
    "save_images",
    "save_maps",
    "save_stack",
    "save_volume",
    "separate_sources",
    "set_dimensions",
    "set_pixel_size",
    "smooth_along_motors",
    "subtract_background",
    "sum_frames",
]
