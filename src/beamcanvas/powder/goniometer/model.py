"""A detector that moves: on an arm around the sample, or along the beam."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import degrees, inf, isfinite
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...output_file import replacing
from ...task import Existing, Param, task
from ..types import Geometry
from .images import MovingImages

#: Unit of the motor for each way to move, and by how much a step of it moves what.
MOTIONS = {
    "arm, up and down": ("°", "rot2", float(np.radians(1))),
    "arm, sideways": ("°", "rot1", float(np.radians(1))),
    "along the beam": ("mm", "distance", 1e-3),
}


@dataclass(frozen=True, eq=False)
class Goniometer:
    """Where the detector stands for any position of its motor: linear in the position."""

    motion: str  #: one of :data:`MOTIONS`
    reference: float  #: position of the motor ...
    geometry: Geometry  #: ... at which the detector stands like this
    slopes: dict[str, float]  #: of the geometry's numbers, m or rad per unit of the motor
    #: standard deviations, of the numbers at the reference and, as "rot2 slope", of slopes
    uncertainties: dict[str, float]
    images: MovingImages  #: that it was calibrated on
    residuals: tuple[float, ...]  #: root mean square of each image's ring points, rad
    points: int  #: places on rings, in all images
    peak_residual: float  #: of the peaks from the lines in all images' patterns, degrees
    reason: str  #: one sentence: why it is, or is not, to be trusted

    @property
    def positions(self) -> tuple[float, ...]:
        """Of the images that it was calibrated on."""
        return self.images.positions

    @property
    def trusted(self) -> bool:
        return self.geometry.trusted

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.geometry.warnings

    @property
    def unit(self) -> str:
        """Of the motor."""
        return MOTIONS[self.motion][0]

    def words(self, position: float) -> str:
        """A position with its unit."""
        return f"{position:g}°" if self.unit == "°" else f"{position:g} {self.unit}"

    @property
    def residual(self) -> float:
        """Root mean square distance of all ring points from their lines, degrees."""
        if not self.residuals:
            return float("nan")
        return degrees(np.sqrt(np.nanmean(np.square(self.residuals))))

    def at(self, position: float) -> Geometry:
        """The geometry at a position; beyond the calibrated ones it comes with a warning."""
        step = position - self.reference
        moved = {n: getattr(self.geometry, n) + s * step for n, s in self.slopes.items()}
        geometry = replace(self.geometry, **moved)
        low, high = min(self.positions, default=-inf), max(self.positions, default=inf)
        if not low - 0.2 * (high - low) <= position <= high + 0.2 * (high - low):
            words = (
                f"The goniometer was calibrated from {self.words(low)} to {self.words(high)}, "
                f"not near {self.words(position)}."
            )
            geometry = replace(geometry, warnings=(*geometry.warnings, words))
        return geometry

    @property
    def summary(self) -> str:
        if not self.trusted:
            return f"goniometer not to be trusted: {self.reason}"
        if not self.images.rows:
            return f"goniometer, {self.motion}"
        return (
            f"goniometer, {len(self.positions)} positions, {self.points} points on rings "
            f"within {self.residual:.5f}°"
        )

    def nxdata(self) -> NXData:
        """Residual of each image over the position of the motor."""
        order = np.argsort(self.positions)
        return NXData(
            signal=np.degrees(np.array(self.residuals)[order]),
            name="residual",
            label="Residual",
            unit="°",
            axes=(
                Axis(
                    name="position",
                    values=np.array(self.positions)[order],
                    unit=self.unit,
                    label="Position",
                ),
            ),
            title="Residual of each position",
        )

    @property
    def report(self) -> dict[str, str]:
        """What to read before trusting it, label by label, with uncertainties and units."""
        g, u = self.geometry, self.uncertainties

        def value(name: str, label: str, number: float, factor: float, unit: str) -> None:
            error = factor * u.get(name, 0.0)
            text = f"{factor * number:.5f}"
            said = unit if unit.startswith("°") else f" {unit}"
            rows[label] = f"{text} ± {error:.5f}{said}" if error else f"{text}{said}, held"

        rows = {
            "Trusted": "yes" if self.trusted else "NO",
            "Because": self.reason,
            "Motion": self.motion,
            "At position": self.words(self.reference),
        }
        lengths = {"distance": "Distance", "poni1": "PONI 1", "poni2": "PONI 2"}
        angles = {"rot1": "Rotation 1", "rot2": "Rotation 2"}
        for names, factor, unit in ((lengths, 1e3, "mm"), (angles, degrees(1), "°")):
            for name, label in names.items():
                value(name, label, getattr(g, name), factor, unit)
                if name in self.slopes:
                    per = f"{unit} per {self.unit}"
                    value(f"{name} slope", f"{label}, slope", self.slopes[name], factor, per)
        energy = u.get("wavelength", 0.0) * g.energy / g.wavelength
        rows["Energy"] = (
            f"{g.energy:.5f} ± {energy:.5f} keV" if energy else f"{g.energy:.5f} keV, held"
        )
        if not self.images.rows:
            return rows
        rows["Points from lines"] = f"{self.residual:.5f}°, {self.points} points"
        rows["Peaks from lines"] = f"{self.peak_residual:.5f}°"
        for image, residual in zip(self.images.rows, self.residuals, strict=True):
            rows[self.words(image.position)] = f"{degrees(residual):.5f}°, {image.name}"
        return rows


@task(title="Geometry at position", output="geometry", requires="powder")
def geometry_at(
    goniometer: Goniometer,
    *,
    position: Annotated[float, Param(label="Motor position")],
) -> Geometry:
    """Say where the detector stands when its motor is at a position.

    Parameters
    ----------
    goniometer:
        A calibrated goniometer.
    position:
        Of the motor, in the unit that it was calibrated in: degrees for an arm, mm for a
        stage.

    Raises
    ------
    InputError
        When the position is no number, or puts the detector behind the sample.
    """
    if not np.isfinite(position):
        raise InputError(f"'position' should be a number, not {position}.")
    geometry = goniometer.at(position)
    if geometry.distance <= 0:
        raise InputError(
            f"At {goniometer.words(position)} the detector would be "
            f"{1e3 * geometry.distance:.1f} mm from the sample."
        )
    return geometry


@task(title="Save goniometer", output="file", requires="powder")
def save_goniometer(
    goniometer: Goniometer,
    *,
    file: Annotated[Path, Param(path="save", filter="Goniometer (*.json)")],
    existing: Existing = "keep",
) -> Path:
    """Write a goniometer as JSON that pyFAI's ``Goniometer`` reads.

    Parameters
    ----------
    goniometer:
        A calibrated goniometer.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.

    Raises
    ------
    InputError
        When the file can't be written, or is there and to be kept.
    """
    with replacing(file, ".json", existing) as (path, new):
        text = json.dumps(pyfai_goniometer(goniometer), indent=1, default=float)
        new.write_text(text + "\n", encoding="utf-8")
    return path


def pyfai_goniometer(goniometer: Goniometer) -> dict[str, Any]:
    """The same as the JSON of pyFAI's ``Goniometer``, version 2, which `sload` reads."""
    names = {"dist": "distance", "poni1": "poni1", "poni2": "poni2", "rot1": "rot1"}
    names |= {"rot2": "rot2", "rot3": "rot3"}
    parameters: dict[str, float] = {}
    formulas = {}
    for theirs, ours in names.items():
        slope = goniometer.slopes.get(ours)
        level = getattr(goniometer.geometry, ours)
        parameters[theirs] = level - (slope or 0.0) * goniometer.reference
        formulas[f"{theirs}_expr"] = theirs
        if slope is not None:
            parameters[f"{theirs}_scale"] = slope
            formulas[f"{theirs}_expr"] = f"{theirs} + {theirs}_scale * pos"
    detector = goniometer.geometry.detector.pyfai()
    listed = list(parameters)
    calibrant, peaks = goniometer.geometry.calibrant, goniometer.peak_residual
    return {
        "content": "Goniometer calibration v2",
        "detector": type(detector).__name__,
        "detector_config": detector.get_config(),
        "wavelength": goniometer.geometry.wavelength,
        # for ourselves; pyFAI passes over it
        "calibrated": {
            "calibrant": calibrant.name if calibrant is not None else None,
            "images": [[image.name, image.position] for image in goniometer.images.rows],
            "residuals": [r if isfinite(r) else None for r in goniometer.residuals],
            "points": goniometer.points,
            "peak_residual": peaks if isfinite(peaks) else None,
        },
        "param": list(parameters.values()),
        "param_names": listed,
        "pos_names": ["pos"],
        "trans_function": {
            "content": "GeometryTransformation",
            "param_names": listed,
            "pos_names": ["pos"],
            **formulas,
            "constants": {"pi": float(np.pi)},
        },
    }
