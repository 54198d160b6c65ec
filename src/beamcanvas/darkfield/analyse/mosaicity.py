"""Orientation in colours: where two motors stood, as hue and saturation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..stack import Dimension
from .moments import Moments

KEY = 256  #: pixels along an edge of the colour key
_DARFIX_KEY = 1000

_BAND = 128  #: rows that are coloured between two looks for a cancel

_OUTSIDE = 0.2  #: grey of an orientation that the key doesn't have


@dataclass(frozen=True, eq=False)
class Mosaicity:
    """A colour for each pixel's orientation, and the key to read it by.

    Attributes
    ----------
    colours:
        (rows, columns, 3), red, green and blue from 0 to 1.
    orientation:
        The centres of mass that are shown: of the motor across, of the motor upwards.
    ranges:
        Ends of the key across and upwards.
    distribution:
        Intensity of the scan at each position of the motors, (upwards, across).
    """

    colours: NDArray[np.float64]
    orientation: tuple[NDArray[np.float64], NDArray[np.float64]]
    motors: tuple[Dimension, Dimension]  #: across, upwards
    ranges: tuple[tuple[float, float], tuple[float, float]]
    distribution: NDArray[np.float64]
    positions: tuple[NDArray[np.float64], NDArray[np.float64]]  #: of the distribution's bins
    axes: tuple[Axis, Axis]
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        rows, columns = self.colours.shape[:2]
        across, up = (f"{d.motor} {a:.4g} to {b:.4g} {d.unit}" for d, (a, b) in self._keyed)
        return f"mosaicity, {rows} × {columns} pixels, {across}, {up}"

    @property
    def _keyed(self) -> list[tuple[Dimension, tuple[float, float]]]:
        return list(zip(self.motors, self.ranges, strict=True))

    @property
    def key(self) -> NDArray[np.float64]:
        """The colour key, (upwards, across, 3)."""
        return colour_key()

    def distribution_nxdata(self) -> NXData:
        """The orientation distribution over both motors."""
        across, up = self.motors
        x, y = self.positions
        return NXData(
            name="orientation_distribution",
            label="Intensity",
            unit="counts",
            signal=self.distribution,
            axes=(
                Axis(name=up.motor, values=y, unit=up.unit),
                Axis(name=across.motor, values=x, unit=across.unit),
            ),
            title="Orientation distribution",
        )

    def nxdata(self) -> NXData:
        """The colours, (rows, columns, 3)."""
        return NXData(
            name="mosaicity",
            signal=self.colours,
            axes=(*self.axes, Axis(name="colour")),
            title="Mosaicity",
            pixels=True,
        )


def colour_key() -> NDArray[np.float64]:
    """All colours, (upwards, across, 3)."""
    x, y = (np.linspace(-1, 1, KEY),) * 2
    return colours_of(x[None, :], y[:, None])


def colours_of(x: Any, y: Any) -> NDArray[np.float64]:
    """Red, green and blue of an orientation, x and y from -1 to 1.

    The direction from the centre is the hue, the distance the saturation; the centre is white.
    Garriga Ferrer et al., J. Synchrotron Rad. 30 (2023) 527.
    """
    x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
    hue = np.arctan2(y, x) / (2 * np.pi) + 0.5
    return _rgb(hue, np.hypot(x, y) / np.sqrt(2))


def _rgb(hue: NDArray[np.float64], saturation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours of full value (HSV with V = 1)."""
    sector = (np.array([5.0, 3.0, 1.0]) + 6 * hue[..., None]) % 6
    edge = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(1 - saturation[..., None] * edge)


