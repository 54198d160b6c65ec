"""Tomography: from an NXtomo scan to a volume."""

from .frames.reduce import copy_darks_and_flats, reduce_darks_and_flats
from .frames.selection import bin_pixels, choose_projections, select_region
from .frames.treatments.background import remove_background
from .frames.treatments.double_flat import double_flat_field
from .frames.treatments.hot_pixels import correct_hot_pixels
from .frames.treatments.phase import retrieve_phase, retrieve_phase_ctf
from .frames.treatments.rings import remove_rings
from .frames.treatments.scale import Brightness, Normalised, normalise_projections
from .frames.treatments.tilt import correct_tilt
from .frames.treatments.unsharp import unsharp_mask
from .reconstruct.choose import choose_reconstruction
from .reconstruct.chunks import VolumePlan
from .reconstruct.settings import Reconstruction
from .reconstruct.slices import SliceImages, reconstruct_slices
from .reconstruct.volume import (
    assemble_volume,
    plan_volume,
    reconstruct_part,
    reconstruct_volume,
)
from .scan.open import open_scan
from .scan.types import Reduced, Selection, TomoScan
from .volume.open import open_volume
from .volume.types import Volume

__all__ = [
    "Brightness",
    "Normalised",
    "Reconstruction",
    "Reduced",
    "Selection",
    "SliceImages",
    "TomoScan",
    "Volume",
    "VolumePlan",
    "assemble_volume",
    "bin_pixels",
    "choose_projections",
    "choose_reconstruction",
    "copy_darks_and_flats",
    "correct_hot_pixels",
    "correct_tilt",
    "double_flat_field",
    "normalise_projections",
    "open_scan",
    "open_volume",
    "plan_volume",
    "reconstruct_part",
    "reconstruct_slices",
    "reconstruct_volume",
    "reduce_darks_and_flats",
    "remove_background",
    "remove_rings",
    "retrieve_phase",
    "retrieve_phase_ctf",
    "select_region",
    "unsharp_mask",
]
