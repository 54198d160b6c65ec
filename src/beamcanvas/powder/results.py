"""What a powder reduction ends with: calibrations, patterns and cakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import degrees
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nexus import Axis, NXData
from .origin import Origin
from .packed_mask import PackedMask
from .types import DiffractionImage, Geometry

#: How the axes of pyFAI's units are written: name of the dataset, unit, words for a plot.
AXES = {
    "2th_deg": ("2th", "°", "2θ"),
    "2th_rad": ("2th", "rad", "2θ"),
    "q_nm^-1": ("q", "nm⁻¹", "q"),
    "q_A^-1": ("q", "Å⁻¹", "q"),
    "d_A": ("d", "Å", "d spacing"),
    "r_mm": ("r", "mm", "Radius"),
    "r_A": ("r", "Å", "r"),  # of a pair distribution function
}


@dataclass(frozen=True, eq=False)
class Ring:
    """One line of the calibrant as the image shows it."""

    number: int  #: from 1, innermost first
    two_theta: float  #: rad
    d_spacing: float  #: Å
    points: int  #: places along the ring where it was found
    residual: float  #: root mean square distance of these from the line, rad; NaN if none
    #: (n, 2) x and y in pixels of the line on the detector; NaN rows where it leaves it
    line: NDArray[np.float64]
    found: NDArray[np.float64]  #: (points, 2) x and y in pixels where it was found
    off: NDArray[np.float64]  #: (points,) how far it is from the line there, rad


@dataclass(frozen=True, eq=False)
class Calibration:
    """A geometry found from a calibrant's rings, and how far to trust it."""

    geometry: Geometry
    image: DiffractionImage
    #: standard deviations of what was refined: distance (m), poni1, poni2 (m), rot1, rot2 (rad),
    #: wavelength (m)
    uncertainties: dict[str, float]
    rings: tuple[Ring, ...]
    share_on_rings: float  #: of the bright pixels, 0 to 1
    share_by_chance: float  #: that rings anywhere would catch
    peak_residual: float  #: of the 1D pattern's peaks from the calibrant's lines, degrees
    reason: str  #: one sentence: why it is, or is not, to be trusted

    @property
    def trusted(self) -> bool:
        return self.geometry.trusted

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why it is not to be trusted, or what is odd although it is."""
        return self.geometry.warnings

    @property
    def summary(self) -> str:
        found = sum(ring.points > 0 for ring in self.rings)
        if not self.trusted:
            return f"calibration not to be trusted: {self.reason}"
        remark = ", with a remark" if self.warnings else ""
        return f"calibration, {found} rings, peaks within {self.peak_residual:.4f}°{remark}"

    def nxdata(self) -> NXData:
        """The image; the rings to draw over it are in :attr:`rings`."""
        return self.image.nxdata()

    @property
    def residuals(self) -> NXData:
        """Root mean square residual of each ring over its angle, degrees."""
        seen = [ring for ring in self.rings if ring.points]
        return NXData(
            signal=np.array([degrees(ring.residual) for ring in seen]),
            name="residual",
            label="Residual",
            unit="°",
            title="Residual of each ring",
            axes=(
                Axis(
                    name="2th",
                    values=np.array([degrees(ring.two_theta) for ring in seen]),
                    unit="°",
                    label="2θ",
                ),
            ),
        )

    def residual_map(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of all places where rings were found, pixels, and their residuals, degrees."""
        rings = [ring for ring in self.rings if ring.points]
        if not rings:
            return np.empty((0, 2)), np.empty(0)
        places, off = (
            np.concatenate(parts) for parts in zip(*((r.found, r.off) for r in rings), strict=True)
        )
        return places, np.degrees(off)

    @property
    def report(self) -> dict[str, str]:
        """What to read before trusting it, label by label, with uncertainties and units."""
        g, u = self.geometry, self.uncertainties
        x, y = g.beam_centre

        def value(number: float, error: float | None, unit: str, digits: int) -> str:
            text = f"{number:.{digits}f}"
            gap = "" if unit == "°" else " "
            return f"{text} ± {error:.{digits}f}{gap}{unit}" if error else f"{text}{gap}{unit}"

        def scaled(name: str, factor: float) -> float | None:
            return factor * u[name] if name in u else None

        return {
            "Trusted": ("yes, with a remark" if self.warnings else "yes") if self.trusted else "NO",
            "Because": self.reason,
            "Distance": value(1e3 * g.distance, scaled("distance", 1e3), "mm", 4),
            "Beam centre": f"x {x:.2f}, y {y:.2f} px",
            "PONI 1": value(1e3 * g.poni1, scaled("poni1", 1e3), "mm", 4),
            "PONI 2": value(1e3 * g.poni2, scaled("poni2", 1e3), "mm", 4),
            "Rotation 1": value(degrees(g.rot1), scaled("rot1", degrees(1)), "°", 4),
            "Rotation 2": value(degrees(g.rot2), scaled("rot2", degrees(1)), "°", 4),
            "Energy": value(g.energy, scaled("wavelength", g.energy / g.wavelength), "keV", 4),
            "Peaks from lines": f"{self.peak_residual:.4f}°",
            "Bright pixels on rings": f"{100 * self.share_on_rings:.0f} % "
            f"(by chance {100 * self.share_by_chance:.0f} %)",
        }


