"""What flows between powder tasks: images, detectors, experiments, geometries and masks.

Lengths are in metres, angles in radians and wavelengths in metres, as in a PONI file; what
a person types or reads (keV, mm, pixels, degrees) is derived. Pixel coordinates count from
the outer corner of the first pixel, x along a row; the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import cos, degrees, tan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..nexus import NXData
from .origin import Origin

HC = 12.398419843320026e-10  #: Planck's constant times the speed of light, keV·m


@dataclass(frozen=True)
class Detector:
    """A detector as pyFAI knows it: by name, or ``Detector`` for any flat one."""

    name: str
    pixel_size: tuple[float, float]  #: height and width of a pixel, m
    shape: tuple[int, int]  #: rows and columns
    #: EXIF orientation of the image, 1 to 4; 3 is pyFAI's own, as most files are stored
    orientation: int = 3
    config: dict[str, Any] = field(default_factory=dict)  #: further words for pyFAI

    def pyfai(self) -> Any:
        """The same as a new pyFAI detector."""
        from pyFAI.detectors import detector_factory

        config = {**self.config, "orientation": self.orientation}
        if self.name == "Detector":
            config |= {
                "pixel1": self.pixel_size[0],
                "pixel2": self.pixel_size[1],
                "max_shape": list(self.shape),
            }
        return detector_factory(self.name, config)

    def to_pixels(self, p1: Any, p2: Any) -> tuple[Any, Any]:
        """x and y in the image of positions in the detector's own frame, m."""
        y, x = p1 / self.pixel_size[0], p2 / self.pixel_size[1]
        return self._turned(x, y)

    def from_pixels(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The reverse of :meth:`to_pixels`."""
        x, y = self._turned(x, y)
        return y * self.pixel_size[0], x * self.pixel_size[1]

    def _turned(self, x: Any, y: Any) -> tuple[Any, Any]:
        rows, columns = self.shape
        return (
            columns - x if self.orientation in (1, 4) else x,
            rows - y if self.orientation in (1, 2) else y,
        )

    @property
    def words(self) -> str:
        """The name, or the pixel size of one without a name."""
        if self.name != "Detector":
            return self.name
        height, width = (round(1e6 * p, 4) for p in self.pixel_size)
        return f"{height:g} µm pixels" if height == width else f"{height:g} × {width:g} µm pixels"


@dataclass(frozen=True)
class Header:
    """What an image's header says of the experiment; None where it doesn't."""

    wavelength: float | None = None  #: m
    distance: float | None = None  #: m
    beam_centre: tuple[float, float] | None = None  #: x, y in pixels
    exposure: float | None = None  #: s
    pixel_size: tuple[float, float] | None = None  #: height, width, m
    detector: str = ""  #: as the header spells it
    doubts: tuple[str, ...] = ()  #: what it says but can't mean, one sentence each
    motors: Mapping[str, float] = field(default_factory=dict)  #: positions, in their own units
    #: every number in it by its name in small letters and digits, in its own unit
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def energy(self) -> float | None:
        """Photon energy in keV."""
        return None if self.wavelength is None else HC / self.wavelength


@dataclass(frozen=True, eq=False)
class DiffractionImage:
    """One frame of an area detector, as read, with what is known of it."""

    data: NDArray[Any]  #: (rows, columns)
    mask: NDArray[np.bool_]  #: True where the pixel holds no measurement
    header: Header = Header()
    detector: Detector | None = None  #: when the file tells which
    source: str = ""  #: file, and path inside it
    frame: int = 0
    dark: NDArray[Any] | None = None
    flat: NDArray[Any] | None = None
    origins: tuple[Origin, ...] = ()  #: the files that it, its dark and its flat come from

    @property
    def shape(self) -> tuple[int, int]:
        return self.data.shape[0], self.data.shape[1]

    @property
    def corrected(self) -> NDArray[np.float32]:
        """Counts after dark and flat, (I - D) / F; NaN where masked."""
        data: NDArray[np.float32] = self.data.astype(np.float32)
        if self.dark is not None:
            data -= self.dark.astype(np.float32)
        if self.flat is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                data /= self.flat.astype(np.float32)
        data[self.mask] = np.nan
        return data

    @property
    def summary(self) -> str:
        rows, columns = self.shape
        words = f"image {rows} × {columns}"
        return f"{words}, {self.detector.words}" if self.detector else words

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.corrected if self.dark is not None or self.flat is not None else self.data,
            name="intensity",
            label="Intensity",
            unit="counts",
            mask=self.mask,
            title=Path(self.source.partition("::")[0]).name,
            log=True,
            pixels=True,
            meta={"source": self.source, "frame": self.frame},
        )


@dataclass(frozen=True)
class Calibrant:
    """A powder whose lines are known."""

    name: str
    d_spacings: tuple[float, ...] = field(repr=False)  #: Å, largest first

    def two_theta(self, wavelength: float, limit: float = np.pi) -> NDArray[np.float64]:
        """Diffraction angles in radians up to `limit`, smallest first, for a wavelength in m."""
        sines = wavelength * 1e10 / (2 * np.asarray(self.d_spacings, dtype=float))
        angles: NDArray[np.float64] = np.sort(2 * np.arcsin(sines[sines < 1]))
        return angles[angles <= limit]


@dataclass(frozen=True)
class Setup:
    """The experiment of a calibration: calibrant, detector and wavelength."""

    calibrant: Calibrant
    detector: Detector
    wavelength: float  #: m
    energy_from: str = ""  #: "header" when nobody typed it

    @property
    def energy(self) -> float:
        """Photon energy in keV."""
        return HC / self.wavelength

    @property
    def summary(self) -> str:
        return f"{self.calibrant.name}, {self.detector.words}, {self.energy:.4f} keV"


@dataclass(frozen=True)
class Geometry:
    """Where the detector stands, as pyFAI's point of normal incidence says it.

    Kieffer & Karkoulis, J. Phys.: Conf. Ser. 425 (2013) 202012.
    """

    distance: float  #: from the sample to the detector's plane, m
    poni1: float  #: along the columns, m
    poni2: float  #: along a row, m
    rot1: float  #: rad
    rot2: float  #: rad
    rot3: float  #: rad
    wavelength: float  #: m
    detector: Detector
    calibrant: Calibrant | None = None  #: what it was calibrated with
    warnings: tuple[str, ...] = ()  #: what to know before using it, a sentence each
    trusted: bool = True  #: False when its calibration failed its own test

    def pyfai(self) -> Any:
        """The same as a new pyFAI azimuthal integrator."""
        from pyFAI.integrator.azimuthal import AzimuthalIntegrator

        return AzimuthalIntegrator(
            self.distance,
            self.poni1,
            self.poni2,
            self.rot1,
            self.rot2,
            self.rot3,
            detector=self.detector.pyfai(),
            wavelength=self.wavelength,
        )

    @property
    def energy(self) -> float:
        """Photon energy in keV."""
        return HC / self.wavelength

    @property
    def beam_centre(self) -> tuple[float, float]:
        """x and y of the pixel that the direct beam would hit."""
        along_column = self.poni1 + self.distance * tan(self.rot2) / cos(self.rot1)
        along_row = self.poni2 - self.distance * tan(self.rot1)
        x, y = self.detector.to_pixels(along_column, along_row)
        return float(x), float(y)

    @property
    def tilt(self) -> float:
        """Angle between the beam and the detector's normal, degrees."""
        return degrees(np.arccos(cos(self.rot1) * cos(self.rot2)))

    def flipped(self) -> Geometry:
        """The geometry of the same detector for its image turned upside down."""
        height = self.detector.shape[0] * self.detector.pixel_size[0]
        return replace(self, poni1=height - self.poni1, rot2=-self.rot2, rot3=-self.rot3)

    @property
    def summary(self) -> str:
        x, y = self.beam_centre
        doubt = "" if self.trusted else ", not to be trusted"
        return (
            f"geometry: {1e3 * self.distance:.3f} mm, beam at ({x:.1f}, {y:.1f}) px, "
            f"tilt {self.tilt:.2f}°, {self.energy:.4f} keV{doubt}"
        )


@dataclass(frozen=True, eq=False)
class Mask:
    """The pixels that are not to be used."""

    pixels: NDArray[np.bool_]  #: True: not used
    parts: dict[str, int] = field(default_factory=dict)  #: pixels by reason

    @property
    def summary(self) -> str:
        count = int(np.count_nonzero(self.pixels))
        return f"mask, {count} pixels ({100 * count / self.pixels.size:.2f} %)"

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.pixels.astype(np.uint8),
            name="mask",
            label="Masked",
            title="Pixels not used",
            pixels=True,
            meta=dict(self.parts),
        )


def check_shape(what: str, found: tuple[int, ...], expected: tuple[int, ...], of: str) -> None:
    """Raise `InputError` unless two images have the same rows and columns."""
    if tuple(found) != tuple(expected):
        turned = tuple(found) == tuple(expected)[::-1]
        raise InputError(
            f"The {what} has {shape_words(found)} pixels but the {of} has {shape_words(expected)}"
            + (": one is turned, its rows are the other's columns." if turned else ".")
        )


def typed_wavelength(energy: float) -> float:
    """The wavelength, in metres, of a photon energy that a person gave in keV.

    Raises
    ------
    InputError
        When that is no energy of X-rays: it was in eV.
    """
    if energy > 1000:
        raise InputError(
            f"'energy' should be in keV: {energy:g} keV is not an X-ray energy. "
            f"Did you mean {energy / 1000:g}?"
        )
    return HC / energy


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape as people write it: ``1043 × 981``."""
    return " × ".join(str(n) for n in shape)
