"""Maps of the sample: what every analysis that gives a number for each pixel returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ..stack import DarkfieldStack


@dataclass(frozen=True, eq=False)
class PixelMaps:
    """Named maps over the same pixels.

    Attributes
    ----------
    maps:
        (rows, columns) by name; NaN where there is no value.
    units:
        Of each map that has one.
    stack:
        The frames that they were computed from, for the curves behind a pixel.
    settings:
        What the task was told.
    """

    title: str
    maps: Mapping[str, NDArray[np.float64]]
    units: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[Axis, Axis] = (Axis(name="y", unit="pixel"), Axis(name="x", unit="pixel"))
    stack: DarkfieldStack | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = next(iter(self.maps.values())).shape
        return rows, columns

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Where the first map has a value."""
        return np.isfinite(next(iter(self.maps.values())))

    @property
    def summary(self) -> str:
        rows, columns = self.shape
        number = len(self.maps)
        what = f"{number} maps of " if number > 1 else ""
        return f"{self.title}, {what}{rows} × {columns} pixels"

    def named(self, name: str) -> NDArray[np.float64]:
        """One map.

        Raises
        ------
        InputError
            When there is none of that name.
        """
        if name not in self.maps:
            raise InputError(f"There is no map '{name}'; there are {', '.join(self.maps)}.")
        return self.maps[name]

    def uncertainty(self, name: str) -> NDArray[np.float64] | None:
        """The standard deviations of a map, where they are known."""
        stem, last = name.rsplit(" ", 1) if name[-1:].isdigit() else (name, "")
        return self.maps.get(f"{stem} {UNCERTAINTY} {last}".strip())

    def plot(self, name: str) -> NXData:
        """One map, to be plotted or written."""
        return NXData(
            name=name.replace(" ", "_"),
            label=name[:1].upper() + name[1:],
            unit=self.units.get(name, ""),
            signal=self.named(name),
            errors=self.uncertainty(name),
            axes=self.axes,
            title=self.title,
            pixels=True,
        )

    def nxdata(self) -> NXData:
        """The first map."""
        return self.plot(next(iter(self.maps)))


#: what a person calls the four moments
CENTRE, WIDTH, SKEWNESS, KURTOSIS = "centre of mass", "FWHM", "skewness", "kurtosis"

#: what follows the name of a map in that of its standard deviations
UNCERTAINTY = "uncertainty"


def map_name(what: str, motor: str) -> str:
    """The name of a motor's map: "chi centre of mass"."""
    return f"{motor} {what}"
