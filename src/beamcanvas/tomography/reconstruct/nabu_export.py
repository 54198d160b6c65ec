"""What was decided of a scan as a configuration that nabu runs as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...output_file import check_not_read, replacing, words_of
from ...task import Param, task
from ..frames.treatments.background import Background
from ..frames.treatments.double_flat import DoubleFlat
from ..frames.treatments.hot_pixels import HotPixels
from ..frames.treatments.phase import ContrastTransfer, Paganin
from ..frames.treatments.rings import Rings
from ..frames.treatments.tilt import Tilt
from ..frames.treatments.unsharp import Unsharp
from ..scan.types import TomoScan

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
) -> Path:
    """Write all that was decided of a scan as a nabu configuration.

    ``nabu nabu.conf`` then reconstructs the same volume.

    Parameters
    ----------
    scan:
        A scan with its treatments, rotation axis and reconstruction settings.
    file:
        The configuration to write.
    output_folder:
        Where nabu is to write; it is made, as nabu wants it to be there.

    Raises
    ------
    InputError
        When something was decided that nabu can't do, or the file can't be written.
    """
    from nabu.pipeline.config import generate_nabu_configfile
    from nabu.pipeline.fullfield.nabu_config import nabu_config

    if not Path(file).name:
        raise InputError("The configuration to write has no name.")
    folder = output_folder or scan.file.parent / "reconstructed_volumes"
    path = Path(file).with_suffix(".conf") if not Path(file).suffix else Path(file)
    check_not_read(path, [scan.file])
    said = sections_of(scan, Path(folder).absolute())
    excluded = scan.selection.excluded
    if excluded:
        beside = path.absolute().with_name(f"{path.stem}_excluded.txt")
        with replacing(beside) as (_, new):
            np.savetxt(new, np.array(excluded), fmt="%d")
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
        "flip_lr": int(scan.flips[0]),
        "flip_ud": int(scan.flips[1]),
    }
    if scan.darks is not None:
        dataset["darks_flats_dir"] = scan.darks.file.parent
    if selection.every > 1:
        dataset["projections_subsampling"] = f"{selection.every}:{selection.start}"
    for low, high in selection.excluded_angles:
        dataset["exclude_projections"] = f"angular_range = [{low:g}, {high:g}]"
    preproc: dict[str, Any] = {
        "flatfield": 1,
        "normalize_srcurrent": int(scan.use_current and scan.has_current),
    }
    reconstruction: dict[str, Any] = {
        "method": "FBP",
        "rotation_axis_position": "" if scan.centre is None else repr(float(scan.centre)),
        "angle_offset": how.angle_offset,
        "angles_file": how.angles_file or "",
        "axis_correction_file": how.axis_file or "",
        "fbp_filter_type": how.filter,
        "fbp_filter_cutoff": how.cutoff,
        "padding_type": how.padding,
        "enable_halftomo": "auto" if how.half_acquisition is None else int(how.half_acquisition),
        "clip_outer_circle": int(how.clip),
        "outer_circle_value": how.outside,
        "centered_axis": int(how.centred),
    }
    if how.region is not None:
        names = ("start_x", "end_x", "start_y", "end_y")
        reconstruction.update(zip(names, how.region, strict=True))
    if selection.rows is not None:
        reconstruction["start_z"], reconstruction["end_z"] = (
            selection.rows[0],
            selection.rows[1] - 1,
        )
    sections: Sections = {
        "dataset": dataset,
        "preproc": preproc,
        "phase": {},
        "reconstruction": reconstruction,
        "output": {"location": folder, "file_prefix": f"{scan.name}_vol"},
    }
    for treatment in scan.treatments:
        _add(sections, treatment)
    return sections


def _refuse(scan: TomoScan) -> None:
    """Name what nabu has no word for."""
    how, selection = scan.reconstruction, scan.selection
    lacking = [t.summary for t in scan.treatments if not isinstance(t, _KNOWN)]
    if how.method != "FBP":
        lacking.append(how.method)
    if selection.columns is not None:
        lacking.append("a region of the projections' columns")
    if len(selection.excluded_angles) + bool(selection.excluded) > 1:
        lacking.append("several ways of leaving projections out")
    if lacking:
        raise InputError(f"{scan.name}: nabu can't do this: {'; '.join(lacking)}.")


def _add(sections: Sections, treatment: Any) -> None:
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
            preproc["sino_rings_options"] = _ring_options(treatment)
        case Paganin():
            phase.update(method="paganin", delta_beta=treatment.delta_beta)
            _experiment(sections, treatment)
        case ContrastTransfer():
            phase.update(method="ctf", delta_beta=treatment.delta_beta)
            phase["ctf_advanced_params"] = (
                f"length_scale=1e-5; lim1={treatment.low:g}; lim2={treatment.high:g}; "
                "normalize_by_mean=True"
            )
            if treatment.source_distance is not None:
                sections["reconstruction"]["source_sample_dist"] = treatment.source_distance
            _experiment(sections, treatment)
        case Unsharp():
            method = "log" if treatment.method == "laplacian" else treatment.method
            phase.update(
                unsharp_coeff=treatment.coefficient,
                unsharp_sigma=treatment.sigma,
                unsharp_method=method,
            )


def _experiment(sections: Sections, treatment: Paganin | ContrastTransfer) -> None:
    size = 1e6 * treatment.pixel_size[1]
    sections["dataset"]["overwrite_metadata"] = (
        f"energy = {treatment.energy:g} kev; distance = {treatment.distance:g} m; "
        f"pixel_size = {size:g} um"
    )


def _ring_options(rings: Rings) -> str:
    if rings.method == "vo":
        return f"snr={rings.snr:g}; la_size={rings.large}; sm_size={rings.small}; dim=1"
    if rings.method == "mean":
        return f"filter_cutoff=(0, {rings.width:g})"
    return f"sigma={rings.sigma:g}; levels={rings.levels or 4}"
