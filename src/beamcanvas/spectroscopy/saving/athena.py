"""Saving spectra as an Athena project, with the parameters of their reduction."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ... import __version__
from ...errors import InputError
from ...output_file import replacing
from ...task import Param, task
from ..kernels.constants import wavenumber
from ..reducing.exafs import Exafs
from ..reducing.normalised import Normalised
from ..reducing.transforms import FourierTransform
from .steps import Steps, steps_of

_WINDOWS = {"kaiser": "kaiser-bessel"}
_MOST = 2000  #: groups that a project can hold with comfort


@task(title="Save Athena project", output="file", requires="spectroscopy")
def save_athena(
    data: Normalised | Exafs | FourierTransform,
    *,
    file: Annotated[Path, Param(path="save", filter="Athena projects (*.prj)")],
    existing: Annotated[
        Literal["replace", "keep"],
        Param(label="A file that is there", words={"keep": "keep it", "replace": "replace it"}),
    ] = "replace",
) -> Path:
    """Save spectra as groups of an Athena project, which Athena and Larix open.

    E0, ranges, Rbkg, clamps, k weights and windows go with them. Spectra with a problem are
    left out.

    Parameters
    ----------
    data:
        The last step.
    file:
        Project to write.
    existing:
        What to do when it is there already.

    Raises
    ------
    InputError
        When there are too many spectra or the file can't be written.
    """
    steps = steps_of(data)
    spectra = steps.spectra
    if len(spectra) > _MOST:
        raise InputError(
            f"An Athena project of {len(spectra)} groups is more than Athena can take."
        )
    lines = [
        "# Athena project file -- Athena version 0.8.061",
        f"# This file created by beamcanvas {__version__}",
        "",
    ]
    for number in range(len(spectra)):
        if number not in data.problems:
            lines += _group(steps, number)
    lines += ["@journal = ();", "1;", ""]
    with replacing(file, ".prj", existing) as (path, new):
        new.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def _group(steps: Steps, number: int) -> list[str]:
    spectra = steps.spectra
    good = np.isfinite(spectra.mu[number])
    name = _tag(number)
    arguments: list[str] = []
    for key, value in _arguments(steps, number, name).items():
        arguments += [_quoted(key), _quoted(value)]
    return [
        f"$old_group = '{name}';",
        f"@args = ({','.join(arguments)});",
        f"@x = ({','.join(_numbers(spectra.energy[good]))});",
        f"@y = ({','.join(_numbers(spectra.mu[number, good]))});",
        "[record]   # create object and set arrays in ifeffit",
        "",
    ]


def _tag(number: int) -> str:
    """Four letters, as Athena names its groups."""
    letters = ""
    for _ in range(4):
        number, rest = divmod(number, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _quoted(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _numbers(values: Any) -> list[str]:
    return [f"'{value:.10g}'" for value in values]


def _arguments(steps: Steps, number: int, name: str) -> dict[str, Any]:
    spectra, normalised = steps.spectra, steps.normalised
    found: dict[str, Any] = {
        "datagroup": name,
        "group": name,
        "label": spectra.name(number),
        "file": spectra.source,
        "is_xmu": 1,
        "is_chi": 0,
        "is_rec": 1,
        "is_proj": 1,
        "recordtype": "mu(E)",
        "npts": len(spectra.energy),
        "bkg_eshift": 0,
        "bkg_z": spectra.element,
        "fft_edge": spectra.edge.lower() or "k",
        "bkg_flatten": 1,
        "bkg_nvict": 0,
    }
    if normalised is not None:
        ranges = normalised.ranges_of(number)
        e0 = float(normalised.e0[number])
        found |= {"bkg_e0": e0, "bkg_step": float(normalised.edge_step[number]), "bkg_fixstep": 0}
        if ranges is not None:
            found |= {
                "bkg_pre1": ranges.pre1,
                "bkg_pre2": ranges.pre2,
                "bkg_nor1": ranges.norm1,
                "bkg_nor2": ranges.norm2,
                "bkg_nnorm": ranges.nnorm + 1,
            }
        found["bkg_spl2"] = float(wavenumber(spectra.energy[-1] - e0))
        found["bkg_spl2e"] = float(spectra.energy[-1] - e0)
    if steps.exafs is not None:
        way = steps.exafs.settings
        found |= {
            "bkg_rbkg": way["rbkg"],
            "bkg_kw": way["kweight"],
            "bkg_dk": way["dk"],
            "bkg_spl1": way["kmin"],
            "bkg_win": way["window"],
            "bkg_clamp1": way["clamp_lo"],
            "bkg_clamp2": way["clamp_hi"],
            "bkg_nclamp": way["nclamp"],
        }
        if way["kmax"] is not None:
            found["bkg_spl2"] = way["kmax"]
    if steps.fourier is not None:
        way = steps.fourier.settings
        window = _WINDOWS.get(way["window"], way["window"])
        found |= {
            "fft_kmin": way["kmin"],
            "fft_kmax": way["kmax"],
            "fft_kw": way["kweight"],
            "fft_dk": way["dk"],
            "fft_win": window,
            "fft_kwindow": window,
        }
    return found
