"""Gaussians fitted to each pixel's rocking curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack, Dimension
from .maps import CENTRE, UNCERTAINTY, WIDTH, PixelMaps, map_name
from .moments import FWHM

STATES = (
    "fitted",
    "no signal",
    "not converged",
    "centre outside the scan",
    "too few positions",
    "wider than the scan",
)
_TOO_WIDE = len(STATES) - 1


@dataclass(frozen=True, eq=False)
class RockingFits(PixelMaps):
    """What was fitted to each pixel; a second peak's maps end in " 2", a third's in " 3"."""

    dimensions: tuple[Dimension, ...] = ()
    #: of each pixel, in steps of the motors: background, then of each peak height, centre, U
    parameters: NDArray[np.float32] | None = None

    @property
    def motors(self) -> tuple[str, ...]:
        """Slowest first."""
        return tuple(d.motor for d in self.dimensions)

    def centre(self, motor: str) -> NDArray[np.float64]:
        """The centre of the highest peak along a motor, (rows, columns)."""
        return self.named(map_name(CENTRE, motor))

    @property
    def summary(self) -> str:
        fitted = int((self.maps["state"] == 0).sum())
        rows, columns = self.shape
        return f"fits of {', '.join(self.motors)}, {fitted} of {rows * columns} pixels"

    def model(self, row: int, column: int) -> NDArray[np.float64] | None:
        """The fitted curve of a pixel in all frames; None where nothing was fitted."""
        if self.parameters is None or self.stack is None:
            return None
        at = self.parameters[row, column].astype(np.float64)
        if not np.isfinite(at[0]):
            return None
        x = _in_steps(self.stack)
        motors = x.shape[1]
        size = 1 + motors + motors * (motors + 1) // 2
        total = np.full(len(x), at[0])
        for base in range(1, len(at), size):
            if np.isfinite(at[base]):
                upper = _upper(at[base + 1 + motors : base + size], motors)
                away = (x - at[base + 1 : base + 1 + motors]) @ upper.T
                total += at[base] * np.exp(-0.5 * (away**2).sum(axis=1))
        return total


@task(title="Fit rocking curves", output="fits", requires="darkfield")
def fit_rocking_curves(
    stack: DarkfieldStack,
    *,
    peaks: Annotated[int, Param(ge=1, le=4, label="Peaks, at most")] = 1,
    least: Annotated[float, Param(ge=0, unit="counts", label="Leave pixels below")] = 15.0,
    rounds: Annotated[int, Param(ge=1, le=1000, more=True)] = 50,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> RockingFits:
    """Fit a Gaussian of one to three dimensions, on a constant background, to each pixel.

    In two and three dimensions the peak may lie askew: the correlation of each pair of motors
    is fitted too. Where a second peak stands out of what the first leaves, both are fitted
    together. The background is a parameter of its own, so that it does not add to the
    amplitude, and is never below zero; nothing is smoothed before. Each map has one of its
    uncertainty: the standard deviation by the covariance of the fit, in which the scatter
    around the fit stands for the noise.

    Parameters
    ----------
    stack:
        The frames; their background may still be in them.
    peaks:
        How many peaks a pixel may have.
    least:
        A pixel whose largest and smallest value differ by less isn't fitted.
    rounds:
        Rounds after which a fit that hasn't settled is given up.
    darfix_compatible:
        Fit a single peak as darfix does: blurred curves, without background, which adds to the
        amplitude; where that fails the moments stay. Much slower, and without uncertainties.

    Raises
    ------
    InputError
        When more than three motors moved: project the scan onto three of them first; or
        several peaks are to be fitted as darfix does.
    """
    motors = len(stack.dimensions)
    if motors > 3:
        raise InputError(
            f"{motors} motors moved: fits have three dimensions at most. Project the scan first."
        )
    if darfix_compatible:
        if peaks > 1:
            raise InputError("Fits as darfix does have one peak: set the peaks to 1.")
        from .rocking_as_darfix import fit_as_darfix

        maps, parameters = fit_as_darfix(stack, least, progress)
    else:
        maps, parameters = _fit(stack, peaks, least, rounds, progress)
    settings = {"peaks": peaks, "least": least, "rounds": rounds}
    return RockingFits(
        title="rocking curve fits",
        maps=maps,
        units={name: unit for name in maps if (unit := _unit(name, stack))},
        axes=stack.pixel_axes,
        stack=stack,
        settings={
            **settings,
            "darfix_compatible": darfix_compatible,
            "treatment": stack.history,
        },
        dimensions=stack.dimensions,
        parameters=parameters,
        warnings=(*_doubts(maps["state"]), *stack.treated().warnings),
    )


def _fit(
    stack: DarkfieldStack, peaks: int, least: float, rounds: int, progress: Progress
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float32]]:
    """The maps, and the parameters as :class:`RockingFits` has them."""
    from ..kernels.fit import fit_pixels

    frames, rows, columns = stack.shape
    motors = len(stack.dimensions)
    x = _in_steps(stack)
    low, high = x.min(axis=0), x.max(axis=0)
    size = 1 + motors + motors * (motors + 1) // 2
    parameters = np.empty((rows, columns, 1 + peaks * size), np.float32)
    deviations = np.empty_like(parameters)
    quality = np.empty((rows, columns, 3))

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        flat = block.reshape(frames, -1)
        # some pixels at a time, so that a cancel is heard
        for first in range(0, flat.shape[1], _TOGETHER):
            progress.check()
            some = np.ascontiguousarray(flat[:, first : first + _TOGETHER], dtype=np.float32)
            found = np.empty((some.shape[1], 1 + peaks * size))
            sure = np.empty_like(found)
            state = np.empty((some.shape[1], 3))
            fit_pixels(some, x, peaks, rounds, least, low, high, found, sure, state)
            sure[~(sure < 1e30)] = np.nan  # not known at all
            here = slice(first, first + some.shape[1])
            parameters[top:bottom].reshape(-1, parameters.shape[2])[here] = found
            deviations[top:bottom].reshape(-1, parameters.shape[2])[here] = sure
            quality[top:bottom].reshape(-1, 3)[here] = state

    treated = stack.treated()
    few = max(min(_TOGETHER * 4 // columns, rows), 1)  # rows: progress often enough
    bands = [(top, min(top + few, rows)) for top in range(0, rows, few)]
    kept = parameters.nbytes + deviations.nbytes + quality.nbytes
    treated.each_band(work, progress, "Fitting", bands=bands, kept=kept)
    return _maps(parameters, deviations, quality, stack, peaks), parameters


_TOGETHER = 512  #: pixels that are fitted between two looks for a cancel


def _doubts(state: NDArray[np.float64]) -> tuple[str, ...]:
    tried = state != 1
    bad = int((tried & (state != 0)).sum())
    if not tried.any():
        return ("No pixel has enough signal to be fitted.",)
    if bad > 0.2 * tried.sum():
        return (f"{bad} of {int(tried.sum())} pixels with signal could not be fitted well.",)
    return ()


def _in_steps(stack: DarkfieldStack) -> NDArray[np.float64]:
    """The motors' positions in steps, (frames, motors)."""
    columns = []
    for values, d in zip(stack.positions, stack.dimensions, strict=True):
        columns.append((values - d.start) / (d.step or 1.0))
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _upper(values: NDArray[np.float64], motors: int) -> NDArray[np.float64]:
    """U from its values, row by row: (..., motors, motors)."""
    upper = np.zeros((*values.shape[:-1], motors, motors))
    n = 0
    for i in range(motors):
        for j in range(i, motors):
            upper[..., i, j] = values[..., n]
            n += 1
    return upper