@task(title="Mosaicity", output="mosaicity", requires="darkfield")
def compute_mosaicity(
    moments: Moments,
    *,
    across: Annotated[str | None, Param(auto="the fastest motor")] = None,
    upwards: Annotated[str | None, Param(auto="the next one")] = None,
    span: Annotated[
        Literal["most", "map", "scan"],
        Param(
            label="Key covers",
            words={"most": "most of the map", "map": "all of the map", "scan": "the scan"},
        ),
    ] = "most",
    across_range: Annotated[
        tuple[float, float] | None, Param(auto="as said above", group="Range", more=True)
    ] = None,
    upwards_range: Annotated[
        tuple[float, float] | None, Param(auto="as said above", group="Range", more=True)
    ] = None,
    threshold: Annotated[
        float, Param(ge=0, unit="counts", label="Black below an intensity of")
    ] = 0.0,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> Mosaicity:
    """Show the orientation of each pixel as a colour, beside the key that tells what it means.

    The centres of mass of two motors become hue and saturation. The orientation distribution
    is the intensity of the whole image at each position of the motors.

    Parameters
    ----------
    moments:
        The moments of a scan of two motors or more.
    across:
        The motor to the right in the key.
    upwards:
        The motor upwards in the key.
    span:
        What the key's ends are: the orientations of all but the outermost hundredths of the
        pixels, which get the colours of its edges; the smallest and largest orientation in the
        map, as darfix has it; or the ends of the scan.
    across_range:
        Ends of the key to the left and right, instead.
    upwards_range:
        Ends of the key below and above, instead.
    threshold:
        Pixels whose intensity, summed over all frames, isn't above this are black.
    darfix_compatible:
        Take the colours from a table of 1000 × 1000, as darfix does: they differ by less than
        0.002 from those without one.

    Raises
    ------
    InputError
        When the scan has a single motor, one that is named didn't move, or a range is empty.
    """
    if len(moments.motors) < 2:
        raise InputError(
            f"Only {moments.motors[0]} moved in this scan: a mosaicity map needs two motors."
        )
    x_motor = across or moments.motors[-1]
    y_motor = upwards or next(m for m in reversed(moments.motors) if m != x_motor)
    if x_motor == y_motor:
        raise InputError(f"The key can't have {x_motor} both across and upwards.")
    centres = moments.centre(x_motor), moments.centre(y_motor)
    dimensions = tuple(
        next(d for d in moments.dimensions if d.motor == m) for m in (x_motor, y_motor)
    )
    lit = moments.maps["intensity"] > threshold
    if not lit.any():
        raise InputError(f"No pixel's intensity is above {threshold:g} counts.")
    ranges = [
        _range(given, span, centre[lit], dimension)
        for given, centre, dimension in zip(
            (across_range, upwards_range), centres, dimensions, strict=True
        )
    ]
    x, y = (
        2 * (c - low) / (high - low) - 1 for c, (low, high) in zip(centres, ranges, strict=True)
    )
    if span == "most":
        x, y = (np.clip(n, -1, 1) for n in (x, y))
    inside = (np.abs(x) <= 1) & (np.abs(y) <= 1)
    if darfix_compatible:
        x, y = (_from_table(n) for n in (x, y))
    colours = np.empty((*x.shape, 3))
    for top in progress.part(0.0, 0.3).each(range(0, len(x), _BAND), "Colouring"):
        with np.errstate(invalid="ignore"):
            colours[top : top + _BAND] = colours_of(x[top : top + _BAND], y[top : top + _BAND])
    colours[~inside] = _OUTSIDE
    colours[~lit | ~np.isfinite(x + y)] = 0.0
    distribution, positions = _distribution(moments, x_motor, y_motor, progress.part(0.3, 1.0))
    return Mosaicity(
        colours=colours,
        orientation=centres,
        motors=(dimensions[0], dimensions[1]),
        ranges=(ranges[0], ranges[1]),
        distribution=distribution,
        positions=positions,
        axes=moments.axes,
        settings={"span": span, "threshold": threshold, **moments.settings},
    )


def _range(
    given: tuple[float, float] | None,
    span: str,
    values: NDArray[np.float64],
    dimension: Dimension,
) -> tuple[float, float]:
    if given is not None:
        low, high = given
    elif span == "scan":
        low, high = sorted((dimension.start, dimension.stop))
    else:
        ends = (0, 100) if span == "map" else (1, 99)
        low, high = (float(n) for n in np.nanpercentile(values, ends))
    if not low < high:
        raise InputError(f"The key's range of {dimension.motor}, {low:g} to {high:g}, is empty.")
    return low, high


def _from_table(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the entry of darfix's table lies that an orientation falls on."""
    steps = np.floor(0.999999999 * _DARFIX_KEY * (np.nan_to_num(scaled, nan=-2.0) + 1) / 2)
    table = np.linspace(-1, 1, _DARFIX_KEY)
    found = table[np.clip(steps, 0, _DARFIX_KEY - 1).astype(int)]
    return np.where(np.isfinite(scaled), found, np.nan)


def _distribution(
    moments: Moments, across: str, upwards: str, progress: Progress
) -> tuple[NDArray[np.float64], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    stack = moments.stack
    assert stack is not None  # noqa: S101 - moments always know their frames
    from .sums import frame_sums

    totals = frame_sums(stack, progress).reshape(stack.grid)
    x, y = (stack.motors.index(m) for m in (across, upwards))
    rest = tuple(k for k in range(totals.ndim) if k not in (x, y))
    totals = totals.sum(axis=rest)
    if x < y:
        totals = totals.T
    nominal = stack.nominal
    return totals, (nominal[x], nominal[y])
