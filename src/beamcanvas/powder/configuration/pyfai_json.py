"""pyFAI's integration settings as JSON, of any version from 1 to 5.

pyFAI's own reader drops a ``do_solid_angle`` of false, reads a method in one string with
silent fallbacks and loses the polarization of some versions, so this one reads the words
itself. What it can't follow it notes, a sentence each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..experiment.poni import read_poni_file
from .json_method import read_method
from .json_settings import read_settings
from .words import Said, Words

_NEWEST = 5
_GEOMETRY = ("dist", "poni1", "poni2", "rot1", "rot2", "rot3", "wavelength")

_LISTED = """
    dist poni1 poni2 rot1 rot2 rot3 wavelength distance poni poni_version parallax version
    application detector detector_config pixel1 pixel2 shape splineFile splinefile calibrant
    nbpt_rad nbpt_azim do_2D unit method do_OpenCL opencl_device
    polarization_factor polarization_offset polarization_description do_polarization
    correct_solid_angle do_solid_angle error_model do_poisson do_azimuthal_error
    radial_range radial_range_min radial_range_max do_radial_range
    azimuth_range azimuth_range_min azimuth_range_max azimuthal_range_min azimuthal_range_max
    do_azimuthal_range do_azimuth_range chi_discontinuity_at_0 normalization_factor
    mask_file mask_image do_mask dark_current dark_current_image do_dark
    flat_field flat_field_image do_flat dummy val_dummy delta_dummy do_dummy
    integrator_class integrator_method integrator_name extra_options monitor_name
"""
_KNOWN = frozenset(_LISTED.split())


def read_words(file: Path) -> Words:
    """What a pyFAI configuration in JSON says, of any version.

    Raises
    ------
    InputError
        When it is missing, no such file, newer than version 5, or a value makes no sense.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"There is no file {file}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} can't be read as a configuration: {error}.") from None
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InputError(f"{file} is no JSON file: {error}.") from None
    if not isinstance(said, dict) or not _KNOWN & said.keys() - {"version", "application"}:
        raise InputError(f"{file} is no configuration of pyFAI: it has none of its words.")
    return _read(Said(file, said)).words


def _read(file: Said) -> Said:
    version = file.said.get("version", 1)
    if not isinstance(version, (int, float)) or not 0 <= version <= _NEWEST:
        raise InputError(
            f"{file.path} has version {version!r} of pyFAI's configuration: "
            f"versions 1 to {_NEWEST} can be read."
        )
    _geometry(file)
    read_settings(file)
    read_method(file)
    _files(file)
    if file.said.get("calibrant"):
        file.words.calibrant = str(file.said["calibrant"])
    unknown = sorted(file.said.keys() - _KNOWN)
    if unknown:
        file.note(f"{', '.join(unknown)}: not known, not used")
    return file


def _geometry(file: Said) -> None:
    said, words = file.said, file.words.geometry
    poni = said.get("poni")
    if isinstance(poni, str) and poni:
        words |= poni_words(file.path.parent / poni)
    elif isinstance(poni, Mapping):
        said = {**said, **poni}
    elif poni not in (None, ""):
        raise file.wrong("poni", "a PONI file or what is in one")
    words |= {n: file.number(n, said[n]) for n in _GEOMETRY if said.get(n) is not None}
    if said.get("distance") is not None:
        words["dist"] = file.number("poni", said["distance"])
    detector, config = said.get("detector"), said.get("detector_config")
    if isinstance(config, str):  # a PONI file has it as text
        config = json.loads(config)
    if config is None and said.get("pixel1") and said.get("pixel2"):
        detector = detector or "Detector"
        if str(detector).lower() == "detector":
            config = {"pixel1": said["pixel1"], "pixel2": said["pixel2"]}
    if detector:
        config = dict(config or {})
        if str(detector).lower() == "detector" and said.get("shape"):
            config.setdefault("max_shape", said["shape"])
        words |= {"detector": str(detector), "detector_config": config}
    if said.get("splineFile") or said.get("splinefile"):
        file.note("the distortion of a spline file is not corrected")
    if said.get("parallax"):
        file.note("the parallax correction is not applied")


def _files(file: Said) -> None:
    for what, names in (
        ("mask", ("mask_file", "mask_image")),
        ("dark", ("dark_current", "dark_current_image")),
        ("flat", ("flat_field", "flat_field_image")),
    ):
        name = file.first(*names)
        if name is None or file.off(f"do_{what}"):
            continue
        value = file.said[name]
        listed = value.split(",") if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(v, str) for v in listed):
            raise file.wrong(name, "a file or several")
        if what == "mask" and len(listed) > 1:
            raise file.wrong(name, "one file")
        file.words.files[what] = tuple(
            file.path.parent / v.strip().removeprefix("file://") for v in listed
        )
    name = file.first("val_dummy", "dummy")
    if name is not None and not file.off("do_dummy"):
        value = file.number(name)
        delta = file.number("delta_dummy") if file.first("delta_dummy") else 0.0
        if value is not None:
            file.words.dummy = (value, abs(delta or 0.0))


def poni_words(file: Path) -> dict[str, Any]:
    """What a PONI file says, as pyFAI's ``PoniFile`` takes it."""
    words: dict[str, Any] = read_poni_file(file).as_dict()
    words.pop("poni_version", None)
    return words
