"""The settings in a JSON file of pyFAI: points, ranges, corrections and errors."""

from __future__ import annotations

from collections.abc import Mapping

from ..results import AXES
from .words import Said


def read_settings(file: Said) -> None:
    """Take over what the file says of these."""
    _points(file)
    _ranges(file)
    _corrections(file)
    _errors(file)


def _points(file: Said) -> None:
    for name, ours in (("nbpt_rad", "points"), ("nbpt_azim", "azimuth_points")):
        value = file.said.get(name)
        if value is None or (ours == "azimuth_points" and value in (0, 1)):
            continue
        if isinstance(value, bool) or value != int(file.number(name) or 0) or value < 1:
            raise file.wrong(name, "a number of points")
        if ours == "azimuth_points" and file.off("do_2D"):
            continue
        file.words.settings[ours] = int(value)
    unit = file.said.get("unit")
    if unit is not None:
        if unit not in AXES:
            raise file.wrong("unit", f"one of {', '.join(AXES)}")
        file.words.settings["unit"] = unit


def _ranges(file: Said) -> None:
    for ours, whole, ends, switches in (
        ("radial", "radial_range", ("radial_range",), ("do_radial_range",)),
        (
            "azimuth",
            "azimuth_range",
            ("azimuth_range", "azimuthal_range"),
            ("do_azimuthal_range", "do_azimuth_range"),
        ),
    ):
        if file.off(*switches):
            continue
        pair = file.said.get(whole)
        if pair is not None and (not isinstance(pair, list) or len(pair) != 2):
            raise file.wrong(whole, "two numbers")
        for i, end in enumerate(("min", "max")):
            name = file.first(*(f"{e}_{end}" for e in ends))
            if name is not None:
                file.words.settings[f"{ours}_{end}"] = file.number(name)
            elif pair is not None and pair[i] is not None:
                file.words.settings[f"{ours}_{end}"] = file.number(whole, pair[i])
    if file.said.get("chi_discontinuity_at_0") and "azimuth_min" in file.words.settings:
        file.note("the azimuth is counted from -180° to 180°, not from 0° to 360°")


def _corrections(file: Said) -> None:
    said, settings = file.said, file.words.settings
    for switch in ("do_solid_angle", "correct_solid_angle"):
        if switch in said:
            settings["solid_angle"] = bool(said[switch])
    name = file.first("polarization_description", "polarization_factor")
    if file.off("do_polarization"):
        settings["polarization"] = None
    elif name is not None:
        value = said[name]
        if isinstance(value, Mapping):
            value = [value.get("factor"), value.get("offset", 0)]
        factor, offset = value if isinstance(value, list) and len(value) == 2 else (value, 0)
        offset = said.get("polarization_offset", offset)
        factor = file.number(name, factor)
        if factor is None or not -1 <= factor <= 1:
            raise file.wrong(name, "a number from -1 to 1")
        settings["polarization"] = factor
        if offset:
            file.note(f"the polarization's direction, {offset} rad, is taken as horizontal")
    elif {"polarization_description", "polarization_factor"} & said.keys():
        settings["polarization"] = None
    if file.first("normalization_factor"):
        factor = file.number("normalization_factor")
        if factor is None or factor <= 0:
            raise file.wrong("normalization_factor", "a number above 0")
        if factor != 1:
            settings["monitor"] = factor
    if file.first("monitor_name"):
        file.note(f"the monitor '{said['monitor_name']}' is not looked up: link its value")


def _errors(file: Said) -> None:
    said = file.said
    model = said.get("error_model")
    if model in (None, "", "no", "none"):
        model = "none" if model else None
        if said.get("do_poisson"):
            model = "poisson"
        elif said.get("do_azimuthal_error"):
            model = "azimuthal"
    if model == "variance":
        file.note("the error model 'variance' needs a variance image and is not used")
        return
    if model is not None:
        if model not in ("none", "poisson", "azimuthal", "hybrid"):
            raise file.wrong("error_model", "no, poisson, azimuthal or hybrid")
        file.words.settings["error_model"] = model
    name = file.first("integrator_method", "integrator_name")
    if name is not None and not str(said[name]).startswith(("integrate1d", "integrate2d")):
        _outliers(file, str(said[name]))
    elif file.first("extra_options"):
        file.note(f"extra options are not used: {said['extra_options']}")


def _outliers(file: Said, integrator: str) -> None:
    """Sigma clipping and medians: an option of scans, and a step of its own for images."""
    ways = {"sigma_clip": "sigma clip", "medfilt": "median"}
    how = next((way for start, way in ways.items() if integrator.startswith(start)), None)
    if how is None:
        file.note(f"the integrator '{integrator}' is not known, not used")
        return
    file.words.settings["outliers"] = how
    file.note(f"the integrator '{integrator}' is followed for scans; for images: Reject outliers")
    options = dict(file.said.get("extra_options") or {})
    threshold = options.pop("thres", options.pop("thresh", None))
    if threshold is not None:
        file.words.settings["threshold"] = file.number("extra_options", threshold)
    if options:
        file.note(f"extra options are not used: {options}")
