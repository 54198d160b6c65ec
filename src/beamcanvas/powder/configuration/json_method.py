"""The method in a JSON file of pyFAI: how pixels are split, and what computes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ..integration.engines import SPLITTING
from .words import Said

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


def read_method(file: Said) -> None:
    """Take over what the file says of pyFAI's method, in one string or in three words."""
    method = file.said.get("method")
    if method in (None, "", []):
        if file.said.get("do_OpenCL"):
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
        raise file.wrong("method", "three words")
    found: dict[str, Any] = {}
    for word in words:
        if word in _METHOD_WORDS:
            what, value = _METHOD_WORDS[word]
            found[what] = value
        elif word not in _DEVICES and not word.replace(",", "").isdigit():
            raise file.wrong("method", "made of known words: no_csr_cython, bbox_csc_cython")
    if not found:
        return
    if "pseudo" in words:
        file.note("pseudo pixel splitting is done as full splitting")
    # words left out: a string of one word is a histogram, which Python does without splitting
    found.setdefault("algorithm", "histogram" if isinstance(method, str) else "CSR")
    found.setdefault("engine", "Cython")
    plain = found["algorithm"] == "histogram" and found["engine"] == "Python"
    found.setdefault("splitting", "none" if plain else "bounding box")
    _make_available(file, found, "azimuth_points" in file.words.settings)
    if isinstance(method, str):
        file.note(
            f"the method '{method}' is read as splitting {found['splitting']}, "
            f"{found['algorithm']}, {found['engine']}"
        )
    file.words.settings |= found


def _make_available(file: Said, found: dict[str, Any], cake: bool) -> None:
    """Replace an engine that isn't here, and say so."""
    import pyFAI.integrator.azimuthal  # noqa: F401 - registers the engines
    from pyFAI.method_registry import IntegrationMethod

    for engine in (found["engine"], "Cython"):
        triple = (SPLITTING[found["splitting"]], found["algorithm"].lower(), engine.lower())
        if IntegrationMethod.select_method(2 if cake else 1, *triple, degradable=False):
            if engine != found["engine"]:
                file.note(f"{found['engine']} is not available here, Cython computes instead")
            found["engine"] = engine
            return
    words = ", ".join(found.values())
    raise InputError(f"{file.path}: pyFAI has no method with {words} here.")
