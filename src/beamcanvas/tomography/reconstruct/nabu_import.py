"""A nabu configuration as decisions on a scan."""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

import numpy as np

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
from ..scan.nxtomo import read_scan
from ..scan.types import TomoScan
from .settings import Filter, Reconstruction

_RINGS = {"munch": "munch", "vo": "vo", "wavelets-median": "wavelets-median"}
_RINGS |= {"mean-subtraction": "mean"}
#: what changes nothing of the voxels, or only where they are written
_IGNORED = {
    "dataset": {"nexus_version", "overwrite_metadata"},
    "preproc": {"flatfield", "flatfield_loading_mode", "log_min_clip", "log_max_clip"},
    "phase": {"padding_type"},
    "reconstruction": {"implementation", "cor_slice", "crop_filtered_data", "iterations"},
}
#: sections of which nothing changes the voxels
_OTHER_SECTIONS = {"output", "postproc", "resources", "pipeline", "about"}


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
    said = _Said(path)
    location = scan_file or path.parent / said.take("dataset", "location")
    entry = said.take("dataset", "hdf5_entry") if scan_file is None else ""
    scan = read_scan(Path(location), entry or None)
    scan = _frames(scan, said)
    scan = reduce_darks_and_flats(scan, folder=_folder(said, path))
    scan = _treatments(scan, said)
    scan = _reconstruction(scan, said, path)
    scan, finder = _axis(scan, said)
    left = said.left()
    if left:
        scan = scan.warned(f"{path.name} also says, and it is not followed: {', '.join(left)}.")
    return FromNabu(scan, finder)


class _Said:
    """What a configuration says beyond nabu's defaults; each value is taken once."""

    def __init__(self, path: Path) -> None:
        from nabu.pipeline.fullfield.nabu_config import nabu_config

        parser = ConfigParser(inline_comment_prefixes=("#",), interpolation=None)
        try:
            parser.read_string(path.read_text())
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}.") from None
        except (ConfigError, ValueError) as error:  # not text, or a name with a null character
            words = " ".join(str(error).split())
            raise InputError(f"{path} is no configuration of nabu: {words}.") from None
        if "dataset" not in parser or not parser["dataset"].get("location"):
            raise InputError(f"{path} is no configuration of nabu: [dataset] location is missing.")
        self.path = path
        self._values = {name: dict(parser[name]) for name in parser.sections()}
        self._defaults = {
            (section, key): str(option["default"]).strip()
            for section, options in nabu_config.items()
            for key, option in options.items()
        }
        self._taken: set[tuple[str, str]] = set()

    def take(self, section: str, key: str) -> str:
        """A value as text, nabu's default where it isn't given."""
        self._taken.add((section, key))
        given = self._values.get(section, {}).get(key)
        return self._defaults.get((section, key), "") if given is None else given.strip()

    def number(self, section: str, key: str, otherwise: float = 0.0) -> float:
        text = self.take(section, key)
        try:
            return float(text) if text else otherwise
        except ValueError:
            raise InputError(
                f"{self.path}: [{section}] {key} should be a number, not '{text}'."
            ) from None

    def flag(self, section: str, key: str) -> bool:
        return self.take(section, key).lower() in ("1", "true", "yes", "on")

    def options(self, section: str, key: str) -> dict[str, str]:
        """``a=1; b=2``."""
        pairs = (item.partition("=") for item in self.take(section, key).split(";"))
        return {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}

    def left(self) -> list[str]:
        """What was said differently from the default and not taken."""
        return [
            f"[{section}] {key} = {value.strip()}"
            for section, values in self._values.items()
            if section not in _OTHER_SECTIONS
            for key, value in values.items()
            if (section, key) not in self._taken
            and key not in _IGNORED.get(section, ())
            and value.strip() != self._defaults.get((section, key), "")
        ]


def _folder(said: _Said, path: Path) -> Path | None:
    folder = said.take("dataset", "darks_flats_dir")
    return path.parent / folder if folder else None


def _frames(scan: TomoScan, said: _Said) -> TomoScan:
    high = int(said.number("dataset", "binning_z", 1))
    wide = int(said.number("dataset", "binning", 1))
    first, last = (_row(said, key, scan.shape[1]) for key in ("start_z", "end_z"))
    rows = None if (first, last) == (0, scan.shape[1] - 1) else (first, last + 1)
    scan = replace(scan, selection=replace(scan.selection, binning=(high, wide), rows=rows))
    flips = tuple(
        scan.flips[n] if (text := said.take("dataset", key)) in ("auto", "") else text != "0"
        for n, key in enumerate(("flip_lr", "flip_ud"))
    )
    scan = replace(
        scan,
        flips=(bool(flips[0]), bool(flips[1])),
        use_current=said.flag("preproc", "normalize_srcurrent"),
    )
    every, _, start = (said.take("dataset", "projections_subsampling") or "1").partition(":")
    exclude: list[int] = []
    angles: list[tuple[float, float]] = []
    kind, _, value = said.take("dataset", "exclude_projections").partition("=")
    try:
        if kind.strip() == "indices":
            exclude = np.loadtxt(said.path.parent / value.strip(), dtype=int, ndmin=1).tolist()
        elif kind.strip() == "angular_range":
            low, high_angle = value.strip(" []").split(",")
            angles = [(float(low), float(high_angle))]
        elif kind.strip():
            raise ValueError(f"'{kind.strip()}' is not understood")
        return choose_projections(
            scan,
            every=int(every),
            start=int(start or 0),
            exclude=exclude,
            exclude_angles=angles,
        )
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{said.path}: the projections to leave out can't be read: {error}."
        ) from None


