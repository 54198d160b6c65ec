"""Patterns as text: .xye, .xy, .dat, .chi of FIT2D, .fxye of GSAS and .gr of PDF programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

Array = NDArray[np.float64]

SUFFIXES = (".xye", ".xy", ".dat", ".txt", ".fxye", ".chi", ".gr")

#: How programs write the unit of the first column, wherever they write it.
_SPELLINGS = {
    "2th_deg": r"2[\s_-]*th(eta)?\b.*deg|2th_deg|2θ.*°|2.?theta angle \(degrees\)",
    "2th_rad": r"2[\s_-]*th(eta)?\b.*rad|2th_rad",
    "q_nm^-1": r"\bq\b.*(1/nm|nm\^?-1|inverse nanom|nm⁻¹)|q_nm\^-1",
    "q_A^-1": r"\bq\b.*(1/angstrom|1/Å|\bA\^?-1|Å\^?-1|inverse angstr|Å⁻¹)|q_A\^-1",
    "d_A": r"\bd\b.*(angstrom|Å)|d_A\b|d-spacing",
    "r_A": r"\br\s*\((angstrom|Å|A)\)",
    "r_mm": r"\br\b.*mm|r_mm|radial distance \(mm",
}


@dataclass(frozen=True, eq=False)
class Columns:
    """What a text file holds of a pattern."""

    x: Array
    y: Array
    sigma: Array | None = None
    unit: str = ""  #: of x, as pyFAI spells it; "" when the file doesn't say
    title: str = ""


def read_columns(file: Path, number: int = 0) -> Columns:
    """A pattern from a text file; its suffix says how it is laid out.

    Parameters
    ----------
    number:
        Which bank of a GSAS file, from 0.

    Raises
    ------
    InputError
        When the file is missing, no text, laid out another way or cut off.
    """
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}.") from None
    if "\0" in text:
        raise InputError(f"{file} can't be read as a pattern: it is not text.")
    lines = text.splitlines()
    suffix = file.suffix.lower()
    if suffix == ".fxye":
        return _fxye(file, lines, number)
    if number:
        raise InputError(f"There is no pattern {number} in {file}: it has one, number 0.")
    return _chi(file, lines) if suffix == ".chi" else _plain(file, lines, suffix)


def _plain(file: Path, lines: list[str], suffix: str) -> Columns:
    """Columns below any heading: everything above the first line of two numbers is heading."""
    stepped = _stepped(file, lines) if suffix == ".dat" else None
    if stepped is not None:
        return stepped
    first = next((i for i, line in enumerate(lines) if len(_numbers(line)) > 1), None)
    if first is None:
        raise InputError(f"{file} has no line of two numbers: it is no pattern in columns.")
    heading = [line.strip().lstrip("#!'").strip() for line in lines[:first]]
    data = _table(file, lines, first)
    title = next((line.partition("=")[2].strip() for line in heading if line[:5] == "image"), "")
    # the heading's last lines name the columns
    unit = next((found for line in reversed(heading) if (found := unit_in(line))), "")
    if suffix == ".gr":  # r, G(r), then their uncertainties: none, that of G, or those of both
        errors = data[:, -1] if data.shape[1] > 2 else None
        return Columns(data[:, 0], data[:, 1], _given(errors), "r_A", title)
    errors = data[:, 2] if data.shape[1] > 2 else None
    return Columns(data[:, 0], data[:, 1], _given(errors), unit, title)


def _stepped(file: Path, lines: list[str]) -> Columns | None:
    """The file of FullProf's INSTRM 0: start, step and end of 2θ, then intensities alone.

    None when it is no such file: it has as many intensities as its first numbers say.
    """
    first = next((i for i, line in enumerate(lines) if len(_leading(line)) > 1), len(lines))
    head = _leading(lines[first]) if first < len(lines) else []
    rows = [_numbers(line) for line in lines[first + 1 :] if line.strip()]
    widths = {len(row) for row in rows}
    if len(head) != 3 or not rows or widths in ({0}, {2}, {3}) or not head[1] > 0:
        return None
    start, step, end = head
    count = round((end - start) / step) + 1
    values: Array = np.array([value for row in rows for value in row], dtype=float)
    if len(values) != count and not (widths == {10} and count > 1):
        return None
    _complete(file, len(values), count)
    heading = [line.lstrip("#! ") for line in lines[:first]]
    x: Array = start + step * np.arange(count, dtype=float)
    return Columns(x, values, None, "2th_deg", heading[0] if heading else "")


def _leading(line: str) -> list[float]:
    """The numbers that a line begins with; words may follow."""
    found = []
    for word in line.split():
        if not _numbers(word):
            break
        found += _numbers(word)
    return found


def _chi(file: Path, lines: list[str]) -> Columns:
    words = lines[3].split() if len(lines) > 3 else []
    if not words or not words[0].isdigit():
        raise InputError(f"{file} is no .chi of FIT2D: line 4 should be the number of points.")
    data = _table(file, lines, 4)
    _complete(file, len(data), int(words[0]))
    errors = data[:, 2] if data.shape[1] > 2 else None
    return Columns(data[:, 0], data[:, 1], _given(errors), unit_in(lines[1]), lines[0].strip())


def _fxye(file: Path, lines: list[str], number: int) -> Columns:
    banks = [i for i, line in enumerate(lines) if line[:5].upper() == "BANK "]
    if not banks:
        raise InputError(f"{file} is no GSAS file: it has no line that begins with BANK.")
    if number >= len(banks):
        has = "one, number 0" if len(banks) == 1 else f"{len(banks)}, 0 to {len(banks) - 1}"
        raise InputError(f"There is no pattern {number} in {file}: it has {has}.")
    start = banks[number]
    end = banks[number + 1] if number + 1 < len(banks) else len(lines)
    words = lines[start].upper().split()
    if words[-1] != "FXYE" or len(words) < 6 or not words[2].isdigit():
        raise InputError(
            f"Line {start + 1} of {file} should say BANK … FXYE, not '{lines[start].strip()}'."
        )
    if words[4] != "CONS":
        raise InputError(f"{file} is not over 2θ: its bank is {words[4]}, only CONS is known.")
    data = _table(file, lines[:end], start + 1)
    _complete(file, len(data), int(words[2]))
    if data.shape[1] < 3:
        raise InputError(f"{file} should have three columns, 2θ, intensity and its deviation.")
    return Columns(data[:, 0] / 100, data[:, 1], _given(data[:, 2]), "2th_deg", lines[0].strip())


def _complete(file: Path, found: int, said: int) -> None:
    if found != said:
        raise InputError(f"{file} says that it has {said} points but has {found}: is it cut off?")


def _numbers(line: str) -> list[float]:
    """The numbers of a line of nothing else; none of any other."""
    try:
        return [float(word) for word in line.split()]
    except ValueError:
        return []


def _table(file: Path, lines: list[str], first: int) -> Array:
    """The rows from a line on, (rows, columns)."""
    if not any(line.split("#")[0].strip() for line in lines[first:]):
        raise InputError(f"{file} has no points.")
    try:
        data: Array = np.loadtxt(lines[first:], comments=["#", "!"], ndmin=2)
    except ValueError:
        raise InputError(_wrong_line(file, lines, first)) from None
    if data.shape[1] < 2:
        raise InputError(f"{file} has one column, a pattern has at least two.")
    if not np.isfinite(data[:, :2]).all():
        row = int(np.flatnonzero(~np.isfinite(data[:, :2]).all(axis=1))[0])
        raise InputError(f"Point {row + 1} of {file} is not a finite number.")
    steps = np.diff(data[:, 0])
    if not ((steps >= 0).all() or (steps <= 0).all()):
        row = int(np.flatnonzero(steps < 0 if steps[0] > 0 else steps > 0)[0]) + 1
        raise InputError(
            f"The first column of {file} goes up and down, at point {row + 1}: "
            "a pattern has its points in order."
        )
    return data


def _wrong_line(file: Path, lines: list[str], first: int) -> str:
    columns = len(_numbers(re.split("[#!]", lines[first])[0]))
    for number, line in enumerate(lines[first:], first + 1):
        words = re.split("[#!]", line)[0].strip()
        if words and len(_numbers(words)) != columns:
            return f"Line {number} of {file} should be {columns or 'a few'} numbers, not '{words}'."
    return f"{file} is no pattern in columns."


def _given(sigma: Array | None) -> Array | None:
    return sigma if sigma is not None and np.isfinite(sigma).all() and sigma.any() else None


def unit_in(text: str) -> str:
    """The unit of a radial axis that a label names, as pyFAI spells it; "" when it names none."""
    for unit, pattern in _SPELLINGS.items():
        if re.search(pattern, text, re.IGNORECASE):
            return unit
    return ""


def fxye_text(columns: Columns) -> str:
    """The file of GSAS: 2θ in hundredths of a degree, intensity, standard deviation."""
    x = 100 * columns.x
    count = len(x)
    step = (x[-1] - x[0]) / max(count - 1, 1)
    rows = np.column_stack(
        [x, columns.y, np.zeros(count) if columns.sigma is None else columns.sigma]
    )
    head = [
        f"{columns.title or 'powder pattern'}"[:80],
        f"BANK 1 {count} {count} CONS {x[0]:.6f} {step:.6f} 0 0 FXYE",
    ]
    return "\n".join([*head, *_rows(rows, ("%.6f", "%.8g", "%.8g"))]) + "\n"


def chi_text(columns: Columns, label: str) -> str:
    """The file of FIT2D: four lines of heading, then two columns."""
    head = [columns.title or "powder pattern", label, "Intensity", f"{len(columns.x):12d}"]
    rows = np.column_stack([columns.x, columns.y])
    return "\n".join([*head, *_rows(rows, ("%14.7E", "%14.7E"))]) + "\n"


def plain_text(columns: Columns, heading: list[str]) -> str:
    """Columns below lines of heading, which may be none."""
    parts = [columns.x, columns.y] + ([] if columns.sigma is None else [columns.sigma])
    head = [f"# {line}" for line in heading]
    return "\n".join([*head, *_rows(np.column_stack(parts), ("%.10g",) * len(parts))]) + "\n"


def _rows(rows: Array, formats: tuple[str, ...]) -> list[str]:
    row = " ".join(formats)
    return [row % tuple(values) for values in rows.tolist()]
