"""Saving patterns and cakes: NeXus with everything that made them, and plain columns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...errors import InputError
from ...output_file import replacing
from ...task import Existing, Param, task
from ..results import AXES, Cake, Pattern
from ..types import Geometry
from .nexus import UNITS, describe, describe_integration, write_axis
from .raw import write_origins
from .text_formats import Columns, chi_text, fxye_text, plain_text

_COLUMNS = "Columns (*.xye *.xy *.dat *.fxye *.chi);;All files (*)"


@task(title="Save as NeXus", output="file", requires="powder")
def save_nexus(
    data: Pattern | Cake,
    *,
    file: Annotated[Path, Param(path="save", filter="NeXus (*.h5 *.nxs)")],
    existing: Existing = "keep",
) -> Path:
    """Save a pattern or a cake as NeXus, with all that made it.

    That is the geometry, the settings, the mask, and links to the raw data; of a bliss scan
    the counters too. Opens as a plot in silx, and in whatever else reads NXdata.

    Parameters
    ----------
    data:
        What to save.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.

    Raises
    ------
    InputError
        When the file can't be written, or is there and to be kept.
    """
    import h5py
    import pyFAI

    with replacing(file, ".h5", existing) as (path, new), h5py.File(new, "w") as root:
        describe(root, "NXroot", "entry")
        root.attrs["creator"] = "beamcanvas"
        root.attrs["creator_version"] = __version__
        entry = describe(root.create_group("entry"), "NXentry", "integrate/result")
        entry["title"] = data.source
        measurement = describe(entry.create_group("measurement"), "NXcollection")
        measurement["integrated"] = h5py.SoftLink("/entry/integrate/result/intensity")
        write_origins(entry, data.origins, path.absolute().parent)
        process = describe(entry.create_group("integrate"), "NXprocess", "result")
        by_pyfai = data.engine.startswith("pyFAI")
        process["program"] = "pyFAI" if by_pyfai else "beamcanvas"
        process["version"] = pyFAI.version if by_pyfai else __version__
        process["date"] = datetime.now(UTC).isoformat(timespec="seconds")
        describe_integration(process, data.engine, data.settings, data.geometry)
        if data.warnings:
            process["warnings"] = list(data.warnings)
        if data.unused is not None:
            mask = data.unused.pixels.astype("u1")
            process.create_dataset("mask", data=mask, compression="gzip", shuffle=True)
        _data(process.create_group("result"), data)
    return path


def _data(group: Any, data: Pattern | Cake) -> None:
    plot = data.nxdata()
    describe(group, "NXdata")
    group.attrs["signal"] = "intensity"
    group.attrs["axes"] = [axis.name for axis in plot.axes]
    group.attrs["interpretation"] = "spectrum" if plot.signal.ndim == 1 else "image"
    group["title"] = plot.title
    big = {"compression": "gzip", "shuffle": True} if plot.signal.ndim > 1 else {}
    group.create_dataset("intensity", data=plot.signal, **big).attrs["long_name"] = "Intensity"
    if plot.errors is not None:
        group.create_dataset("intensity_errors", data=plot.errors, **big)
    if data.count is not None:
        group.create_dataset("count", data=data.count, **big)
    for axis in plot.axes:
        write_axis(group, axis)


@task(title="Save as text", output="file", requires="powder")
def save_ascii(
    pattern: Pattern,
    *,
    file: Annotated[Path, Param(path="save", filter=_COLUMNS)],
    existing: Existing = "keep",
    header: Annotated[Literal["full", "none"], Param(label="Header lines")] = "full",
) -> Path:
    """Save a pattern as text columns: radial axis, intensity, and standard deviation.

    The suffix decides: ``.xye`` three columns, 2θ in degrees whatever the pattern is over,
    as Rietveld programs read it; ``.xy`` two columns; ``.fxye`` for GSAS (2θ in hundredths
    of a degree); ``.chi`` as FIT2D writes it; anything else three columns when there are
    standard deviations, in a ``.dat`` below six lines of header at most, as FullProf
    (INSTRM 10) reads it. Points where nothing was measured are left out.

    Parameters
    ----------
    pattern:
        Pattern to save.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.
    header:
        full, lines with # that say how it was made; none, bare numbers as Rietveld
        programs like them.

    Raises
    ------
    InputError
        When an .xye or .fxye is asked for a pattern without standard deviations, an .xye
        for one over a radius or without a wavelength, an .fxye for one that isn't over 2θ,
        the file can't be written, or is there and to be kept.
    """
    path = Path(file)
    text = pattern_text(pattern, path.name, header)
    with replacing(path, ".dat", existing) as (path, new):
        new.write_text(text, encoding="utf-8")
    return path


def pattern_text(pattern: Pattern, name: str, header: Literal["full", "none"] = "full") -> str:
    """A pattern as a file of that name has it: its suffix decides, as in :func:`save_ascii`."""
    suffix = Path(name).suffix.lower()
    columns = _columns(pattern, name, suffix)
    if suffix == ".fxye":
        return fxye_text(columns)
    if suffix == ".chi":
        axis, unit, _ = AXES[columns.unit]
        return chi_text(columns, f"{axis} ({UNITS.get(unit, unit)})")
    lines = _header(pattern, columns) if header == "full" else []
    return plain_text(columns, _shortened(lines) if suffix == ".dat" else lines)


def _columns(pattern: Pattern, name: str, suffix: str) -> Columns:
    """The points that were measured, as the suffix wants them."""
    if suffix in (".xye", ".fxye") and pattern.sigma is None:
        raise InputError(
            f"{name} takes standard deviations and the pattern has none: "
            "integrate with an error model, or save as .xy."
        )
    x, unit = pattern.radial, pattern.unit
    if suffix == ".fxye":
        if not unit.startswith("2th"):
            raise InputError(f"{name} is over 2θ and the pattern is over {AXES[unit][2]}.")
    if suffix in (".xye", ".fxye"):
        x, unit = _two_theta(pattern, name), "2th_deg"
    good = np.flatnonzero(_measured(pattern) & np.isfinite(x))
    if not len(good):
        raise InputError("The pattern has no point where something was measured.")
    good = good[np.argsort(x[good], kind="stable")]  # 2θ goes down where d goes up
    sigma = None if pattern.sigma is None or suffix in (".xy", ".chi") else pattern.sigma[good]
    return Columns(x[good], pattern.intensity[good], sigma, unit, pattern.source)


def _two_theta(pattern: Pattern, name: str) -> NDArray[np.float64]:
    """The pattern's axis as 2θ in degrees; NaN beyond 180°."""
    x, unit = pattern.radial, pattern.unit
    if unit == "2th_deg":
        return x
    if unit == "2th_rad":
        return np.degrees(x)
    if unit.startswith("r_"):
        raise InputError(f"{name} is over 2θ and the pattern is over {AXES[unit][2]}.")
    if pattern.geometry is None:
        raise InputError(
            f"{name} is over 2θ, and the wavelength to turn {AXES[unit][2]} into it is not known: "
            "save as .dat."
        )
    wavelength = 1e10 * pattern.geometry.wavelength
    with np.errstate(divide="ignore", invalid="ignore"):
        q = {"q_A^-1": x, "q_nm^-1": x / 10, "d_A": 2 * np.pi / x}[unit]
        angle: NDArray[np.float64] = np.degrees(2 * np.arcsin(q * wavelength / (4 * np.pi)))
    return angle