def _maps(
    parameters: NDArray[np.float32],
    deviations: NDArray[np.float32],
    quality: NDArray[np.float64],
    stack: DarkfieldStack,
    peaks: int,
) -> dict[str, NDArray[np.float64]]:
    motors = len(stack.dimensions)
    size = 1 + motors + motors * (motors + 1) // 2
    at, sure = parameters.astype(np.float64), deviations.astype(np.float64)
    quality[_too_wide(at, stack) & (quality[..., 1] == 0), 1] = _TOO_WIDE
    # only what was fitted well has values
    at[quality[..., 1] != 0] = sure[quality[..., 1] != 0] = np.nan
    order = np.argsort(-np.nan_to_num(at[..., 1::size], nan=-1.0), axis=-1, kind="stable")
    maps: dict[str, NDArray[np.float64]] = {}
    doubts: dict[str, NDArray[np.float64]] = {}
    for p in range(peaks):
        which = order[..., p, None] * size + 1 + np.arange(size)
        named = _of_peak(np.take_along_axis(at, which, axis=-1), stack)
        doubtful = _doubts_of_peak(np.take_along_axis(sure, which, axis=-1), stack)
        end = "" if p == 0 else f" {p + 1}"
        maps |= {name + end: values for name, values in named.items()}
        doubts |= {
            f"{name} {UNCERTAINTY}{end}": values
            for name, values in zip(named, doubtful, strict=True)
        }
    maps["background"] = at[..., 0]
    doubts[f"background {UNCERTAINTY}"] = sure[..., 0]
    maps["residual"] = np.where(quality[..., 1] == 0, quality[..., 0], np.nan)
    maps["peaks"] = quality[..., 2]
    maps["state"] = quality[..., 1]
    return maps | doubts


