"""What was decided of a scan as a configuration that nabu runs as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...output_file import check_not_read, replacing, words_of
from ...task import Existing, Param, task
from ..frames.reduce import reduced_file
from ..frames.selection import used_projections
from ..frames.treatments.background import Background
from ..frames.treatments.double_flat import DoubleFlat
from ..frames.treatments.hot_pixels import HotPixels
from ..frames.treatments.phase import ContrastTransfer, Paganin
from ..frames.treatments.rings import Rings, levels_for
from ..frames.treatments.tilt import Tilt
from ..frames.treatments.unsharp import Unsharp
from ..scan.nxtomo import read_table
from ..scan.types import TomoScan
from .geometry import extended_width

Sections = dict[str, dict[str, Any]]

_RINGS = {"mean": "mean-subtraction"}
_KNOWN = (
    Background,
    ContrastTransfer,
    DoubleFlat,
    HotPixels,
    Paganin,
    Rings,
    Tilt,
    Unsharp,
)


@task(title="Export nabu.conf", output="file", requires="tomography")
def export_nabu_conf(
    scan: TomoScan,
    *,
    file: Annotated[Path, Param(path="save", filter="nabu (*.conf)")],
    output_folder: Annotated[
        Path | None, Param(path="folder", auto="reconstructed_volumes beside the scan")
    ] = None,
    existing: Existing = "keep",
) -> Path:
    """Write all that was decided of a scan as a nabu configuration.

    ``nabu nabu.conf`` then reconstructs the same volume; of a phase by contrast transfer, its
    negative.

    Parameters
    ----------
    scan:
        A scan with its treatments, rotation axis and reconstruction settings.
    file:
        The configuration to write.
    output_folder:
        Where nabu is to write; it is made, as nabu wants it to be there.
    existing:
        What to do with a configuration of that name, which may have been edited by hand.

    Raises
    ------
    InputError
        When something was decided that nabu can't do, or the file can't be written, or is
        there and to be kept.
    """
    from nabu.pipeline.config import generate_nabu_configfile
    from nabu.pipeline.fullfield.nabu_config import nabu_config

    if not Path(file).name:
        raise InputError("The configuration to write has no name.")
    folder = output_folder or scan.file.parent / "reconstructed_volumes"
    path = Path(file).with_suffix(".conf") if not Path(file).suffix else Path(file)
    check_not_read(path, [scan.file])
    said = sections_of(scan, Path(folder).absolute())
    excluded = _excluded_frames(scan)
    if path.exists() and existing == "keep":  # before anything is written beside it
        raise InputError(
            f"{path} can't be written: it is there already: choose 'replace it', or another file."
        )
    if excluded:
        beside = path.absolute().with_name(f"{path.stem}_excluded.txt")
        with replacing(beside) as (_, new):
            np.savetxt(new, np.array(excluded), fmt="%d")
        del said["dataset"]["projections_subsampling"]
        said["dataset"]["exclude_projections"] = f"indices = {beside}"
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise InputError(f"{folder} can't be made: {words_of(error)}.") from None
    with replacing(path) as (path, new):
        generate_nabu_configfile(str(new), nabu_config, said, options_level="advanced")
    return path


def sections_of(scan: TomoScan, folder: Path) -> Sections:
    """The values that differ from nabu's defaults, by section.

    Raises
    ------
    InputError
        When something was decided that nabu can't do.
    """
    _refuse(scan)
    how, selection = scan.reconstruction, scan.selection
    dataset: dict[str, Any] = {
        "location": scan.file,
        "hdf5_entry": scan.entry,
        "binning": selection.binning[1],
        "binning_z": selection.binning[0],
        "flip_lr": 0,
        "flip_ud": int(scan.flips[1]),
        "projections_subsampling": f"{selection.every}:{selection.start}",
        "overwrite_metadata": _experiment(scan),
    }
    if _is_one_range(scan):
        low, high = selection.excluded_angles[0]
        dataset["exclude_projections"] = f"angular_range = [{low:g}, {high:g}]"
    if scan.darks is not None:
        dataset["darks_flats_dir"] = scan.darks.file.parent
    preproc: dict[str, Any] = {
        "flatfield": 1,
        "normalize_srcurrent": int(scan.use_current and scan.has_current),
    }
    reconstruction: dict[str, Any] = {
        "method": "FBP",
        "rotation_axis_position": repr(float(scan.centre or 0)),
        "angle_offset": how.angle_offset,
        "angles_file": how.angles_file or "",
        "axis_correction_file": how.axis_file or "",
        "fbp_filter_type": how.filter,
        "fbp_filter_cutoff": how.cutoff,
        "padding_type": how.padding,
        "enable_halftomo": int(_is_half(scan)),
        "clip_outer_circle": int(how.clip),
        "outer_circle_value": how.outside,
        "centered_axis": int(how.centred),
    }
    if how.region is not None:
        # nabu counts pixels before binning
        wide = selection.binning[1]
        left, right, top, bottom = how.region
        edges = left * wide, right * wide + wide - 1, top * wide, bottom * wide + wide - 1
        names = ("start_x", "end_x", "start_y", "end_y")
        reconstruction.update(zip(names, edges, strict=True))
    if selection.rows is not None:
        first, after = selection.rows
        if scan.flips[1]:  # nabu counts rows as they are in the file
            first, after = scan.shape[1] - after, scan.shape[1] - first
        reconstruction["start_z"], reconstruction["end_z"] = first, after - 1
    sections: Sections = {
        "dataset": dataset,
        "preproc": preproc,
        "phase": {},
        "reconstruction": reconstruction,
        "output": {"location": folder, "file_prefix": f"{scan.name}_vol"},
    }
    for treatment in scan.treatments:
        _add(sections, treatment, scan)
    return sections


def _is_half(scan: TomoScan) -> bool:
    said = scan.reconstruction.half_acquisition
    return scan.half_acquisition if said is None else said


def _is_one_range(scan: TomoScan) -> bool:
    """Whether one range of angles is left out, and nothing else."""
    selection = scan.selection
    return (
        len(selection.excluded_angles) == 1
        and not selection.excluded
        and (selection.every, selection.start) == (1, 0)
    )


def _excluded_frames(scan: TomoScan) -> list[int]:
    """The frames that nabu is to leave out, counted as it does, with darks and flats.

    None where it can take one in several by itself.
    """
    selection = scan.selection
    is_regular = selection.start < selection.every
    if _is_one_range(scan) or (
        is_regular and not (selection.excluded or selection.excluded_angles)
    ):
        return []
    table = read_table(scan)
    used = used_projections(scan, table.angles[table.projections])
    frames: list[int] = np.delete(table.projections, used).tolist()
    return frames


def _experiment(scan: TomoScan) -> str:
    """Energy, distance and pixel size, which may have been corrected since they were read."""
    phase = next((t for t in scan.treatments if isinstance(t, Paganin | ContrastTransfer)), None)
    energy, distance = (phase or scan).energy, (phase or scan).distance
    size = None if scan.pixel_size is None else 1e6 * scan.pixel_size[1]
    known = {"energy": (energy, "kev"), "distance": (distance, "m"), "pixel_size": (size, "um")}
    return "; ".join(f"{k} = {v:.10g} {unit}" for k, (v, unit) in known.items() if v is not None)


def _refuse(scan: TomoScan) -> None:
    """Name what nabu has no word for."""
    if scan.centre is None:
        raise InputError(f"{scan.name}: the rotation axis is not known yet; find it, or give it.")
    how, selection = scan.reconstruction, scan.selection
    lacking = [t.summary for t in scan.treatments if not isinstance(t, _KNOWN)]
    lacking += [words for t in scan.treatments if (words := _unlike(t, scan))]
    if how.method != "FBP":
        lacking.append(how.method)
    if selection.columns is not None:
        lacking.append("a region of the projections' columns")
    if how.region is not None and how.centred and not _is_middle(scan):
        lacking.append("a region aside of the axis, with the axis in the middle of the slice")
    if (how.angles_file or how.axis_file) and (selection.excluded or selection.excluded_angles):
        lacking.append("a file for all projections, with some of them left out")
    if scan.flips[0]:
        lacking.append("frames mirrored left to right (it mirrors the slices instead)")
    if scan.keys:
        lacking.append("edited image keys (save the scan first)")
    if scan.flat_interpolation != "linear":
        lacking.append("the nearest flat")
    for reduced in (scan.darks, scan.flats):
        folder = None if scan.darks is None else scan.darks.file.parent
        if reduced is not None and (
            reduced.copied_from or reduced.file != reduced_file(scan, reduced.kind, folder)
        ):
            lacking.append(f"{reduced.kind} that are not beside the others under the scan's name")
    if lacking:
        raise InputError(f"{scan.name}: nabu can't do this: {'; '.join(lacking)}.")


def _unlike(treatment: Any, scan: TomoScan) -> str:
    """What of a treatment nabu does otherwise, in words; nothing for most."""
    match treatment:
        case HotPixels(cold=True):
            return treatment.summary
        case Unsharp(method="laplacian"):
            return "an unsharp mask by the Laplacian (it takes a Gaussian for one)"
        case Paganin() | ContrastTransfer():
            height, width = treatment.pixel_size
            if scan.pixel_size is None or (height, width) != (scan.pixel_size[1],) * 2:
                return "phase retrieval with another pixel size than the slices', or unequal sides"
    return ""


def _is_middle(scan: TomoScan) -> bool:
    """Whether the region of the slice is around its middle."""
    assert scan.reconstruction.region is not None  # noqa: S101 - asked for one
    left, right, top, bottom = scan.reconstruction.region
    wide = scan.selection.binning[1]
    size = scan.shape[2] // wide
    if _is_half(scan):
        size = extended_width(size, ((scan.centre or 0) + 0.5) / wide - 0.5)
    return left + right == top + bottom == size - 1


def _add(sections: Sections, treatment: Any, scan: TomoScan) -> None:
    preproc, phase = sections["preproc"], sections["phase"]
    match treatment:
        case HotPixels():
            preproc["ccd_filter_enabled"] = 1
            preproc["ccd_filter_threshold"] = treatment.threshold
        case DoubleFlat():
            preproc["double_flatfield"] = 1
            preproc["dff_sigma"] = "" if treatment.sigma is None else treatment.sigma
        case Tilt():
            preproc["tilt_correction"] = treatment.angle
        case Background():
            preproc["sino_normalization"] = "chebyshev"
        case Rings():
            preproc["sino_rings_correction"] = _RINGS.get(treatment.method, treatment.method)
            preproc["sino_rings_options"] = _ring_options(treatment, scan)
        case Paganin():
            phase.update(method="paganin", delta_beta=treatment.delta_beta)
        case ContrastTransfer():
            phase.update(method="ctf", delta_beta=treatment.delta_beta)
            preproc["take_logarithm"] = 0
            phase["ctf_advanced_params"] = (
                f"length_scale=1e-5; lim1={treatment.low:g}; lim2={treatment.high:g}; "
                "normalize_by_mean=True"
            )
            # the pixel size is the one at the sample already
            phase["ctf_geometry"] = (
                f"z1_v={treatment.source_distance}; z1_h=None; detec_pixel_size=None; "
                "magnification=False"
            )
        case Unsharp():
            phase.update(
                unsharp_coeff=treatment.coefficient,
                unsharp_sigma=treatment.sigma,
                unsharp_method=treatment.method,
            )


def _ring_options(rings: Rings, scan: TomoScan) -> str:
    if rings.method == "vo":
        return f"snr={rings.snr:g}; la_size={rings.large}; sm_size={rings.small}; dim=1"
    if rings.method == "mean":
        return f"filter_cutoff=(0, {rings.width:g})"
    table = read_table(scan)
    angles = len(used_projections(scan, table.angles[table.projections]))
    levels = rings.levels or levels_for((angles, scan.shape[2] // scan.selection.binning[1]))
    return f"sigma={rings.sigma:g}; levels={levels}"
