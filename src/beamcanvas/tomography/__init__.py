"""Tomography: from an NXtomo scan to a volume."""

from .centre.candidates import Candidates
from .centre.delta_beta import DeltaBetaChosen, try_delta_beta
from .centre.find import Centred, find_centre
from .centre.many import CentreChosen, try_centres
from .centre.opposite import OppositePair
from .convert.bliss import convert_bliss
from .convert.edf import convert_edf
from .convert.tiff import convert_tiff
from .frames.compare import FrameDifference, SampleMoved, check_sample_moved, compare_frames
from .frames.flat_field import flat_field
from .frames.reduce import copy_darks_and_flats, reduce_darks_and_flats
from .frames.selection import bin_pixels, choose_projections, select_region
from .frames.treatments.background import remove_background
from .frames.treatments.distortion import correct_distortion
from .frames.treatments.double_flat import double_flat_field
from .frames.treatments.hot_pixels import correct_hot_pixels
from .frames.treatments.phase import retrieve_phase, retrieve_phase_ctf
from .frames.treatments.rings import remove_rings
from .frames.treatments.scale import Brightness, Normalised, normalise_projections
from .frames.treatments.tilt import correct_tilt
from .frames.treatments.unsharp import unsharp_mask
from .reconstruct.choose import choose_reconstruction
from .reconstruct.chunks import VolumePlan
from .reconstruct.nabu_export import export_nabu_conf
from .reconstruct.nabu_import import FromNabu, import_nabu_conf
from .reconstruct.series import ScansReconstructed, ScanState, SliceStack, reconstruct_scans
from .reconstruct.settings import Reconstruction
from .reconstruct.slices import SliceImages, reconstruct_slices
from .reconstruct.volume import assemble_volume, plan_volume, reconstruct_part, reconstruct_volume
from .scan.discover import Scans, choose_scan, collect_scans, filter_scans, find_scans, open_scans
from .scan.edit import edit_scan
from .scan.keys import edit_image_keys, upgrade_image_keys
from .scan.open import open_scan
from .scan.save import add_darks_and_flats, concatenate_scans, save_scan
from .scan.types import Reduced, Selection, TomoScan
from .scan.validate import Validated, validate_scans
from .volume.cast import CastVolume, Histogram, cast_volume
from .volume.open import open_volume, open_volumes
from .volume.stitch import Seams, Stitched, stitch_volumes
from .volume.types import Volume

__all__ = [
    "Brightness",
    "Candidates",
    "CastVolume",
    "CentreChosen",
    "Centred",
    "DeltaBetaChosen",
    "FrameDifference",
    "FromNabu",
    "Histogram",
    "Normalised",
    "OppositePair",
    "Reconstruction",
    "Reduced",
    "SampleMoved",
    "ScanState",
    "Scans",
    "ScansReconstructed",
    "Seams",
    "Selection",
    "SliceImages",
    "SliceStack",
    "Stitched",
    "TomoScan",
    "Validated",
    "Volume",
    "VolumePlan",
    "add_darks_and_flats",
    "assemble_volume",
    "bin_pixels",
    "cast_volume",
    "check_sample_moved",
    "choose_projections",
    "choose_reconstruction",
    "choose_scan",
    "collect_scans",
    "compare_frames",
    "concatenate_scans",
    "convert_bliss",
    "convert_edf",
    "convert_tiff",
    "copy_darks_and_flats",
    "correct_distortion",
    "correct_hot_pixels",
    "correct_tilt",
    "double_flat_field",
    "edit_image_keys",
    "edit_scan",
    "export_nabu_conf",
    "filter_scans",
    "find_centre",
    "find_scans",
    "flat_field",
    "import_nabu_conf",
    "normalise_projections",
    "open_scan",
    "open_scans",
    "open_volume",
    "open_volumes",
    "plan_volume",
    "reconstruct_part",
    "reconstruct_scans",
    "reconstruct_slices",
    "reconstruct_volume",
    "reduce_darks_and_flats",
    "remove_background",
    "remove_rings",
    "retrieve_phase",
    "retrieve_phase_ctf",
    "save_scan",
    "select_region",
    "stitch_volumes",
    "try_centres",
    "try_delta_beta",
    "unsharp_mask",
    "upgrade_image_keys",
    "validate_scans",
]
