"""XDI, the XAS Data Interchange format: columns of text with a header that says what they are.

Ravel & Newville, J. Phys.: Conf. Ser. 712 (2016) 012148. What the standard asks for and a
file lacks is a warning where the spectrum can be read all the same.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..edges import EDGES, elements
from .columns import numbers_in, read_columns
from .table import Table

_EDGES = (*EDGES, "L", "M", "M1", "M2", "M3", "M4", "M5", "N", "N1", "N2", "N3", "N4", "N5")
_QUANTITIES = {
    "sample.temperature": "a temperature with its unit",
    "facility.energy": "an energy with its unit",
    "facility.current": "a current with its unit",
    "mono.d_spacing": "a lattice spacing in Å",
}


def is_xdi(file: Path, text: str) -> bool:
    """Whether a file is, or says by its name that it is, in this format."""
    return file.suffix.lower() == ".xdi" or re.match(r"#\s*XDI/", text) is not None


def read_xdi(file: Path, text: str) -> Table:
    """The table in an XDI file.

    Raises
    ------
    InputError
        When it isn't one, or its header or its data are broken.
    """
    lines = text.splitlines()
    first = re.match(r"#\s*XDI/(\d+\.\d+)", lines[0] if lines else "")
    if first is None:
        raise InputError(f"{file.name} is no XDI file: it does not begin with '# XDI/1.0'.")
    fields, comments, odd = _header(file, lines)
    _check_rows(file, lines)
    table = read_columns(file, text)
    labels, unit, doubts = _column_labels(file, fields, len(table.columns), table)
    doubts += odd
    names = {"symbol": "", "edge": ""}
    for key, also in (("symbol", "scan.element"), ("edge", "scan.edge")):
        names[key] = fields.get(f"element.{key}", fields.get(also, "")).strip()
    spacing = _number(fields.get("mono.d_spacing", fields.get("monochromator.dspacing", "")))
    symbol, edge = names["symbol"].capitalize(), names["edge"].upper()
    if symbol and symbol not in elements():
        doubts.append(f"its element is no element: '{names['symbol']}'.")
        symbol = ""
    if edge and edge not in _EDGES:
        doubts.append(f"its edge is no edge: '{names['edge']}'.")
        edge = ""
    if not names["symbol"]:
        doubts.append("it does not say which element it is of (Element.symbol).")
    if not names["edge"]:
        doubts.append("it does not say which edge it is of (Element.edge).")
    for key, what in _QUANTITIES.items():
        value = fields.get(key)
        if value is not None and not re.match(r"[-+]?[\d.]+(e[-+]?\d+)?(\s|$)", value, re.I):
            doubts.append(f"{key} should be {what}, not '{value}'.")
    name = f"{file.name}: "
    return replace(
        table,
        columns=dict(zip(labels, table.columns.values(), strict=True)),
        energy_unit=unit,
        element=symbol if edge in EDGES else "",
        edge=edge if symbol and edge in EDGES else "",
        d_spacing=spacing,
        title=fields.get("sample.name", comments[0] if comments else ""),
        notes={**fields, "comments": comments},
        warnings=tuple(name + doubt for doubt in doubts),
    )


def _header(file: Path, lines: list[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """Fields by their names in lower case, the user's comments, and what is odd."""
    fields: dict[str, str] = {}
    comments: list[str] = []
    odd = []
    in_comments = False
    for number, line in enumerate(lines[1:], 2):
        if not line.startswith("#"):
            if numbers_in(line) is not None:
                break
            if line.strip():
                odd.append(f"line {number} begins with '{line.strip()[0]}', not with '#'.")
            continue
        plain = line.lstrip("#").strip()
        if re.fullmatch(r"/{3,}.*", plain):
            in_comments = True
        elif re.fullmatch(r"-{3,}.*", plain):
            break
        elif in_comments:
            comments.append(plain)
        elif plain:
            match = re.match(r"([A-Za-z]\w*\.[\w-]+)\s*:\s*(.*)", plain)
            if match is None:
                raise InputError(
                    f"Line {number} of {file.name} should be 'Family.key: value', not '{plain}'."
                )
            fields[match[1].lower()] = match[2].partition("||")[0].strip()
    return fields, comments, odd


def _check_rows(file: Path, lines: list[str]) -> None:
    count = None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip()[0] in "#!;%":
            continue
        found = numbers_in(line)
        if found is None:
            raise InputError(f"Line {number} of {file.name} should be numbers: '{line.strip()}'.")
        count = count or len(found)
        if len(found) != count:
            raise InputError(
                f"Line {number} of {file.name} has {len(found)} numbers, "
                f"the lines before have {count}."
            )
        if not np.isfinite(found).all():
            raise InputError(f"Line {number} of {file.name} has a value that is not a number.")


def _column_labels(
    file: Path, fields: dict[str, str], count: int, table: Table
) -> tuple[list[str], str, list[str]]:
    """The labels, the unit of the energy, and doubts."""
    named = {
        int(key.partition(".")[2]): value.split()
        for key, value in fields.items()
        if re.fullmatch(r"column\.\d+", key) and value
    }
    unit = next(
        (w[1].lower() for w in named.values() if w[0].lower() == "energy" and len(w) > 1), ""
    )
    unit = {"ev": "eV", "kev": "keV"}.get(unit, "")
    labels = [named[i][0] if i in named else f"col{i}" for i in range(1, count + 1)]
    if len(named) >= count:
        return labels, unit, []
    own = list(table.columns)
    if not named and not all(re.fullmatch(r"col\d+", label) for label in own):
        return (
            own,
            unit,
            ["its header names no columns (Column.1 ...): their line of labels is used."],
        )
    return labels, unit, [f"its header names {len(named)} of its {count} columns (Column.1 ...)."]


def _number(text: str) -> float | None:
    match = re.match(r"[\d.]+", text)
    try:
        return float(match[0]) if match else None
    except ValueError:
        return None