def _of_peak(peak: NDArray[np.float64], stack: DarkfieldStack) -> dict[str, NDArray[np.float64]]:
    """The maps of one peak of each pixel."""
    motors = len(stack.dimensions)
    spread = _covariances(_upper(peak[..., 1 + motors :], motors))
    widths = np.array([spread[..., m, m] for m in range(motors)])
    widths[~(widths > 0)] = np.nan  # U was singular
    named = {"amplitude": peak[..., 0]}
    for m, d in enumerate(stack.dimensions):
        named[map_name(CENTRE, d.motor)] = d.start + (d.step or 1.0) * peak[..., 1 + m]
    for m, d in enumerate(stack.dimensions):
        named[map_name(WIDTH, d.motor)] = FWHM * abs(d.step or 1.0) * np.sqrt(widths[m])
    for m, n in combinations(range(motors), 2):
        scale = np.sqrt(widths[m] * widths[n])
        sign = np.sign((stack.dimensions[m].step or 1) * (stack.dimensions[n].step or 1))
        name = f"{stack.motors[m]} {stack.motors[n]} correlation"
        named[name] = sign * spread[..., m, n] / scale
    return named


def _doubts_of_peak(
    peak: NDArray[np.float64], stack: DarkfieldStack
) -> Iterator[NDArray[np.float64]]:
    """The standard deviations of one peak's maps, in their order."""
    steps = [abs(d.step or 1.0) for d in stack.dimensions]
    pairs = len(steps) * (len(steps) - 1) // 2
    scales = [1.0, *steps, *(FWHM * step for step in steps), *[1.0] * pairs]
    for n, scale in enumerate(scales):
        yield scale * peak[..., n]


def _unit(name: str, stack: DarkfieldStack) -> str:
    if name.startswith(("amplitude", "background", "residual")):
        return "counts"
    for d in stack.dimensions:
        if name.startswith((map_name(CENTRE, d.motor), map_name(WIDTH, d.motor))):
            return d.unit
    return ""


def _too_wide(at: NDArray[np.float64], stack: DarkfieldStack) -> NDArray[np.bool_]:
    """Where the highest peak is three times as wide as the scan: it says nothing then."""
    motors = len(stack.dimensions)
    size = 1 + motors + motors * (motors + 1) // 2
    spread = _covariances(_upper(at[..., 2 + motors : 1 + size], motors))
    found = np.zeros(at.shape[:-1], bool)
    for m, d in enumerate(stack.dimensions):
        with np.errstate(invalid="ignore"):
            found |= FWHM * np.sqrt(spread[..., m, m]) > 3 * max(d.size, 2)
    return found


def _covariances(upper: NDArray[np.float64]) -> NDArray[np.float64]:
    """(UᵀU)⁻¹, NaN where U is not known."""
    known = np.isfinite(upper).all(axis=(-1, -2))
    found = np.full(upper.shape, np.nan)
    some = upper[known]
    if len(some):
        product = np.swapaxes(some, -1, -2) @ some
        bad = ~(np.abs(np.linalg.det(product)) > 0)
        product[bad] = np.eye(upper.shape[-1])
        inverse = np.linalg.inv(product)
        inverse[bad] = np.nan
        found[known] = inverse
    return found
