"""Columns of text in the dialects of beamlines: comments, labels, tabs, SPEC, fio, SRS ..."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...errors import InputError
from .table import Array, Table

_COMMENT = "#;!%*"


def read_text(file: Path) -> str:
    """The text of a file.

    Raises
    ------
    InputError
        When it isn't there, can't be read, or is no text.
    """
    if file.is_dir():
        raise InputError(f"{file} is a folder, not a file.")
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {file}.") from None
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}.") from None
    if b"\0" in content[:4096]:
        raise InputError(f"{file.name} can't be read as a spectrum: it is not text.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def numbers_in(line: str) -> list[float] | None:
    """The numbers of a line of nothing else; None for any other line."""
    try:
        return list(map(float, line.split())) or None
    except ValueError:
        pass  # mostly blanks are all there is between them
    words = re.split(r"[\s,;]+", line.strip().strip(",;"))
    try:
        return [float(word) for word in words] if words[0] else None
    except ValueError:
        return None


def read_columns(file: Path, text: str, scan: int | None = None) -> Table:
    """The table in a text file.

    Parameters
    ----------
    scan:
        Number of the scan in a SPEC file; the first by default.

    Raises
    ------
    InputError
        When there is no block of columns in it.
    """
    lines = text.splitlines()
    if any(line.lstrip().startswith("&SRS") for line in lines[:3]):
        return _srs(file, lines)
    starts = [i for i, line in enumerate(lines) if line.startswith("#S ")]
    title = ""
    if starts:
        lines, title = _spec_scan(file, lines, starts, scan)
    elif scan is not None:
        raise InputError(f"{file.name} has no numbered scans: it is no SPEC file.")
    first, rows = _block(file, lines)
    header = lines[:first]
    data = np.array(rows)
    labels = _labels(header, data.shape[1])
    table = dict(zip(_distinct(labels, data.shape[1]), data.T, strict=True))
    is_fio = any(line.strip() == "%d" for line in header)
    names = list(table)
    return Table(
        name=file.name,
        columns=table,
        energy=names[0] if is_fio else "",
        mu=f"`{names[1]}`" if is_fio else "",
        title=title or _title(header),
        notes={"header": [line.rstrip() for line in header]},
    )


def _spec_scan(
    file: Path, lines: list[str], starts: list[int], number: int | None
) -> tuple[list[str], str]:
    titles = [lines[i][3:].strip() for i in starts]
    numbers = [t.split()[0] if t else "" for t in titles]
    chosen = 0
    if number is not None:
        if str(number) not in numbers:
            raise InputError(f"{file.name} has no scan {number}: it has {', '.join(numbers)}.")
        chosen = numbers.index(str(number))
    end = starts[chosen + 1] if chosen + 1 < len(starts) else len(lines)
    return lines[starts[chosen] : end], titles[chosen]


def _block(file: Path, lines: list[str]) -> tuple[int, list[list[float]]]:
    """The longest run of rows of the same number of columns, and the line where it begins."""
    best: tuple[int, list[list[float]]] = (0, [])
    begin, rows = 0, list[list[float]]()
    for number, line in enumerate(lines):
        plain = line.strip()
        if rows and (not plain or plain[0] in _COMMENT):
            continue
        found = numbers_in(plain)
        if rows and found is not None and len(found) == len(rows[0]):
            rows.append(found)
            continue
        if len(rows) > len(best[1]):
            best = begin, rows
        begin, rows = number, [found] if found is not None and len(found) > 1 else []
    if len(rows) > len(best[1]):
        best = begin, rows
    first, rows = best
    if len(rows) < 2:
        raise InputError(f"{file.name} has no columns of numbers: it is no spectrum.")
    _check_rest(file, lines, first, rows)
    return first, rows


def _check_rest(file: Path, lines: list[str], first: int, rows: list[list[float]]) -> None:
    """A row of another length in the middle of the data must not cut it off silently."""
    seen = 0
    for number, line in enumerate(lines[first:], first + 1):
        plain = line.strip()
        if not plain or plain[0] in _COMMENT:
            continue
        seen += 1
        if seen <= len(rows):
            continue
        found = numbers_in(plain)
        if found is None or len(found) != len(rows[0]):
            have = "no numbers" if found is None else f"{len(found)} numbers"
            raise InputError(
                f"Line {number} of {file.name} has {have}, the lines before have {len(rows[0])}."
            )
        return
    before = [n for line in lines[:first] if (n := numbers_in(line)) is not None and len(n) > 1]
    if len(before) > 1 and len(before[-1]) != len(rows[0]) and not _is_header_of_numbers(lines):
        raise InputError(
            f"Line {first} of {file.name} has {len(before[-1])} numbers, "
            f"those below have {len(rows[0])}."
        )


def _is_header_of_numbers(lines: list[str]) -> bool:
    """SSRL's files have weights and offsets as rows of numbers above the data."""
    return any(line.strip().lower().startswith(("weights", "offsets")) for line in lines[:60])


