"""Wavelength and zero of a pattern from the lines of a powder that is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..experiment.detectors import calibrant_names, named_calibrant
from ..results import Pattern
from ..types import HC

Array = NDArray[np.float64]

_FAR = 5.0  #: median absolute deviations from which a line is no longer believed
_FIRST_LOOK = 0.05  #: degrees on both sides of where a line should be


@dataclass(frozen=True, eq=False)
class LineRefinement:
    """Where lines were found, and the wavelength and zero that explain them best."""

    two_theta: Array  #: found, degrees
    sigma: Array  #: standard deviations, degrees
    residual: Array  #: found minus calculated, degrees
    width: Array  #: full widths at half maximum, degrees
    wavelength: float  #: m
    wavelength_error: float  #: m
    zero: float  #: degrees, to be subtracted from the pattern's angles
    zero_error: float  #: degrees
    powder: str
    source: str = ""

    @property
    def rms(self) -> float:
        """Root mean square of the residuals, degrees."""
        return float(np.sqrt(np.mean(self.residual**2)))

    @property
    def summary(self) -> str:
        return (
            f"{len(self.two_theta)} lines of {self.powder} within {self.rms:.5f}°, "
            f"{1e10 * self.wavelength:.7f} Å"
        )

    @property
    def report(self) -> dict[str, str]:
        """What was found, label by label, with uncertainties and units."""
        energy = HC / self.wavelength
        return {
            "Lines": f"{len(self.two_theta)} of {self.powder}",
            "Wavelength": f"{1e10 * self.wavelength:.7f} ± {1e10 * self.wavelength_error:.7f} Å",
            "Energy": f"{energy:.6f} ± {energy * self.wavelength_error / self.wavelength:.6f} keV",
            "Zero": f"{self.zero:.6f} ± {self.zero_error:.6f}°",
            "Residual": f"{self.rms:.6f}° (root mean square)",
            "Width": f"{self.width.min():.5f}° to {self.width.max():.5f}°",
        }

    def nxdata(self) -> NXData:
        return NXData(
            signal=1e3 * self.residual,
            name="residual",
            label="Found minus calculated",
            unit="0.001°",
            errors=1e3 * self.sigma,
            axes=(Axis(name="2th", values=self.two_theta, unit="°", label="2θ"),),
            title=self.source,
        )


@task(title="Refine lines", output="refinement", requires="powder")
def refine_lines(
    pattern: Pattern,
    *,
    powder: Annotated[str, Param(choices=calibrant_names)] = "LaB6_SRM660c",
    wavelength: Annotated[
        float | None, Param(unit="Å", gt=0, label="Rough wavelength", auto="of the pattern")
    ] = None,
    progress: Progress = SILENT,
) -> LineRefinement:
    """Fit each line of a known powder, then the wavelength and the zero of the angle.

    Each line is a pseudo-Voigt over a straight background. Those too weak, without the shape
    of a line, or far off all others are left out.

    Parameters
    ----------
    pattern:
        Pattern over 2θ.
    powder:
        What was in the beam.
    wavelength:
        Good enough to find the lines within 0.05°.

    Raises
    ------
    InputError
        When the pattern isn't over 2θ, no wavelength is known, or too few lines are found.
    """
    if not pattern.unit.startswith("2th"):
        raise InputError("Lines are refined over 2θ: this pattern has another axis.")
    x = np.degrees(pattern.radial) if pattern.unit == "2th_rad" else pattern.radial
    rough = 1e-10 * wavelength if wavelength else _wavelength_of(pattern)
    calibrant = named_calibrant(powder)
    spacings = np.array(calibrant.d_spacings) * 1e-10
    spacings = spacings[rough < 2 * spacings]
    expected = np.degrees(2 * np.arcsin(rough / (2 * spacings)))
    gaps = np.minimum(
        np.diff(expected, prepend=expected[0] - 1), np.diff(expected, append=expected[-1] + 1)
    )
    found = []
    for i, (place, gap) in enumerate(zip(expected, gaps, strict=True)):
        progress(i / len(expected), "Fitting lines")
        line = _fit_line(x, pattern.intensity, pattern.sigma, place, gap)
        if line is not None:
            found.append((*line, spacings[i]))
    if len(found) < 3:
        raise InputError(
            f"Only {len(found)} lines of {powder} were found near where "
            f"{1e10 * rough:.6g} Å puts them: is it the right powder and wavelength?"
        )
    place, sigma, width, spacing = np.array(found).T
    good = np.ones(len(place), bool)
    for _ in range(10):
        values, errors = _wavelength_and_zero(place[good], spacing[good], rough)
        residual = place - _calculated(spacing, *values)
        spread = np.median(np.abs(residual[good] - np.median(residual[good])))
        believed = np.abs(residual - np.median(residual[good])) <= max(_FAR * 1.4826 * spread, 1e-7)
        if believed.sum() < 3 or (believed == good).all():
            break
        good = believed
    progress(1.0, "Refined")
    return LineRefinement(
        place[good],
        sigma[good],
        residual[good],
        width[good],
        wavelength=values[0],
        wavelength_error=errors[0],
        zero=values[1],
        zero_error=errors[1],
        powder=powder,
        source=pattern.source,
    )


def _wavelength_of(pattern: Pattern) -> float:
    if pattern.geometry is not None:
        return pattern.geometry.wavelength
    said = re.match(r"([\d.]+)", str(pattern.settings.get("wavelength", "")))
    if said is None:
        raise InputError("The pattern does not say its wavelength: give 'wavelength' in Å.")
    return 1e-10 * float(said[1])


def _calculated(spacing: Array, wavelength: float, zero: float) -> Array:
    found: Array = np.degrees(2 * np.arcsin(np.minimum(wavelength / (2 * spacing), 1))) + zero
    return found


def _wavelength_and_zero(
    place: Array, spacing: Array, rough: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least squares with equal weights: strong lines aren't known better than the angle is."""
    from scipy.optimize import curve_fit

    def model(spacing: Array, factor: float, zero: float) -> Array:
        return _calculated(spacing, factor * rough, zero)

    (factor, zero), covariance = curve_fit(model, spacing, place, p0=(1.0, 0.0), xtol=1e-14)
    errors = np.sqrt(np.diag(covariance))
    return (float(factor) * rough, float(zero)), (float(errors[0]) * rough, float(errors[1]))


