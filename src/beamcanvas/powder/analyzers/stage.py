"""The analyser stage of ID22: thirteen crystals, each with its strip of an area detector.

The angle that a detector's row sees follows from three conditions: a ray leaves the sample at
2θ and azimuth φ, meets a crystal at Bragg's angle, is mirrored by it, and meets the detector's
plane in that row. Fitch & Dejoie, J. Appl. Cryst. 54 (2021) 1088, equations 24 to 31. The
azimuth has the cosine of roll y, as the mirror law demands.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..types import HC

Array = NDArray[np.float64]

_CONVERGED = 1e-13  #: rad
_CYCLES = 120


@dataclass(frozen=True)
class Analyzer:
    """One crystal, and the strip of the detector behind it."""

    centre: float  #: row in which the plane of diffraction meets the detector
    roll_x: float  #: rad
    roll_y: float  #: rad
    offset: float  #: of its 2θ from that of the arm, rad
    efficiency: float = 1.0  #: relative to the others
    efficiency_error: float = 0.0


@dataclass(frozen=True)
class AnalyzerStage:
    """Where the crystals and the detector stand."""

    analyzers: tuple[Analyzer, ...]
    bragg: float  #: Bragg angle of the crystals, rad
    deflection: float  #: by the crystals, rad
    to_crystal: float  #: from the sample to the crystals, mm
    to_detector: float  #: from the crystals to the detector, mm
    wavelength: float  #: m
    pixel: float = 0.075  #: height of a row, mm
    source: str = ""
    beam_width: float = 0.0  #: at the sample, across the plane of diffraction, mm; 0: not known

    @property
    def energy(self) -> float:
        """Photon energy in keV."""
        return HC / self.wavelength

    @property
    def summary(self) -> str:
        return f"{len(self.analyzers)} analysers, {1e10 * self.wavelength:.7f} Å"

    @property
    def report(self) -> list[dict[str, Any]]:
        """The crystals one by one, in the units that people read."""
        return [
            {
                "analyser": f"MA{i}",
                "offset (°)": round(float(np.degrees(a.offset)), 6),
                "centre (row)": round(a.centre, 3),
                "roll x (°)": round(float(np.degrees(a.roll_x)), 4),
                "roll y (°)": round(float(np.degrees(a.roll_y)), 4),
                "efficiency": a.efficiency,
            }
            for i, a in enumerate(self.analyzers)
        ]

    def binned(self, rows: int) -> AnalyzerStage:
        """The stage for data of which so many rows were added up."""
        crystals = tuple(replace(a, centre=(a.centre + 0.5) / rows - 0.5) for a in self.analyzers)
        return replace(self, analyzers=crystals, pixel=rows * self.pixel)

    def two_theta(self, number: int, rows: Any, arm: Any) -> tuple[Array, Array]:
        """Scattering angle (rad) and sine of the azimuth of detector rows at arm positions (rad).

        `rows` and `arm` are broadcast. NaN where no ray reaches the row.
        """
        crystal = self.analyzers[number]
        sin_b = np.sin(self.bragg)
        cos_x, sin_x = np.cos(crystal.roll_x), np.sin(crystal.roll_x)
        cos_y, sin_y = np.cos(crystal.roll_y), np.sin(crystal.roll_y)
        rows, arm = np.broadcast_arrays(np.asarray(rows, float), np.asarray(arm, float))
        across = self.pixel * (rows - crystal.centre)
        pointing = arm + crystal.offset
        cos_a, sin_a = np.cos(pointing - self.bragg), np.sin(pointing - self.bragg)
        # normal of the crystal: along the beam, up, across
        n1 = sin_a * cos_x + cos_a * sin_x * sin_y
        n2 = sin_a * sin_x * sin_y - cos_a * cos_x
        n3 = -sin_x * cos_y
        # normal of the detector's plane, and how far the plane is
        d1, d2 = np.cos(arm - self.deflection), np.sin(arm - self.deflection)
        plane = self.to_crystal * np.cos(self.deflection) + self.to_detector
        path = (
            self.to_crystal
            * (np.sin(crystal.offset) - np.sin(crystal.offset - self.bragg))
            / sin_b
            * (cos_x - sin_x * sin_y / np.tan(self.bragg))
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            sine = np.clip(
                across / ((self.to_crystal + self.to_detector) * np.sin(np.abs(pointing))),
                -0.95,
                0.95,
            )
            angle = pointing
            for _ in range(_CYCLES):
                cosine = np.sqrt(1 - sine**2)
                slope = n2 * cosine + n3 * sine
                half = np.arccos(-sin_b / np.hypot(n1, slope))
                middle = np.arctan2(slope, n1)
                one, other = middle + half, middle - half
                found = np.where(np.abs(one - pointing) < np.abs(other - pointing), one, other)
                up, along = np.sin(found), np.cos(found)
                rest = (plane - path * (d1 * along + d2 * up * cosine)) / (
                    d1 * (along + 2 * sin_b * n1) + d2 * (up * cosine + 2 * sin_b * n2)
                )
                sine = np.clip((across - 2 * rest * sin_b * n3) / ((path + rest) * up), -1, 1)
                moved = np.abs(found - angle)
                angle = found
                if not (moved > _CONVERGED).any():
                    break
            angle = np.where((moved <= _CONVERGED) & (np.abs(sine) < 1), angle, np.nan)
        return angle, sine


@task(title="Open analysers", output="stage", requires="powder")
def open_analyzers(
    file: Annotated[Path, Param(path="open", filter="TOPAS parameters (*.pars);;All files (*)")],
    efficiencies: Annotated[
        Path | None,
        Param(path="open", filter="Efficiencies (*.res);;All files (*)", auto="of the parameters"),
    ] = None,
    *,
    energy: Annotated[float | None, Param(unit="keV", gt=0, auto="from the file")] = None,
    pixel: Annotated[float, Param(unit="mm", gt=0, label="Height of a row", more=True)] = 0.075,
    binned: Annotated[int, Param(ge=1, label="Rows added up", more=True)] = 1,
    beam_width: Annotated[
        float | None,
        Param(unit="mm", gt=0, label="Width of the beam", auto="from the file", more=True),
    ] = None,
) -> AnalyzerStage:
    """Read where the analyser crystals stand, as TOPAS refined it (``out7.pars`` of ID22).

    Parameters
    ----------
    file:
        Parameters: wavelength, angles of the crystals, distances, and a row for each crystal.
    efficiencies:
        ``temp.res``: a line for each crystal with a shift in 2θ (degrees, subtracted), its
        efficiency and the error of that.
    energy:
        Photon energy, when it isn't that of the file.
    pixel:
        Height of a row of the detector.
    binned:
        So many rows of the detector were added up to one in the scans.
    beam_width:
        Of the beam at the sample, when it isn't that of the file (``wg``). Rebinning can leave
        out rows that it blurs.

    Raises
    ------
    InputError
        When a file is missing, lacks a value, or has another number of crystals.
    """
    file = Path(file)
    lines = _lines(file)
    wavelength = _after(file, lines, "Wavelength") if energy is None else 1e10 * HC / energy
    bragg, deflection = _below(file, lines, ("manom", "mantth"))
    to_crystal, to_detector = _below(file, lines, ("L1", "L2"))
    crystals = _crystals(file, lines)
    if efficiencies is not None:
        crystals = _with_efficiencies(crystals, efficiencies)
    stage = AnalyzerStage(
        tuple(crystals),
        bragg,
        deflection,
        to_crystal,
        to_detector,
        1e-10 * wavelength,
        pixel,
        file.name,
        _below_one(lines, "wg") if beam_width is None else beam_width,
    )
    return stage.binned(binned)


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file} can't be read: it is not text.") from None


def _floats(file: Path, number: int, line: str, count: int) -> list[float]:
    try:
        return [float(word) for word in line.replace(",", " ").split()[:count]]
    except ValueError:
        raise InputError(
            f"Line {number} of {file} should begin with {count} numbers, not '{line.strip()}'."
        ) from None


def _after(file: Path, lines: list[str], name: str) -> float:
    for number, line in enumerate(lines, 1):
        if line.strip().startswith(name):
            values = _floats(file, number, line.partition("=")[2], 1)
            if values and values[0] > 0:
                return values[0]
    raise InputError(f"{file} has no line '{name} = …': is it a .pars file of the analysers?")


def _below(file: Path, lines: list[str], names: tuple[str, str]) -> tuple[float, float]:
    for number, line in enumerate(lines[:-1], 1):
        if tuple(line.split()[:2]) == names:
            values = _floats(file, number + 1, lines[number], 2)
            if len(values) == 2 and min(values) > 0:
                return values[0], values[1]
    raise InputError(
        f"{file} lacks {names[0]} and {names[1]}: is it a .pars file of the analysers?"
    )


def _below_one(lines: list[str], name: str) -> float:
    """The number below a name in a heading; 0 when there is none."""
    for heading, values in pairwise(lines):
        words = heading.split()
        if name in words:
            with suppress(IndexError, ValueError):
                return max(float(values.split()[words.index(name)]), 0.0)
    return 0.0


def _crystals(file: Path, lines: list[str]) -> list[Analyzer]:
    names = ["centre", "rollx", "rolly", "offset"]
    start = next((i for i, line in enumerate(lines) if line.split()[:4] == names), None)
    if start is None:
        raise InputError(f"{file} has no table of the crystals (centre, rollx, rolly, offset).")
    scaled = "scale" in lines[start].split()
    found = []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not line.strip():
            break
        values = _floats(file, number, line, 5 if scaled else 4)
        if len(values) < (5 if scaled else 4):
            raise InputError(f"Line {number} of {file} lacks a value of a crystal.")
        found.append(Analyzer(*values))
    if not found:
        raise InputError(f"{file} has no row of a crystal below its heading.")
    return found


def _with_efficiencies(crystals: list[Analyzer], file: Path) -> list[Analyzer]:
    rows = [
        _floats(file, number, line, 3)
        for number, line in enumerate(_lines(file), 1)
        if line.strip()
    ]
    if len(rows) != len(crystals):
        raise InputError(
            f"{file} has {len(rows)} efficiencies but there are {len(crystals)} analysers."
        )
    if any(len(row) < 3 or not row[1] > 0 for row in rows):
        raise InputError(f"{file} should have a shift, a positive efficiency and its error a line.")
    return [
        replace(
            crystal,
            offset=crystal.offset - np.radians(shift),
            efficiency=efficiency,
            efficiency_error=error,
        )
        for crystal, (shift, efficiency, error) in zip(crystals, rows, strict=True)
    ]
