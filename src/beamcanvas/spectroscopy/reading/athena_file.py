"""Athena's project files: lists of Perl or JSON, read as data. Nothing in them is executed."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from .table import Array

#: Athena's words for how strong a clamp is
CLAMPS = {"none": 0, "slight": 3, "weak": 6, "medium": 12, "strong": 24, "rigid": 96}


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a project."""

    label: str
    energy: Array  #: eV; k in Å⁻¹ of a group of chi(k)
    mu: Array
    parameters: Mapping[str, str]  #: as the project names them: "bkg_e0", "fft_kmin" ...
    i0: Array | None = None

    @property
    def is_mu(self) -> bool:
        """Whether it is a spectrum over energy."""
        kind = self.parameters.get("datatype", "")
        yes = self.parameters.get("is_xmu", "1") not in ("0", "")
        return kind in ("xmu", "xanes") if kind else yes

    def number(self, name: str, default: float | None = None) -> float | None:
        """A parameter as a number."""
        text = str(self.parameters.get(name, "")).strip()
        if text.lower() in CLAMPS:
            return float(CLAMPS[text.lower()])
        try:
            value = float(text)
        except ValueError:
            return default
        return value if np.isfinite(value) else default


def content(file: Path) -> str:
    """The text of a project, packed or not."""
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {file}.") from None
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}.") from None
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error):
            raise InputError(f"{file.name} is a packed file that is cut off or damaged.") from None
    return raw.decode("utf-8", errors="replace")


def is_project(text: str) -> bool:
    """Whether the text is a project."""
    return "Athena project file" in text[:400]


def read_groups(file: Path) -> list[Group]:
    """The groups of a project.

    Raises
    ------
    InputError
        When it can't be read, is no project, or is damaged.
    """
    text = content(file)
    if not is_project(text):
        raise InputError(f"{file.name} is no Athena project: its first line does not say so.")
    found = _json(file, text) if text.lstrip().startswith("{") else _perl(file, text)
    if not found:
        raise InputError(f"{file.name} is an Athena project without groups.")
    return found


def _perl(file: Path, text: str) -> list[Group]:
    found = []
    values: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\$old_group = '(.*)';", line):
            name, values = match[1], {}
        elif match := re.match(r"@(\w+) = \((.*)\);\s*$", line):
            values[match[1]] = _perl_list(file, number, match[2])
        elif line.startswith("@") and not line.rstrip().endswith(";"):
            raise InputError(f"Line {number} of {file.name} is cut off.")
        elif line.startswith("[record]") and name:
            found.append(_group(file, name, values))
            name = ""
    return found


_PERL_ITEM = re.compile(
    r"\s*(?:'((?:[^'\\]|\\.)*)'"
    r'|"((?:[^"\\]|\\.)*)"'
    r"|(\[(?:'(?:[^'\\]|\\.)*'|[^\]'])*\])"  # a list in the list: titles
    r"|([^,'\"\s\[][^,]*)|)\s*(,|$)"
)


def _perl_list(file: Path, number: int, text: str) -> list[str]:
    items, position = [], 0
    while position < len(text):
        match = _PERL_ITEM.match(text, position)
        if match is None:
            raise InputError(f"Line {number} of {file.name} is no list of values.")
        item = next((part for part in match.groups()[:4] if part is not None), "")
        items.append(re.sub(r"\\(.)", r"\1", item))
        position = match.end()
    return items


def _json(file: Path, text: str) -> list[Group]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"{file.name} is a damaged Athena project: {error}.") from None
    found = []
    for name, value in document.items():
        if isinstance(value, dict) and "args" in value:
            args = [str(item) for pair in value["args"].items() for item in pair]
            found.append(_group(file, name, {**value, "args": args}))
    return found


def _group(file: Path, name: str, values: Mapping[str, list[Any]]) -> Group:
    args = values.get("args", [])
    parameters = dict(zip(args[::2], args[1::2], strict=False))
    label = parameters.get("label", name)
    arrays = {}
    for key in ("x", "y", "i0"):
        try:
            arrays[key] = np.array([float(v) for v in values.get(key, [])])
        except (TypeError, ValueError):
            raise InputError(
                f"{file.name}: the group '{label}' has a {key} that is no number."
            ) from None
    if not len(arrays["x"]) or len(arrays["x"]) != len(arrays["y"]):
        raise InputError(
            f"{file.name}: the group '{label}' has {len(arrays['x'])} energies and "
            f"{len(arrays['y'])} values of mu."
        )
    i0 = arrays["i0"] if len(arrays["i0"]) == len(arrays["x"]) else None
    return Group(label, arrays["x"], arrays["y"], parameters, i0)