def _row(said: _Said, key: str, count: int) -> int:
    text = said.take("reconstruction", key).lower()
    words = {"first": 0, "middle": count // 2, "last": count - 1}
    at = words[text] if text in words else int(said.number("reconstruction", key))
    return at + count if at < 0 else at


def _treatments(scan: TomoScan, said: _Said) -> TomoScan:
    if said.flag("preproc", "ccd_filter_enabled"):
        scan = scan.treated(HotPixels(said.number("preproc", "ccd_filter_threshold")))
    if said.flag("preproc", "double_flatfield"):
        sigma = said.number("preproc", "dff_sigma")
        scan = scan.treated(DoubleFlat(sigma or None))
    tilt = said.take("preproc", "tilt_correction")
    if tilt and tilt.replace(".", "", 1).lstrip("+-").isdigit():
        scan = scan.treated(Tilt(float(tilt)))
    elif tilt:
        scan = scan.warned(f"{said.path.name} lets nabu find the tilt ({tilt}); give it instead.")
    if said.take("preproc", "sino_normalization") == "chebyshev":
        scan = scan.treated(Background())
    scan = _rings(scan, said)
    scan = _phase(scan, said)
    coefficient = said.number("phase", "unsharp_coeff")
    sigma = said.number("phase", "unsharp_sigma")
    method = said.take("phase", "unsharp_method")
    if coefficient and sigma:
        named: Any = "laplacian" if method == "log" else method
        scan = scan.treated(Unsharp(coefficient, sigma, named))
    return scan


def _rings(scan: TomoScan, said: _Said) -> TomoScan:
    method = said.take("preproc", "sino_rings_correction")
    options = said.options("preproc", "sino_rings_options")
    if not method or method == "none":
        return scan
    if method not in _RINGS:
        return scan.warned(f"{said.path.name} removes rings by '{method}'; here it is left out.")
    default = Rings()
    named: Any = _RINGS[method]
    return scan.treated(
        Rings(
            method=named,
            width=float(_last(options.get("filter_cutoff"), default.width)),
            sigma=float(options.get("sigma", default.sigma)),
            levels=int(options["levels"]) if options.get("levels", "").isdigit() else None,
            snr=float(options.get("snr", default.snr)),
            large=int(options.get("la_size", default.large)),
            small=int(options.get("sm_size", default.small)),
        )
    )


def _last(pair: str | None, otherwise: float) -> str | float:
    return otherwise if pair is None else pair.strip("()[] ").split(",")[-1]


def _phase(scan: TomoScan, said: _Said) -> TomoScan:
    method = said.take("phase", "method").lower()
    if method in ("none", ""):
        return scan
    ratio = said.number("phase", "delta_beta", 100.0)
    known = _experiment(said)
    if method in ("paganin", "tie"):
        return retrieve_phase(scan, delta_beta=ratio, **known)
    if method == "ctf":
        options = said.options("phase", "ctf_advanced_params")
        return retrieve_phase_ctf(
            scan,
            delta_beta=ratio,
            low=float(options.get("lim1", 1e-5)),
            high=float(options.get("lim2", 0.2)),
            source_distance=said.number("reconstruction", "source_sample_dist") or None,
            **known,
        )
    return scan.warned(f"{said.path.name} retrieves the phase by '{method}'; here it is left out.")


def _experiment(said: _Said) -> Mapping[str, float]:
    """Energy (keV), distance (m) and pixel size (µm) that the file puts in the scan's place."""
    units = {"kev": 1.0, "ev": 1e-3, "m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "micron": 1e-6}
    found = {}
    for name, value in said.options("dataset", "overwrite_metadata").items():
        number, _, unit = value.partition(" ")
        factor = units.get(unit.strip().lower().replace("µ", "u"), 1.0)
        if name in ("energy", "distance"):
            found[name] = float(number) * factor
        elif name == "pixel_size":
            found[name] = 1e6 * float(number) * factor
    return found


def _reconstruction(scan: TomoScan, said: _Said, path: Path) -> TomoScan:
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
        size = scan.shape[2] // scan.selection.binning[1]
        left, right, top, bottom = (n + size if n < 0 else n for n in edges)
        region = (left, right, top, bottom)
    settings = Reconstruction(
        backend="nabu-identical",
        filter=filter,
        cutoff=said.number("reconstruction", "fbp_filter_cutoff", 1.0),
        padding="zeros" if padding.startswith(("zero", "constant")) else "edges",
        half_acquisition=None if half == "auto" else half in ("1", "true", "yes"),
        centred=said.flag("reconstruction", "centered_axis"),
        region=region,
        clip=said.flag("reconstruction", "clip_outer_circle"),
        outside=said.number("reconstruction", "outer_circle_value"),
        angles_file=file("angles_file"),
        axis_file=file("axis_correction_file"),
        angle_offset=said.number("reconstruction", "angle_offset"),
    )
    return replace(scan, reconstruction=settings)


_EDGES = (("x", "start"), ("x", "end"), ("y", "start"), ("y", "end"))


def _axis(scan: TomoScan, said: _Said) -> tuple[TomoScan, Finder]:
    named = said.take("reconstruction", "rotation_axis_position")
    said.take("reconstruction", "cor_options")
    if not named:
        middle = (scan.shape[2] - 1) / 2
        return replace(scan, centre=middle, centre_from="nabu.conf"), "sliding-window"
    if named in get_args(Finder):
        finder: Any = named
        return scan, finder
    try:
        return replace(scan, centre=float(named), centre_from="nabu.conf"), "sliding-window"
    except ValueError:
        return (
            scan.warned(f"{said.path.name} finds the rotation axis by '{named}', unknown here."),
            "sliding-window",
        )
