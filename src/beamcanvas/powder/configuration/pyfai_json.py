"""pyFAI's integration settings as JSON: versions 1 to 5 read, version 5 written.

pyFAI's own reader drops a ``do_solid_angle`` of false, reads a method in one string with
silent fallbacks and loses the polarization of some versions, so this one reads the words
itself. What it can't follow it notes, a sentence each.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..integration.engines import SPLITTING
from ..results import AXES
from ..types import Geometry

_NEWEST = 5
_GEOMETRY = ("dist", "poni1", "poni2", "rot1", "rot2", "rot3", "wavelength")

#: Words of a method in one string or three, and what each of them decides.
_METHOD_WORDS = {
    **dict.fromkeys(("no", "nosplit"), ("splitting", "none")),
    **dict.fromkeys(("bbox", "splitbbox"), ("splitting", "bounding box")),
    **dict.fromkeys(("full", "splitpixel", "splitpixelfull", "pseudo"), ("splitting", "full")),
    **dict.fromkeys(("histogram", "hist"), ("algorithm", "histogram")),
    **{word.lower(): ("algorithm", word) for word in ("CSR", "CSC", "LUT")},
    "cython": ("engine", "Cython"),
    **dict.fromkeys(("python", "numpy"), ("engine", "Python")),
    **dict.fromkeys(("ocl", "opencl"), ("engine", "OpenCL")),
}
_DEVICES = ("cpu", "gpu", "any", "all", "*")

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


@dataclass
class Words:
    """What one file, or several merged, say: the later file wins."""

    settings: dict[str, Any] = field(default_factory=dict)  #: by the names of Integrate's inputs
    geometry: dict[str, Any] = field(default_factory=dict)  #: as pyFAI's ``PoniFile`` takes it
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)  #: of "mask", "dark", "flat"
    dummy: tuple[float, float] | None = None  #: counts of a dead pixel, and how near to it
    calibrant: str = ""
    notes: list[str] = field(default_factory=list)

    def merge(self, other: Words) -> None:
        if "detector" in other.geometry:
            self.geometry.pop("detector_config", None)
        self.settings |= other.settings
        self.geometry |= other.geometry
        self.files |= other.files
        self.dummy = other.dummy or self.dummy
        self.calibrant = other.calibrant or self.calibrant
        self.notes += other.notes


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
    return _Reader(file, said).words


class _Reader:
    def __init__(self, file: Path, said: dict[str, Any]) -> None:
        self.file, self.said, self.words = file, said, Words()
        version = said.get("version", 1)
        if not isinstance(version, (int, float)) or not 0 <= version <= _NEWEST:
            raise InputError(
                f"{file} has version {version!r} of pyFAI's configuration: "
                f"versions 1 to {_NEWEST} can be read."
            )
        self._geometry()
        self._points()
        self._ranges()
        self._corrections()
        self._errors()
        self._method()
        self._files()
        if said.get("calibrant"):
            self.words.calibrant = str(said["calibrant"])
        unknown = sorted(said.keys() - _KNOWN)
        if unknown:
            self._note(f"{', '.join(unknown)}: not known, not used")

    def _note(self, words: str) -> None:
        self.words.notes.append(f"{self.file.name}: {words}.")

    def _wrong(self, name: str, expected: str) -> InputError:
        return InputError(
            f"{self.file}: '{name}' should be {expected}, not {self.said[name]!r:.60}."
        )

    def _first(self, *names: str) -> str | None:
        """The first of the names that has a value."""
        return next((n for n in names if self.said.get(n) not in (None, "", [])), None)

    def _number(self, name: str, value: Any = None) -> float | None:
        """The finite number of that name; None where it's infinite."""
        value = self.said[name] if value is None else value
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise self._wrong(name, "a number") from None
        return number if isfinite(number) else None

    def _off(self, *names: str) -> bool:
        """Whether one of these switches is there and off."""
        return any(n in self.said and not self.said[n] for n in names)

    def _geometry(self) -> None:
        said, words = self.said, self.words.geometry
        poni = said.get("poni")
        if isinstance(poni, str) and poni:
            words |= poni_words(self.file.parent / poni)
        elif isinstance(poni, Mapping):
            said = {**said, **poni}
        elif poni not in (None, ""):
            raise self._wrong("poni", "a PONI file or what is in one")
        words |= {n: self._number(n, said[n]) for n in _GEOMETRY if said.get(n) is not None}
        if said.get("distance") is not None:
            words["dist"] = self._number("poni", said["distance"])
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
            self._note("the distortion of a spline file is not corrected")
        if said.get("parallax"):
            self._note("the parallax correction is not applied")

    def _points(self) -> None:
        for name, ours in (("nbpt_rad", "points"), ("nbpt_azim", "azimuth_points")):
            value = self.said.get(name)
            if value is None or (ours == "azimuth_points" and value in (0, 1)):
                continue
            if isinstance(value, bool) or value != int(self._number(name) or 0) or value < 1:
                raise self._wrong(name, "a number of points")
            if ours == "azimuth_points" and self._off("do_2D"):
                continue
            self.words.settings[ours] = int(value)
        unit = self.said.get("unit")
        if unit is not None:
            if unit not in AXES:
                raise self._wrong("unit", f"one of {', '.join(AXES)}")
            self.words.settings["unit"] = unit

    def _ranges(self) -> None:
        for ours, whole, ends, switches in (
            ("radial", "radial_range", ("radial_range",), ("do_radial_range",)),
            (
                "azimuth",
                "azimuth_range",
                ("azimuth_range", "azimuthal_range"),
                ("do_azimuthal_range", "do_azimuth_range"),
            ),
        ):
            if self._off(*switches):
                continue
            pair = self.said.get(whole)
            if pair is not None and (not isinstance(pair, list) or len(pair) != 2):
                raise self._wrong(whole, "two numbers")
            for i, end in enumerate(("min", "max")):
                name = self._first(*(f"{e}_{end}" for e in ends))
                if name is not None:
                    self.words.settings[f"{ours}_{end}"] = self._number(name)
                elif pair is not None and pair[i] is not None:
                    self.words.settings[f"{ours}_{end}"] = self._number(whole, pair[i])
        if self.said.get("chi_discontinuity_at_0") and "azimuth_min" in self.words.settings:
            self._note("the azimuth is counted from -180° to 180°, not from 0° to 360°")

    def _corrections(self) -> None:
        said, settings = self.said, self.words.settings
        for switch in ("do_solid_angle", "correct_solid_angle"):
            if switch in said:
                settings["solid_angle"] = bool(said[switch])
        name = self._first("polarization_description", "polarization_factor")
        if self._off("do_polarization"):
            settings["polarization"] = None
        elif name is not None:
            value = said[name]
            if isinstance(value, Mapping):
                value = [value.get("factor"), value.get("offset", 0)]
            factor, offset = value if isinstance(value, list) and len(value) == 2 else (value, 0)
            offset = said.get("polarization_offset", offset)
            factor = self._number(name, factor)
            if factor is None or not -1 <= factor <= 1:
                raise self._wrong(name, "a number from -1 to 1")
            settings["polarization"] = factor
            if offset:
                self._note(f"the polarization's direction, {offset} rad, is taken as horizontal")
        elif {"polarization_description", "polarization_factor"} & said.keys():
            settings["polarization"] = None
        if self._first("normalization_factor"):
            factor = self._number("normalization_factor")
            if factor is None or factor <= 0:
                raise self._wrong("normalization_factor", "a number above 0")
            if factor != 1:
                settings["monitor"] = factor
        if self._first("monitor_name"):
            self._note(f"the monitor '{said['monitor_name']}' is not looked up: link its value")

    def _errors(self) -> None:
        said = self.said
        model = said.get("error_model")
        if model in (None, "", "no", "none"):
            model = "none" if model else None
            if said.get("do_poisson"):
                model = "poisson"
            elif said.get("do_azimuthal_error"):
                model = "azimuthal"
        if model == "variance":
            self._note("the error model 'variance' needs a variance image and is not used")
            return
        if model is not None:
            if model not in ("none", "poisson", "azimuthal", "hybrid"):
                raise self._wrong("error_model", "no, poisson, azimuthal or hybrid")
            self.words.settings["error_model"] = model
        name = self._first("integrator_method", "integrator_name")
        if name is not None and not str(said[name]).startswith(("integrate1d", "integrate2d")):
            self._note(f"the integrator '{said[name]}' is another step: Reject outliers")
        if self._first("extra_options"):
            self._note(f"extra options are not used: {said['extra_options']}")

    def _method(self) -> None:
        method = self.said.get("method")
        if method in (None, "", []):
            if self.said.get("do_OpenCL"):
                method = "csr_ocl"
            else:
                return
        if isinstance(method, Mapping):
            method = [method.get(k) for k in ("split", "algo", "impl")]
        if isinstance(method, str):
            text = method.lower().replace("nosplit", "no").replace(" ", "_")
            words = [w for w in text.split("_") if w]
        elif isinstance(method, list):
            words = [str(w).lower() for w in method if isinstance(w, str) and w != "*"]
        else:
            raise self._wrong("method", "three words")
        found: dict[str, Any] = {}
        for word in words:
            if word in _METHOD_WORDS:
                what, value = _METHOD_WORDS[word]
                found[what] = value
            elif word not in _DEVICES and not word.replace(",", "").isdigit():
                raise self._wrong("method", "made of known words: no_csr_cython, bbox_csc_cython")
        if not found:
            return
        if "pseudo" in words:
            self._note("pseudo pixel splitting is done as full splitting")
        # words left out: a string of one word is a histogram, which Python does without splitting
        found.setdefault("algorithm", "histogram" if isinstance(method, str) else "CSR")
        found.setdefault("engine", "Cython")
        plain = found["algorithm"] == "histogram" and found["engine"] == "Python"
        found.setdefault("splitting", "none" if plain else "bounding box")
        self._make_available(found, "azimuth_points" in self.words.settings)
        if isinstance(method, str):
            self._note(
                f"the method '{method}' is read as splitting {found['splitting']}, "
                f"{found['algorithm']}, {found['engine']}"
            )
        self.words.settings |= found

    def _make_available(self, found: dict[str, Any], cake: bool) -> None:
        """Replace an engine that isn't here, and say so."""
        import pyFAI.integrator.azimuthal  # noqa: F401 - registers the engines
        from pyFAI.method_registry import IntegrationMethod

        for engine in (found["engine"], "Cython"):
            triple = (SPLITTING[found["splitting"]], found["algorithm"].lower(), engine.lower())
            if IntegrationMethod.select_method(2 if cake else 1, *triple, degradable=False):
                if engine != found["engine"]:
                    self._note(f"{found['engine']} is not available here, Cython computes instead")
                found["engine"] = engine
                return
        words = ", ".join(found.values())
        raise InputError(f"{self.file}: pyFAI has no method with {words} here.")

    def _files(self) -> None:
        for what, names in (
            ("mask", ("mask_file", "mask_image")),
            ("dark", ("dark_current", "dark_current_image")),
            ("flat", ("flat_field", "flat_field_image")),
        ):
            name = self._first(*names)
            if name is None or self._off(f"do_{what}"):
                continue
            value = self.said[name]
            listed = value.split(",") if isinstance(value, str) else value
            if not isinstance(listed, list) or not all(isinstance(v, str) for v in listed):
                raise self._wrong(name, "a file or several")
            if what == "mask" and len(listed) > 1:
                raise self._wrong(name, "one file")
            self.words.files[what] = tuple(
                self.file.parent / v.strip().removeprefix("file://") for v in listed
            )
        name = self._first("val_dummy", "dummy")
        if name is not None and not self._off("do_dummy"):
            value = self._number(name)
            delta = self._number("delta_dummy") if self._first("delta_dummy") else 0.0
            if value is not None:
                self.words.dummy = (value, abs(delta or 0.0))


