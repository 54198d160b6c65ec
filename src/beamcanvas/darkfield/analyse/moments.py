"""The moments of each pixel's intensity over the positions of the motors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack, Dimension
from ..stack.cores import left_alone
from .maps import CENTRE, KURTOSIS, SKEWNESS, WIDTH, PixelMaps, map_name

#: full width at half maximum of a Gaussian of standard deviation 1
FWHM = 2.35482

#: a peak this narrow, relative to half of the scan, was seen in a single position
_NARROWEST = 1e-7

#: the moments of a narrower peak than this lose digits unless they are taken around it
_NARROW = 0.05


@dataclass(frozen=True, eq=False)
class Moments(PixelMaps):
    """The maps of the moments, by motor.

    The maps are "intensity", the sum over all frames; for each motor "<motor> centre of mass",
    "FWHM", "skewness", "kurtosis"; and "<a> <b> covariance" for each pair.
    """

    dimensions: tuple[Dimension, ...] = ()

    @property
    def motors(self) -> tuple[str, ...]:
        """Slowest first."""
        return tuple(d.motor for d in self.dimensions)

    @property
    def valid(self) -> NDArray[np.bool_]:
        return self.maps["intensity"] > 0

    def centre(self, motor: str) -> NDArray[np.float64]:
        """The centre of mass of a motor, (rows, columns)."""
        if motor not in self.motors:
            raise InputError(
                f"The motor '{motor}' did not move in this scan; {', '.join(self.motors)} did."
            )
        return self.maps[map_name(CENTRE, motor)]

    @property
    def summary(self) -> str:
        share = 100 * float(self.valid.mean())
        rows, columns = self.shape
        return (
            f"moments of {', '.join(self.motors)}, {rows} × {columns} pixels, "
            f"{share:.0f} % with signal"
        )


@task(title="Moments", output="moments", requires="darkfield")
def compute_moments(
    stack: DarkfieldStack,
    *,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> Moments:
    """Compute where each pixel's intensity is centred in the scan, and how wide and skew it is.

    For each motor the centre of mass, the full width at half maximum (2.35482 σ), the skewness
    and the excess kurtosis, with the positions where the motors really stood; and the
    covariance of each pair of motors. These are moments of the population, as darfix and
    darling have them. Pixels without signal are NaN; skewness and kurtosis also where all of
    the intensity is at a single position.

    Parameters
    ----------
    stack:
        The frames, mostly after their background was taken away.
    darfix_compatible:
        Run a 3 × 3 median over each map afterwards, as darfix does. It also fills holes.
    """
    from ..kernels.moments import power_sums

    frames, rows, columns = stack.shape
    motors = len(stack.dimensions)
    scan = _Scaled.of(stack)
    slow = np.ascontiguousarray(scan.positions[1:, scan.ramps[:-1]].T)
    names = _names(stack.motors)
    maps = {name: np.empty((rows, columns)) for name in names}

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        flat = block.reshape(frames, -1)
        sums = np.zeros((1 + 4 * motors + motors * (motors - 1) // 2, flat.shape[1]))
        power_sums(flat, scan.positions[0], scan.ramps, slow, sums)
        for name, values in _finished(flat, sums, scan).items():
            maps[name][top:bottom] = values.reshape(-1, columns)

    adding = progress.part(0.0, 0.9) if darfix_compatible else progress
    kept = sum(values.nbytes for values in maps.values())
    stack.treated().each_band(work, adding, "Adding up the moments", kept=kept)
    if darfix_compatible:
        smooth = [n for n in maps if n != "intensity" and not n.endswith("covariance")]
        for name in progress.part(0.9, 1.0).each(smooth, "Smoothing"):
            maps[name] = left_alone(partial(median_of_neighbours, maps[name]), progress)
    return Moments(
        title="moments",
        maps=maps,
        units=_units(stack.dimensions),
        axes=stack.pixel_axes,
        stack=stack,
        settings={"darfix_compatible": darfix_compatible, "treatment": stack.history},
        dimensions=stack.dimensions,
        warnings=(*_doubts(maps["intensity"]), *stack.treated().warnings),
    )


def _doubts(intensity: NDArray[np.float64]) -> tuple[str, ...]:
    if not (intensity > 0).any():
        return ("No pixel has any signal left: is the threshold too high?",)
    return ()


@dataclass(frozen=True, eq=False)
class _Scaled:
    """The positions of the motors, the fastest first, scaled to -1 to 1.

    Powers are taken of numbers up to one.
    """

    motors: tuple[str, ...]
    positions: NDArray[np.float64]
    middle: NDArray[np.float64]
    half: NDArray[np.float64]
    ramps: NDArray[np.int64]  #: first frames of the runs in which all but the fastest stand still

    @classmethod
    def of(cls, stack: DarkfieldStack) -> _Scaled:
        positions = stack.positions[::-1]
        low, high = positions.min(axis=1), positions.max(axis=1)
        half = np.where(high > low, (high - low) / 2, 1.0)
        middle = (high + low) / 2
        scaled = np.ascontiguousarray((positions - middle[:, None]) / half[:, None])
        moves = np.flatnonzero(np.any(np.diff(scaled[1:], axis=1) != 0, axis=0)) + 1
        ramps = np.concatenate([[0], moves, [positions.shape[1]]]).astype(np.int64)
        return cls(stack.motors[::-1], scaled, middle, half, ramps)


def _names(motors: tuple[str, ...]) -> list[str]:
    names = ["intensity"]
    for what in (CENTRE, WIDTH, SKEWNESS, KURTOSIS):
        names += [map_name(what, motor) for motor in motors]
    pairs = [(a, b) for i, a in enumerate(motors) for b in motors[i + 1 :]]
    return names + [f"{a} {b} covariance" for a, b in pairs]


def _units(dimensions: tuple[Dimension, ...]) -> dict[str, str]:
    units = {"intensity": "counts"}
    for n, d in enumerate(dimensions):
        units |= {map_name(what, d.motor): d.unit for what in (CENTRE, WIDTH)}
        for other in dimensions[n + 1 :]:
            unit = f"{d.unit}²" if d.unit == other.unit else f"{d.unit} {other.unit}"
            units[f"{d.motor} {other.motor} covariance"] = unit
    return units


def _finished(
    frames: NDArray[Any],
    sums: NDArray[np.float64],
    scan: _Scaled,
) -> dict[str, NDArray[np.float64]]:
    """The maps from the sums of powers."""
    from ..kernels.moments import moments_from_sums, pair_index, sums_around

    total = sums[0]
    found = {"intensity": total}
    nowhere = np.zeros_like(total)
    means = []
    for m, motor in enumerate(scan.motors):
        each = np.empty((4, len(total)))
        moments_from_sums(total, sums[1 + 4 * m : 5 + 4 * m], nowhere, _NARROWEST, each)
        few = np.flatnonzero(each[1] < _NARROW)
        if few.size:
            centres = each[0, few]
            again, better = np.zeros((5, few.size)), np.empty((4, few.size))
            sums_around(frames, scan.positions[m], few, centres, again)
            moments_from_sums(total[few], again[1:], centres, _NARROWEST, better)
            each[:, few] = better
        means.append(each[0])
        found[map_name(CENTRE, motor)] = scan.middle[m] + scan.half[m] * each[0]
        found[map_name(WIDTH, motor)] = FWHM * scan.half[m] * each[1]
        found[map_name(SKEWNESS, motor)] = each[2]
        found[map_name(KURTOSIS, motor)] = each[3]
    seen = np.where(total > 0, total, np.nan)
    first_pair = 1 + 4 * len(scan.motors)
    for row, (a, b) in enumerate(pair_index(len(scan.motors)), first_pair):
        covariance = sums[row] / seen - means[a] * means[b]
        found[f"{scan.motors[b]} {scan.motors[a]} covariance"] = (
            covariance * scan.half[a] * scan.half[b]
        )
    return found


def median_of_neighbours(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of the 3 × 3 pixels around each, edges repeated, holes left out.

    Of an even number of values it is the upper of the two in the middle, as darfix has it.
    """
    rows, columns = image.shape
    padded = np.pad(image, 1, mode="edge")
    around = np.stack([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)])
    known = np.isfinite(around).sum(axis=0)
    ordered = np.sort(around, axis=0)  # NaN comes last
    middle = np.minimum(known // 2, 8)[None]
    return np.asarray(np.take_along_axis(ordered, middle, axis=0)[0])
