"""A nabu configuration as decisions on a scan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..centre.finders import Finder
from ..frames.reduce import reduce_darks_and_flats
from ..frames.selection import choose_projections
from ..frames.treatments.background import Background
from ..frames.treatments.double_flat import DoubleFlat
from ..frames.treatments.hot_pixels import HotPixels
from ..frames.treatments.phase import retrieve_phase, retrieve_phase_ctf
from ..frames.treatments.rings import Rings
from ..frames.treatments.tilt import Tilt
from ..frames.treatments.unsharp import Unsharp
from ..scan.nxtomo import read_scan, read_table
from ..scan.types import TomoScan
from .geometry import extended_width
from .nabu_said import YES, Said, quantity
from .settings import Filter, Reconstruction

_RINGS = {"munch": "munch", "vo": "vo", "wavelets-median": "wavelets-median"}
_RINGS |= {"mean-subtraction": "mean"}


class FromNabu(NamedTuple):
    """A scan as a configuration says, and how its axis is to be found if it has no number."""

    scan: TomoScan
    finder: Finder


@task(title="Import nabu.conf", requires="tomography")
def import_nabu_conf(
    file: Annotated[Path, Param(path="open", filter="nabu (*.conf *.cfg);;All files (*)")],
    scan_file: Annotated[
        Path | None, Param(path="open", auto="as it says", label="Scan instead")
    ] = None,
) -> FromNabu:
    """Open the scan of a nabu configuration, with all that it decides.

    What it says and is not understood here stands among the scan's warnings. Where it
    names a finder instead of a rotation axis, connect that to *Centre of rotation*.

    Parameters
    ----------
    file:
        A configuration of nabu.
    scan_file:
        Another scan to do the same with.

    Raises
    ------
    InputError
        When the file is no configuration of nabu, or its scan can't be read.
    """
    path = Path(file)
    said = Said(path)
    location = scan_file or path.parent / said.take("dataset", "location")
    entry = said.take("dataset", "hdf5_entry") if scan_file is None else ""
    scan = _corrected(read_scan(Path(location), entry or None), said)
    scan = _frames(scan, said)
    scan = reduce_darks_and_flats(scan, folder=_folder(said, path))
    scan = _treatments(scan, said)
    scan, finder = _axis(scan, said)
    scan = _reconstruction(scan, said, path)
    left = said.left()
    if left:
        scan = scan.warned(f"{path.name} also says, and it is not followed: {', '.join(left)}.")
    return FromNabu(scan, finder)


def _folder(said: Said, path: Path) -> Path | None:
    folder = said.take("dataset", "darks_flats_dir")
    return path.parent / folder if folder else None


def _frames(scan: TomoScan, said: Said) -> TomoScan:
    high = int(said.number("dataset", "binning_z", 1))
    wide = int(said.number("dataset", "binning", 1))
    if min(high, wide) < 1:
        raise InputError(f"{said.path}: the binning of {high} × {wide} pixels should be 1 or more.")
    flips = tuple(
        scan.flips[n] if (text := said.take("dataset", key)) in ("auto", "") else text != "0"
        for n, key in enumerate(("flip_lr", "flip_ud"))
    )
    if flips[0]:
        scan = scan.warned(f"{said.path.name} mirrors the slices; here the projections are.")
    first, last = (_row(said, key, scan.shape[1]) for key in ("start_z", "end_z"))
    if flips[1]:  # nabu counts rows as they are in the file
        first, last = scan.shape[1] - 1 - last, scan.shape[1] - 1 - first
    rows = None if (first, last) == (0, scan.shape[1] - 1) else (first, last + 1)
    scan = replace(
        scan,
        selection=replace(scan.selection, binning=(high, wide), rows=rows),
        flips=(bool(flips[0]), bool(flips[1])),
        use_current=said.flag("preproc", "normalize_srcurrent"),
    )
    return _projections(scan, said)


def _projections(scan: TomoScan, said: Said) -> TomoScan:
    """nabu leaves projections out, and takes one in several of the others."""
    every, _, start = (said.take("dataset", "projections_subsampling") or "1").partition(":")
    kind, _, value = said.take("dataset", "exclude_projections").partition("=")
    table = read_table(scan)
    degrees = table.angles[table.projections]
    try:
        step, first = int(every), int(start or 0)
        if not kind.strip():
            return choose_projections(scan, every=step, start=first)
        excluded = _excluded(said, kind.strip(), value.strip(), table.projections, degrees)
        is_range = kind.strip() == "angular_range" and (step, first) == (1, 0)
        if is_range:
            low, high = (float(v) for v in value.strip(" []").split(","))
            return choose_projections(scan, exclude_angles=[(low, high)])
        used = np.delete(np.arange(len(degrees)), excluded)[first::step]
        left_out = np.setdiff1d(np.arange(len(degrees)), used)
        return choose_projections(scan, exclude=left_out.tolist())
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{said.path}: the projections to leave out can't be read: {error}."
        ) from None


def _excluded(
    said: Said,
    kind: str,
    value: str,
    frames: NDArray[np.int64],
    degrees: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Projections to leave out, whose frames nabu counts with the darks and flats."""
    if kind == "angular_range":
        low, high = (float(v) for v in value.strip(" []").split(","))
        return np.flatnonzero((degrees >= low) & (degrees <= high))
    if kind not in ("indices", "angles"):
        raise ValueError(f"'{kind}' is not understood")
    values = np.loadtxt(said.path.parent / value, ndmin=1)
    among = frames if kind == "indices" else degrees
    return np.flatnonzero(np.isclose(among[:, None], values[None], atol=1e-3).any(axis=1))