def poni_words(file: Path) -> dict[str, Any]:
    """What a PONI file says, as pyFAI's ``PoniFile`` takes it."""
    from ..experiment.poni import read_poni_file

    words: dict[str, Any] = read_poni_file(file).as_dict()
    words.pop("poni_version", None)
    return words


def version_5(
    geometry: Geometry,
    settings: Mapping[str, Any],
    files: Mapping[str, tuple[Path, ...]],
    dummy: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """The JSON of pyFAI's configuration, version 5, that `read_words` and pyFAI read."""
    from pyFAI.io.ponifile import PoniFile

    def pair(what: str) -> list[float | None] | None:
        ends = [settings.get(f"{what}_{end}") for end in ("min", "max")]
        if ends == [None, None]:
            return None
        return [
            sign * float("inf") if value is None else value
            for value, sign in zip(ends, (-1, 1), strict=True)
        ]

    def paths(what: str) -> list[str] | None:
        return [str(f) for f in files.get(what, ())] or None

    polarization = settings.get("polarization")
    monitor = settings.get("monitor")
    model = settings.get("error_model", "none")
    return {
        "application": "pyfai-integrate",
        "version": _NEWEST,
        "poni": PoniFile(geometry.pyfai()).as_dict(),
        "shape": list(geometry.detector.shape),
        "nbpt_rad": settings.get("points", 2000),
        "nbpt_azim": settings.get("azimuth_points", 1),
        "unit": settings.get("unit", "2th_deg"),
        "chi_discontinuity_at_0": False,
        "polarization_description": None if polarization is None else [polarization, 0],
        "normalization_factor": monitor / settings.get("reference", 1.0) if monitor else 1.0,
        "val_dummy": dummy[0] if dummy else None,
        "delta_dummy": dummy[1] if dummy else None,
        "correct_solid_angle": settings.get("solid_angle", True),
        "dark_current": paths("dark"),
        "flat_field": paths("flat"),
        "mask_file": mask[0] if (mask := paths("mask")) else None,
        "error_model": "no" if model == "none" else model,
        "method": [
            SPLITTING[settings.get("splitting", "bounding box")],
            settings.get("algorithm", "CSR").lower(),
            settings.get("engine", "Cython").lower(),
        ],
        "opencl_device": None,
        "azimuth_range": pair("azimuth"),
        "radial_range": pair("radial"),
        "integrator_class": "AzimuthalIntegrator",
        "integrator_method": None,
        "extra_options": None,
        "monitor_name": None,
    }