def _axis(unit: str, values: NDArray[np.float64]) -> Axis:
    name, symbol, label = AXES[unit]
    return Axis(name=name, values=values, unit=symbol, label=label)


def _span(unit: str, values: NDArray[np.float64]) -> str:
    _, symbol, label = AXES[unit]
    gap = "" if symbol == "°" else " "
    return f"{label} {values.min():.4g}–{values.max():.4g}{gap}{symbol}"


@dataclass(frozen=True, eq=False)
class Pattern:
    """A 1D powder pattern."""

    radial: NDArray[np.float64]
    intensity: NDArray[np.float64]
    sigma: NDArray[np.float64] | None  #: standard deviations, when an error model was asked for
    unit: str  #: of the radial axis, as pyFAI spells it: "2th_deg", "q_nm^-1" ...
    geometry: Geometry | None  #: None when it was read from a file that doesn't tell
    engine: str  #: what computed it, as it ran: "bbox split, CSR, Cython"
    settings: dict[str, Any] = field(default_factory=dict)  #: by which it was made
    #: positions of known lines on the radial axis, by the name of what gives them
    lines: dict[str, list[float]] = field(default_factory=dict)
    #: pixels' share in each point; 0: nothing was measured there
    count: NDArray[np.float64] | None = None
    source: str = ""
    origins: tuple[Origin, ...] = ()  #: where what it is made of is stored
    unused: PackedMask | None = None  #: the pixels that were left out
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return f"pattern, {len(self.radial)} points, {_span(self.unit, self.radial)}"

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.intensity,
            name="intensity",
            label="G(r)" if self.unit == "r_A" else "Intensity",
            errors=self.sigma,
            mask=None if self.count is None else self.count == 0,
            axes=(_axis(self.unit, self.radial),),
            title=self.source,
            lines=self.lines,
            meta={"engine": self.engine, **self.settings},
        )


@dataclass(frozen=True, eq=False)
class Cake:
    """An image over radius and azimuth: a calibrated ring is a straight line in it."""

    radial: NDArray[np.float64]
    azimuthal: NDArray[np.float64]  #: degrees
    intensity: NDArray[np.float64]  #: (azimuthal, radial)
    sigma: NDArray[np.float64] | None
    unit: str  #: of the radial axis
    geometry: Geometry
    engine: str
    settings: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, list[float]] = field(default_factory=dict)
    count: NDArray[np.float64] | None = None
    source: str = ""
    origins: tuple[Origin, ...] = ()  #: where what it is made of is stored
    unused: PackedMask | None = None  #: the pixels that were left out
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return (
            f"cake, {len(self.radial)} × {len(self.azimuthal)} points, "
            f"{_span(self.unit, self.radial)}"
        )

    def nxdata(self) -> NXData:
        empty = None if self.count is None else self.count == 0
        return NXData(
            signal=self.intensity,
            name="intensity",
            label="Intensity",
            errors=self.sigma,
            mask=empty,
            axes=(
                Axis(name="chi", values=self.azimuthal, unit="°", label="Azimuth"),
                _axis(self.unit, self.radial),
            ),
            title=self.source,
            log=True,
            lines=self.lines,
            meta={"engine": self.engine, **self.settings},
        )


@dataclass(frozen=True, eq=False)
class Patterns:
    """Patterns by name."""

    patterns: dict[str, Pattern]

    @property
    def summary(self) -> str:
        return f"{len(self.patterns)} pattern{'' if len(self.patterns) == 1 else 's'}"

    @property
    def warnings(self) -> tuple[str, ...]:
        said = (words for pattern in self.patterns.values() for words in pattern.warnings)
        return tuple(dict.fromkeys(said))

    def nxdata(self) -> NXData:
        """Those over the first one's axis as an image, (pattern, radius); NaN outside.

        Patterns with points of their own are interpolated to the finest axis among them.
        """
        patterns = list(self.patterns.values())
        unit = patterns[0].unit
        patterns = [p for p in patterns if p.unit == unit]
        low = min(float(p.radial.min()) for p in patterns)
        high = max(float(p.radial.max()) for p in patterns)
        radial = np.linspace(low, high, max(len(p.radial) for p in patterns))
        rows = np.full((len(patterns), len(radial)), np.nan)
        for row, p in zip(rows, patterns, strict=True):
            seen = np.isfinite(p.intensity) & (True if p.count is None else p.count > 0)
            if seen.any():
                order = np.argsort(p.radial[seen])
                x, y = p.radial[seen][order], p.intensity[seen][order]
                row[:] = np.interp(radial, x, y, left=np.nan, right=np.nan)
        return NXData(
            signal=rows,
            name="intensity",
            label="Intensity",
            mask=~np.isfinite(rows),
            axes=(
                Axis(name="pattern", values=np.arange(1, len(rows) + 1), label="Pattern"),
                _axis(unit, radial),
            ),
            title=self.summary,
            log=True,
        )