def _measured(pattern: Pattern) -> NDArray[np.bool_]:
    good = np.isfinite(pattern.intensity)
    if pattern.count is not None:
        good &= pattern.count > 0
    if pattern.sigma is not None:
        # a standard deviation of zero is a weight without end to a Rietveld program
        good &= np.isfinite(pattern.sigma) & (pattern.sigma > 0)
    return good


def _header(pattern: Pattern, columns: Columns) -> list[str]:
    name, unit, _ = AXES[columns.unit]
    engine = f", {pattern.engine}" if pattern.engine else ""
    said = {
        "image": pattern.source,
        "program": f"beamcanvas {__version__}{engine}",
        **_placement(pattern.geometry),
        **{k: v for k, v in pattern.settings.items() if v not in (None, (None, None))},
    }
    lines = [f"{key} = {value}" for key, value in said.items()]
    lines += [f"warning: {warning}" for warning in pattern.warnings]
    sigma = "" if columns.sigma is None else "  sigma"
    return [*lines, f"{name} ({UNITS.get(unit, unit)})  intensity{sigma}"]


def _shortened(lines: list[str]) -> list[str]:
    """A header in the six lines that FullProf passes over; the last one names the columns."""
    return lines if len(lines) <= 6 else [*lines[:4], "; ".join(lines[4:-1]), lines[-1]]


def _placement(geometry: Geometry | None) -> dict[str, str]:
    """Where the detector stood, in the header's words; nothing of a pattern from elsewhere."""
    if geometry is None:
        return {}
    g = geometry
    x, y = g.beam_centre
    return {
        "detector": g.detector.words,
        "energy": f"{g.energy:.6g} keV",
        "wavelength": f"{1e10 * g.wavelength:.9g} Å",
        "distance": f"{g.distance:.9g} m",
        "poni": f"{g.poni1:.9g}, {g.poni2:.9g} m",
        "rotations": f"{g.rot1:.9g}, {g.rot2:.9g}, {g.rot3:.9g} rad",
        "beam centre": f"{x:.3f}, {y:.3f} px",
    }
