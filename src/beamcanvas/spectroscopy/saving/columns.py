"""Saving curves as columns of text, as EXAFS programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ... import __version__
from ...errors import InputError
from ...output_file import replacing
from ...task import Param, task
from ..kernels.constants import Array
from .steps import Reduced, Steps, steps_of

_FILTER = "Columns (*.xmu *.nor *.chik *.chir *.chiq *.dat);;All files (*)"
_STEPS = {
    ".xmu": "spectra",
    ".nor": "normalised",
    ".chik": "exafs",
    ".chi": "exafs",
    ".chir": "fourier",
    ".chiq": "back",
}
_WORDS = {
    "normalised": "normalised spectra",
    "exafs": "χ(k)",
    "fourier": "χ(R)",
    "back": "χ(q)",
}


@task(title="Save XAS as text", output="file", requires="spectroscopy")
def save_columns(
    data: Reduced,
    *,
    file: Annotated[Path, Param(path="save", filter=_FILTER)],
    existing: Annotated[
        Literal["replace", "keep"],
        Param(label="A file that is there", words={"keep": "keep it", "replace": "replace it"}),
    ] = "replace",
) -> Path:
    """Save one step as columns of text; the suffix says which.

    ``.xmu`` mu(E) with its background, ``.nor`` normalised and flattened, ``.chik`` chi(k)
    with k weights 0 to 3 and what the background leaves open, ``.chir`` chi(R) with its parts,
    ``.chiq`` chi(q). Of several spectra, one column each: mu, flattened, chi, |chi(R)|,
    Re chi(q). Parameters are in the header.

    Parameters
    ----------
    data:
        The last step, or any after the one that is saved.
    file:
        File to write.
    existing:
        What to do when it is there already.

    Raises
    ------
    InputError
        When the data have not come to that step, or the file can't be written.
    """
    steps = steps_of(data)
    file = Path(file)
    suffix = file.suffix.lower()
    step = _STEPS.get(suffix) or _last(steps)
    if getattr(steps, step) is None:
        raise InputError(f"{file.name} takes {_WORDS[step]}, to which these data have not come.")
    columns = _single(steps, step) if len(steps.spectra) == 1 else _several(steps, step)
    names = [name.replace(" ", "_") for name in columns]
    table = np.column_stack(list(columns.values()))
    table = table[np.isfinite(table[:, 0]) & np.isfinite(table[:, 1:]).any(axis=1)]
    with replacing(file, ".dat", existing) as (path, new):
        header = [*_header(steps), "  ".join(names)]
        rows = "\n".join("  ".join(f"{value:.9g}" for value in row) for row in table.tolist())
        new.write_text("\n".join(f"# {line}" for line in header) + "\n" + rows + "\n", "utf-8")
    return path


def _last(steps: Steps) -> str:
    return next(
        n for n in ("back", "fourier", "exafs", "normalised", "spectra") if getattr(steps, n)
    )


def _single(steps: Steps, step: str) -> dict[str, Array]:
    spectra, normalised, exafs = steps.spectra, steps.normalised, steps.exafs
    if step == "spectra":
        found = {"energy": spectra.energy, "mu": spectra.mu[0]}
        if normalised is not None:
            found |= {"pre": normalised.pre_edge(0)[0], "post": normalised.post_edge(0)[0]}
        if exafs is not None:
            found["bkg"] = exafs.background(0)
        return found
    if normalised is not None and step == "normalised":
        return {
            "energy": spectra.energy,
            "norm": normalised.norm(0)[0],
            "flat": normalised.flat(0)[0],
            "derivative": normalised.derivative(0)[0],
        }
    if exafs is not None and step == "exafs":
        chi = exafs.chi[0]
        found = {"k": exafs.k, "chi": chi}
        found |= {f"chik{n}": chi * exafs.k**n for n in (1, 2, 3)}
        return found | {"delta_chi": exafs.uncertainty(0)[0]}
    transformed: Any = steps.fourier if step == "fourier" else steps.back
    x, name = (transformed.r, "r") if step == "fourier" else (transformed.q, "q")
    chi = transformed.chi[0]
    return {
        name: x,
        f"chi{name}_re": chi.real,
        f"chi{name}_im": chi.imag,
        f"chi{name}_mag": np.abs(chi),
        f"chi{name}_pha": np.unwrap(np.angle(chi)),
    }


def _several(steps: Steps, step: str) -> dict[str, Array]:
    spectra = steps.spectra
    names = [spectra.name(i) for i in range(len(spectra))]
    if len(set(names)) < len(names):
        names = [f"{name}_{i}" for i, name in enumerate(names)]
    data: Any = getattr(steps, step)
    if step in ("spectra", "normalised"):
        name, x = "energy", spectra.energy
        values = spectra.mu if step == "spectra" else data.flat()
    elif step == "exafs":
        name, x, values = "k", data.k, data.chi
    elif step == "fourier":
        name, x, values = "r", data.r, data.magnitude
    else:
        name, x, values = "q", data.q, data.chi.real
    return {name: x, **dict(zip(names, values, strict=True))}


def _header(steps: Steps) -> list[str]:
    lines = [f"beamcanvas {__version__}", f"source: {steps.spectra.source}"]
    for name in ("normalised", "exafs", "fourier", "back"):
        found = getattr(steps, name)
        if found is not None:
            lines += _said(name, found.settings)
    if steps.normalised is not None and len(steps.spectra) == 1:
        lines.append(f"e0: {steps.normalised.e0[0]:.4f} eV")
        lines.append(f"edge_step: {steps.normalised.edge_step[0]:.8g}")
        if (ranges := steps.normalised.ranges_of(0)) is not None:
            lines += _said("ranges", ranges.words)
    return lines


def _said(name: str, settings: Mapping[str, Any]) -> list[str]:
    return [f"{name}.{key}: {value}" for key, value in settings.items() if value not in (None, "")]