def _corrected(scan: TomoScan, said: Said) -> TomoScan:
    """The scan with the energy, distance and pixel size that the configuration says."""
    units = {"kev": 1.0, "ev": 1e-3, "m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "micron": 1e-6}
    for name, value in said.options("dataset", "overwrite_metadata").items():
        number, unit = quantity(value)
        factor = units.get(unit.lower().replace("µ", "u"), 1.0)
        if number is None or name not in ("energy", "distance", "pixel_size"):
            scan = scan.warned(
                f"{said.path.name} also says, and it is not followed: [dataset] "
                f"overwrite_metadata {name} = {value}."
            )
        elif name == "pixel_size":
            scan = replace(scan, pixel_size=(number * factor, number * factor))
        elif name == "energy":
            scan = replace(scan, energy=number * factor)
        else:
            distance = number * factor
            if not np.isclose(distance, [scan.propagation_distance or 0, scan.distance or 0]).any():
                scan = replace(scan, distance=distance, propagation_distance=None)
    return scan


def _row(said: Said, key: str, count: int) -> int:
    text = said.take("reconstruction", key).lower()
    words = {"first": 0, "middle": count // 2, "last": count - 1}
    at = words[text] if text in words else int(said.number("reconstruction", key))
    return at + count if at < 0 else at


def _treatments(scan: TomoScan, said: Said) -> TomoScan:
    if said.flag("preproc", "ccd_filter_enabled"):
        scan = scan.treated(HotPixels(said.number("preproc", "ccd_filter_threshold")))
    if said.flag("preproc", "double_flatfield"):
        sigma = said.number("preproc", "dff_sigma")
        scan = scan.treated(DoubleFlat(sigma or None))
    tilt = said.take("preproc", "tilt_correction")
    angle, unit = quantity(tilt)
    if angle is not None and not unit:
        scan = scan.treated(Tilt(angle))
    elif tilt:
        scan = scan.warned(f"{said.path.name} lets nabu find the tilt ({tilt}); give it instead.")
    normalization = said.take("preproc", "sino_normalization")
    if normalization == "chebyshev":
        scan = scan.treated(Background())
    elif normalization not in ("", "none"):
        scan = scan.warned(
            f"{said.path.name} normalises sinograms by {normalization}; here it is left out."
        )
    scan = _rings(scan, said)
    scan = _phase(scan, said)
    coefficient = said.number("phase", "unsharp_coeff")
    sigma = said.number("phase", "unsharp_sigma")
    method = said.take("phase", "unsharp_method")
    if coefficient and sigma:
        named: Any = "laplacian" if method == "log" else method
        scan = scan.treated(Unsharp(coefficient, sigma, named))
    return scan


def _rings(scan: TomoScan, said: Said) -> TomoScan:
    method = said.take("preproc", "sino_rings_correction")
    options = said.options("preproc", "sino_rings_options")
    if not method or method == "none":
        return scan
    if method not in _RINGS:
        return scan.warned(f"{said.path.name} removes rings by '{method}'; here it is left out.")
    default = Rings()
    named: Any = _RINGS[method]
    try:
        rings = Rings(
            method=named,
            width=float(_last(options.get("filter_cutoff"), default.width)),
            sigma=float(options.get("sigma", default.sigma)),
            levels=int(options["levels"]) if options.get("levels", "").isdigit() else None,
            snr=float(options.get("snr", default.snr)),
            large=int(options.get("la_size", default.large)),
            small=int(options.get("sm_size", default.small)),
        )
    except ValueError as error:
        raise InputError(
            f"{said.path}: [preproc] sino_rings_options can't be read: {error}."
        ) from None
    return scan.treated(rings)


def _last(pair: str | None, otherwise: float) -> str | float:
    return otherwise if pair is None else pair.strip("()[] ").split(",")[-1]


def _phase(scan: TomoScan, said: Said) -> TomoScan:
    method = said.take("phase", "method").lower()
    if method in ("none", ""):
        return scan
    ratio = said.number("phase", "delta_beta", 100.0)
    if method in ("paganin", "tie"):
        return retrieve_phase(scan, delta_beta=ratio)
    if method == "ctf":
        options = said.options("phase", "ctf_advanced_params")
        low, _ = quantity(options.get("lim1", "1e-5"))
        high, _ = quantity(options.get("lim2", "0.2"))
        source, _ = quantity(said.options("phase", "ctf_geometry").get("z1_v", ""))
        if low is None or high is None:
            raise InputError(f"{said.path}: [phase] ctf_advanced_params can't be read.")
        if said.flag("preproc", "take_logarithm"):
            scan = scan.warned(
                f"{said.path.name} takes the logarithm of a phase; here it is not taken."
            )
        return retrieve_phase_ctf(
            scan, delta_beta=ratio, low=low, high=high, source_distance=source
        )
    return scan.warned(f"{said.path.name} retrieves the phase by '{method}'; here it is left out.")


def _reconstruction(scan: TomoScan, said: Said, path: Path) -> TomoScan:
    def file(key: str) -> Path | None:
        name = said.take("reconstruction", key)
        return path.parent / name if name else None

    method = said.take("reconstruction", "method").upper()
    if method != "FBP":
        scan = scan.warned(f"{path.name} reconstructs by {method}; here it is FBP.")
    filter: Any = said.take("reconstruction", "fbp_filter_type").replace("ram-lak", "ramlak")
    if filter not in get_args(Filter):
        raise InputError(f"{path}: there is no filter '{filter}'.")
    half = said.take("reconstruction", "enable_halftomo").lower()
    padding = said.take("reconstruction", "padding_type")
    edges = [int(said.number("reconstruction", f"{end}_{axis}")) for axis, end in _EDGES]
    region = None
    if edges != [0, -1, 0, -1]:
        region, moved = _region(scan, edges, said.flag("reconstruction", "centered_axis"), half)
        if moved:
            scan = scan.warned(
                f"{path.name} reconstructs a region around the axis; here it is half a pixel away."
            )
    settings = Reconstruction(
        backend="nabu-identical",
        filter=filter,
        cutoff=said.number("reconstruction", "fbp_filter_cutoff", 1.0),
        padding="zeros" if padding.startswith(("zero", "constant")) else "edges",
        half_acquisition=None if half == "auto" else half in YES,
        centred=said.flag("reconstruction", "centered_axis"),
        region=region,
        clip=said.flag("reconstruction", "clip_outer_circle"),
        outside=said.number("reconstruction", "outer_circle_value"),
        angles_file=file("angles_file"),
        axis_file=file("axis_correction_file"),
        angle_offset=said.number("reconstruction", "angle_offset"),
    )
    return replace(scan, reconstruction=settings)


def _region(
    scan: TomoScan, edges: list[int], is_centred: bool, half: str
) -> tuple[tuple[int, int, int, int], bool]:
    """Edges of the slice's region in its own pixels, and whether it couldn't be put exactly.

    nabu counts pixels before binning, and with the axis in the middle of the slice puts the
    middle of the region there, too.
    """
    wide = scan.selection.binning[1]
    size = scan.shape[2]
    if (scan.half_acquisition if half == "auto" else half in YES) and scan.centre is not None:
        size = extended_width(size, scan.centre)
    left, right, top, bottom = (n + size if n < 0 else n for n in edges)
    small = size // wide
    left, right, top, bottom = (
        left // wide,
        (right + 1) // wide - 1,
        top // wide,
        (bottom + 1) // wide - 1,
    )
    if not is_centred:
        return (left, right, top, bottom), False
    width, height = right - left + 1, bottom - top + 1
    left, top = (small - width) // 2, (small - height) // 2
    moved = bool((small - width) % 2 or (small - height) % 2)
    return (left, left + width - 1, top, top + height - 1), moved


_EDGES = (("x", "start"), ("x", "end"), ("y", "start"), ("y", "end"))


def _axis(scan: TomoScan, said: Said) -> tuple[TomoScan, Finder]:
    named = said.take("reconstruction", "rotation_axis_position")
    options = said.take("reconstruction", "cor_options")
    if named in get_args(Finder) and options not in ("", "side='from_file'"):
        scan = scan.warned(
            f"{said.path.name} finds the rotation axis with {options}; say so to the finder."
        )
    if not named:
        middle = (scan.shape[2] - 1) / 2
        return replace(scan, centre=middle, centre_from="nabu.conf"), "sliding-window"
    if named in get_args(Finder):
        finder: Any = named
        return scan, finder
    try:
        # nabu counts columns as they are in the file
        at = scan.shape[2] - 1 - float(named) if scan.flips[0] else float(named)
        return replace(scan, centre=at, centre_from="nabu.conf"), "sliding-window"
    except ValueError:
        return (
            scan.warned(f"{said.path.name} finds the rotation axis by '{named}', unknown here."),
            "sliding-window",
        )
