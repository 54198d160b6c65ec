"""What image headers say of the experiment, in SI units, whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..types import HC, Header

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"

_CBF = "_array_data.header_contents"  #: where a CBF file has the words of Dectris

#: Units as headers spell them, in SI; energies in keV.
_UNITS = {
    "m": 1.0, "mm": 1e-3, "cm": 1e-2, "um": 1e-6, "µm": 1e-6, "micron": 1e-6, "nm": 1e-9,
    "a": 1e-10, "å": 1e-10, "angstrom": 1e-10, "angstroms": 1e-10, "s": 1.0, "ms": 1e-3,
    "us": 1e-6, "ev": 1e-3, "kev": 1.0, "mev": 1e3,
}  # fmt: skip


def quantity(value: Any, unit: str) -> float | None:
    """The number in `value` in SI (keV for energies), by the unit it names or else `unit`.

    >>> quantity("0.21143 m", "mm"), quantity(b"100.0", "mm"), quantity("unknown", "m")
    (0.21143, 0.1, None)
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    found = re.match(rf"\s*({_NUMBER})\s*([A-Za-zµÅ]*)", str(value))
    if not found:
        return None
    number = float(found[1]) * _UNITS.get(found[2].lower(), _UNITS[unit])
    return number if 0 < number < float("inf") else None


def read_header(words: Mapping[str, Any]) -> Header:
    """What a fabio header says: Dectris, ESRF, MAR and ADSC words are known."""
    words = {**words, **_lines_of(str(words.get(_CBF, "")))}
    given = {key_of(k): v for k, v in words.items() if str(v).strip()}

    def first(unit: str, *names: str) -> float | None:
        values = (quantity(given[n], unit) for n in names if n in given)
        return next((v for v in values if v is not None), None)

    wavelength = first("angstrom", "wavelength", "sourcewavelength", "wavelengtha")
    if "wavelength" in given and wavelength is not None and "sampledistance" in given:
        # ESRF's own headers are in SI throughout
        wavelength = first("m", "wavelength")
    if wavelength is None:
        energy = first("kev", "energy", "photonenergy")
        if energy is not None:
            # nobody diffracts at 1 MeV: a number that large is in eV
            wavelength = HC / (energy * 1e-3 if energy > 1000 else energy)
    distance = first("m", "detectordistance", "sampledistance")
    if distance is None:
        distance = first("mm", "distance")
    doubts = []
    if wavelength is not None and "scanner" in given and _is_factory_mar(given):
        doubts.append(
            "the wavelength of 1.54179 Å and the distance of 100 mm are the MAR scanner's "
            "factory settings"
        )
        wavelength = distance = None
    return Header(
        wavelength=wavelength,
        distance=distance,
        beam_centre=_beam_centre(given),
        exposure=first("s", "exposuretime", "counttime", "time"),
        pixel_size=_pixel_size(given),
        detector=str(given.get("detector", "")),
        doubts=tuple(doubts),
        motors=_motors(given),
        numbers={name: n for name, v in given.items() if (n := _leading(v)) is not None},
    )


def _lines_of(text: str) -> dict[str, str]:
    """The lines of a Dectris header in a CBF file: ``# Wavelength 0.4066 A``."""
    return dict(re.findall(r"^#\s*(\w+)[ \t:=]+(\S[^\r\n]*)", text, re.MULTILINE))


def _motors(given: Mapping[str, Any]) -> dict[str, float]:
    """The motors of an EDF file of SPEC or bliss: names in one line, positions in another."""
    names = str(given.get("motormne", "")).split()
    places = [_leading(word) for word in str(given.get("motorpos", "")).split()]
    if len(names) != len(places):
        return {}
    return {n: p for n, p in zip(names, places, strict=True) if p is not None}


def _leading(value: Any) -> float | None:
    """The number that a word of a header begins with."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    found = re.match(rf"\s*({_NUMBER})(?![\w:/-])", str(value))
    return float(found[1]) if found else None


def key_of(name: str) -> str:
    """A name in a header without what programs spell differently."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_factory_mar(given: Mapping[str, Any]) -> bool:
    return (
        quantity(given.get("wavelength"), "angstrom") == 1.54179e-10
        or abs((quantity(given.get("wavelength"), "angstrom") or 0) - 1.541789e-10) < 2e-15
    ) and quantity(given.get("distance"), "mm") == 0.1


def _beam_centre(given: Mapping[str, Any]) -> tuple[float, float] | None:
    """Beam centre in pixels, only from words whose unit is sure."""
    pair = re.findall(_NUMBER, str(given.get("beamxy", "")))
    if len(pair) >= 2 and "pixel" in str(given["beamxy"]):
        x, y = float(pair[0]), float(pair[1])
        return (x, y) if x and y else None
    return None


def _pixel_size(given: Mapping[str, Any]) -> tuple[float, float] | None:
    """Height and width of a pixel in m."""
    both = re.findall(rf"({_NUMBER})\s*m\b", str(given.get("pixelsize", "")))
    if len(both) == 2:
        return float(both[1]), float(both[0])  # Dectris names the width first
    for unit, width, height in (
        ("m", "psize1", "psize2"),
        ("um", "pixellength", "pixelheight"),
        ("mm", "pixelsize", "pixelsize"),
    ):
        size = quantity(given.get(height), unit), quantity(given.get(width), unit)
        if size[0] is not None and size[1] is not None:
            return size[0], size[1]
    return None