def _line(x: Array, area: float, place: float, width: float, share: float, *ground: float) -> Array:
    """A pseudo-Voigt of unit height times `area`, over a straight background."""
    u = ((x - place) / width) ** 2
    shape = share / (1 + 4 * u) + (1 - share) * np.exp(-4 * np.log(2) * u)
    found: Array = area * shape + ground[0] + ground[1] * (x - place)
    return found


def _fit_line(
    x: Array, y: Array, sigma: Array | None, place: float, gap: float
) -> tuple[float, float, float] | None:
    """Position, its error and the width of the line near a place; None when there is none."""
    from scipy.optimize import curve_fit

    look = _window(x, place, min(_FIRST_LOOK, 0.45 * gap))
    if look.stop - look.start < 8:
        return None
    base = float(np.percentile(y[look], 20))
    top = look.start + int(np.argmax(y[look]))
    height = float(y[top]) - base
    above = int(np.count_nonzero(y[look] > base + height / 2))
    step = float(np.median(np.diff(x[look])))
    width = max(above, 2) * step
    near = _window(x, float(x[top]), min(8 * width, 0.45 * gap))
    if height <= 0 or near.stop - near.start < 10:
        return None
    noise = np.sqrt(np.maximum(y[near], 1)) if sigma is None else sigma[near]
    if not (noise > 0).all():
        noise = np.where(noise > 0, noise, noise.max() or 1.0)
    start = (height, float(x[top]), width, 0.5, base, 0.0)
    low: Any = (0, x[near][0], step / 2, 0, -np.inf, -np.inf)
    high: Any = (np.inf, x[near][-1], 1.0, 1, np.inf, np.inf)
    try:
        values, covariance = curve_fit(
            _line, x[near], y[near], p0=start, sigma=noise, bounds=(low, high), x_scale="jac"
        )
    except (RuntimeError, ValueError):
        return None
    errors = np.sqrt(np.diag(covariance))
    if not np.isfinite(errors).all() or values[0] < 5 * errors[0] or errors[1] > values[2] / 5:
        return None
    return float(values[1]), float(errors[1]), float(values[2])


def _window(x: Array, place: float, half: float) -> slice:
    low, high = np.searchsorted(x, [place - half, place + half])
    return slice(int(low), int(high))