def _labels(header: list[str], count: int) -> list[str]:
    spec = next((line for line in reversed(header) if line.startswith("#L ")), None)
    if spec is not None:
        return re.split(r"\s{2,}|\t", spec[3:].strip())
    fio = [m[1] for line in header if (m := re.match(r"\s*Col\s+\d+\s+(\S+)\s+\w+", line))]
    if len(fio) == count:
        return fio
    text = [line.strip() for line in header]
    if "Data:" in text:  # SSRL: one label a line
        below = [line for line in text[text.index("Data:") + 1 :] if line]
        if len(below) == count:
            return below
    named = {m[1]: m[2] for line in header if (m := re.match(r"\W*([PD]\d+) = \{(.*)\}", line))}
    for line in reversed([line for line in header if line.strip(f" \t{_COMMENT}-=")][-3:]):
        found = _split(line.lstrip(f" {_COMMENT}") if line[:1] in _COMMENT else line, count)
        if found:
            return [named.get(label, label) for label in found]
    return []


def _split(line: str, count: int) -> list[str]:
    """A line of labels, split in the way that gives as many as there are columns."""
    plain = line.strip()
    for pattern in (r"\t+", r"\s{2,}", r"[\s,;]+"):
        found = [label.strip() for label in re.split(pattern, plain) if label.strip()]
        if len(found) == count and any(re.search(r"[A-Za-z]", label) for label in found):
            return found
    for width in range(max(2, len(plain) // count), len(plain) // max(count - 1, 1) + 2):
        found = [plain[i : i + width] for i in range(0, len(plain), width)]
        starts_well = all(part[:1].strip() for part in found)
        if len(found) == count and starts_well and all(p[-1] == " " for p in found[:-1]):
            return [part.strip() for part in found]
    return []


def _distinct(labels: list[str], count: int) -> list[str]:
    """As many labels as columns, no two alike."""
    if len(labels) != count:
        labels = [f"col{i}" for i in range(1, count + 1)]
    found: list[str] = []
    for number, label in enumerate(labels, 1):
        found.append(label if label and label not in found else f"{label or 'col'}_{number}")
    return found


def _title(header: list[str]) -> str:
    for line in header:
        plain = line.strip(f" \t{_COMMENT}-=")
        if plain and not plain.startswith(("XDI", "cols:", "U ", "F ", "D ", "L ")):
            return plain[:80]
    return ""


def _srs(file: Path, lines: list[str]) -> Table:
    """Daresbury's and DUBBLE's files: a record goes over several lines, energies are angles."""
    end = next((i for i, line in enumerate(lines) if line.strip() == "&END"), None)
    if end is None:
        raise InputError(f"{file.name} is cut off: its header has no &END.")
    title = next(
        (m[1].strip() for line in lines[:end] if (m := re.search(r"SRSTLE='(.*)'", line))), ""
    )
    rows = [found for line in lines[end + 1 :] if (found := numbers_in(line))]
    lengths = [len(row) for row in rows]
    period = next(
        (n for n in range(1, 10) if len(rows) > 2 * n and lengths[n : 2 * n] == lengths[:n]), 1
    )
    flat = [value for row in rows for value in row]
    width = sum(lengths[:period])
    count = len(flat) // width if width else 0
    if count < 2:
        raise InputError(f"{file.name} has no points.")
    data: Array = np.array(flat[: count * width]).reshape(count, width)
    columns = {f"col{i}": column for i, column in enumerate(data.T, 1)}
    return Table(name=file.name, columns=columns, energy="col1", energy_unit="mdeg", title=title)
