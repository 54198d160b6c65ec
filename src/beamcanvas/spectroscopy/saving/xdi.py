"""Saving spectra as XDI."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ... import __version__
from ...errors import InputError
from ...output_file import replacing
from ...task import Param, task
from ..edges import nearest_edge
from ..reducing.normalised import Normalised
from ..spectra import Spectra
from .steps import steps_of

#: what is kept of a header that was read
_KEPT = ("beamline.", "facility.", "mono.", "sample.", "detector.", "scan.start_time")


@task(title="Save as XDI", output="file", requires="spectroscopy")
def save_xdi(
    data: Spectra | Normalised,
    *,
    file: Annotated[Path, Param(path="save", filter="XDI (*.xdi)")],
    d_spacing: Annotated[
        float | None, Param(gt=0, unit="Å", label="d of the crystal", auto="of the file read")
    ] = None,
    number: Annotated[int, Param(ge=0, label="Spectrum")] = 0,
    existing: Annotated[
        Literal["replace", "keep"],
        Param(label="A file that is there", words={"keep": "keep it", "replace": "replace it"}),
    ] = "replace",
) -> Path:
    """Save one spectrum in the XAS Data Interchange format.

    What the file that it was read from says of beamline, sample and detectors is kept.

    Parameters
    ----------
    data:
        Spectra; when they are normalised, that is a column too.
    file:
        File to write.
    d_spacing:
        Lattice spacing of the monochromator, which the format asks for.
    number:
        Which spectrum, from 0, when there are several.
    existing:
        What to do when the file is there already.

    Raises
    ------
    InputError
        When the edge or the crystal is not known, there is no such spectrum, or the file
        can't be written.
    """
    steps = steps_of(data)
    spectra, normalised = steps.spectra, steps.normalised
    if number >= len(spectra):
        raise InputError(f"There is no spectrum {number}: there are {len(spectra)}, from 0.")
    element, edge = spectra.element, spectra.edge
    if not element and normalised is not None and np.isfinite(normalised.e0[number]):
        element, edge = nearest_edge(float(normalised.e0[number]))
    if not element:
        raise InputError("XDI asks for the element and its edge: normalise the spectrum first.")
    spacing = str(d_spacing or spectra.notes.get("mono.d_spacing", ""))
    if not spacing:
        raise InputError("XDI asks for the d spacing of the monochromator (Si 111: 3.1356 Å).")
    columns: dict[str, Any] = {"energy eV": spectra.energy, "mutrans": spectra.mu[number]}
    if spectra.reference is not None:
        columns["murefer"] = spectra.reference[number if len(spectra.reference) > 1 else 0]
    if normalised is not None and number not in normalised.problems:
        columns["normtrans"] = normalised.norm(number)[0]
    fields = {f"Column.{i}": name for i, name in enumerate(columns, 1)}
    fields |= {"Element.symbol": element, "Element.edge": edge, "Mono.d_spacing": spacing}
    fields["Sample.name"] = spectra.name(number)
    for key, value in spectra.notes.items():
        if key.startswith(_KEPT) and isinstance(value, str) and value:
            family, _, tag = key.partition(".")
            fields.setdefault(f"{family.capitalize()}.{tag}", value)
    fields.setdefault("Scan.end_time", datetime.now(UTC).isoformat(timespec="seconds"))
    lines = [f"# XDI/1.0 beamcanvas/{re.sub(r'[^0-9.]', '', __version__) or '0'}"]
    lines += [f"# {key}: {value}" for key, value in fields.items()]
    comments = spectra.notes.get("comments") or []
    lines += ["# ///", *(f"# {line}" for line in comments), "# ---"]
    lines.append("# " + "  ".join(name.split()[0] for name in columns))
    table = np.column_stack(list(columns.values()))
    table = table[np.isfinite(table).all(axis=1)]
    lines += ["  ".join(f"{value:.10g}" for value in row) for row in table.tolist()]
    with replacing(file, ".xdi", existing) as (path, new):
        new.write_text("\n".join(lines) + "\n", "utf-8")
    return path
