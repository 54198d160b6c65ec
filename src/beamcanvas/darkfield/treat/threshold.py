"""Keeping what stands out of the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place


@dataclass(frozen=True)
class KeepLevels(Operation):
    """Set to zero what is outside two levels."""

    low: float
    high: float | None

    keeps_type: ClassVar[bool] = True
    makes: ClassVar[int] = 0

    @property
    def leaves_out_bright(self) -> bool:
        return self.high is not None

    @property
    def words(self) -> str:
        upper = "" if self.high is None else f" up to {self.high:g}"
        return f"{self.low:g} counts or more{upper}"

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from ..kernels.noise import keep_levels

        keep_levels(block, self.low, np.inf if self.high is None else self.high)
        return block


@task(title="Threshold", output="stack", requires="darkfield")
def keep_levels(
    stack: DarkfieldStack,
    *,
    low: Annotated[float, Param(unit="counts", label="At least")] = 10.0,
    high: Annotated[float | None, Param(unit="counts", label="At most", auto="no limit")] = None,
) -> DarkfieldStack:
    """Set to zero every value that is too low, as noise is, or too high, as saturation is.

    Parameters
    ----------
    stack:
        The frames, mostly after their background was taken away.
    low:
        The least value that is kept.
    high:
        The largest value that is kept.

    Raises
    ------
    InputError
        When the limits are the wrong way round.
    """
    if high is not None and high < low:
        raise InputError(f"The upper limit {high:g} is below the lower limit {low:g}.")
    return stack.then(KeepLevels(low, high))


@dataclass(frozen=True)
class KeepSignificant(Operation):
    """Subtract each pixel's own background, and keep what is significant."""

    primary: float
    secondary: float
    grid: tuple[int, ...]

    by_frame: ClassVar[bool] = False
    makes: ClassVar[int] = 4

    @property
    def words(self) -> str:
        return f"signal to noise above {self.primary:g}, beside it above {self.secondary:g}"

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from scipy.ndimage import maximum_filter1d

        from ..kernels.median import median_over_frames

        frames, rows, columns = block.shape
        flat = block.reshape(frames, -1).astype(np.float32)
        flat -= median_over_frames(block.reshape(frames, -1)).astype(np.float32)
        noise = 1.4826 * median_over_frames(np.abs(flat)).astype(np.float32)
        # counts come in whole numbers: no noise below that of a single one
        noise = np.maximum(noise, 0.5)
        strong = (flat > self.primary * noise).reshape(*self.grid, -1)
        near = strong.view(np.uint8)
        for axis in range(len(self.grid)):
            near = maximum_filter1d(near, 3, axis=axis, mode="constant")
        kept = strong.reshape(frames, -1)
        kept |= (flat > self.secondary * noise) & (near.reshape(frames, -1) > 0)
        return np.where(kept, flat, np.float32(0)).reshape(frames, rows, columns)


@task(title="Signal to noise", output="stack", requires="darkfield")
def keep_significant(
    stack: DarkfieldStack,
    *,
    primary: Annotated[float, Param(gt=0, unit="σ", label="Certainly signal above")] = 8.0,
    secondary: Annotated[float, Param(gt=0, unit="σ", label="Beside it, above")] = 3.0,
) -> DarkfieldStack:
    """Keep what is significant, pixel by pixel, and what is nearly so beside it.

    Each pixel's background is the median of its frames, its noise σ 1.4826 times the median
    absolute deviation from it. The background is taken away; a value is kept when it exceeds
    `primary` σ, or `secondary` σ when a frame one step of a motor away exceeds `primary` σ.
    So weak tails of a rocking curve are kept and noise of the same height is not. It stands in
    for *Background* and *Threshold* together, and wants the frames as they were measured.

    Parameters
    ----------
    stack:
        The frames.
    primary:
        What is signal by itself.
    secondary:
        What is signal when its neighbour in the motors' positions is.

    Raises
    ------
    InputError
        When `secondary` is above `primary`.
    """
    if secondary > primary:
        raise InputError(
            f"The level beside signal, {secondary:g} σ, must not be above that of signal, "
            f"{primary:g} σ."
        )
    return stack.then(KeepSignificant(primary, secondary, stack.grid))


@dataclass(frozen=True)
class KeepWeak(Operation):
    """Set to zero what is strong for its pixel."""

    factor: float

    by_frame: ClassVar[bool] = False
    keeps_type: ClassVar[bool] = True
    makes: ClassVar[int] = 5  # differences are float64

    @property
    def words(self) -> str:
        return f"weak beam, below {self.factor:g} standard deviations"

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        deviation = block.std(axis=0, dtype=np.float64)
        block[block > self.factor * deviation] = 0
        return block


@task(title="Weak beam", output="stack", requires="darkfield")
def keep_weak_beam(
    stack: DarkfieldStack,
    *,
    factor: Annotated[float, Param(gt=0, unit="σ", label="Below")] = 1.0,
) -> DarkfieldStack:
    """Keep only what is weak for its pixel: the tails of the rocking curves, where defects show.

    A value is set to zero when it exceeds so many standard deviations of its pixel's values
    over all frames. The moments of what is left show strain around dislocations.

    Parameters
    ----------
    stack:
        The frames, after their background was taken away.
    factor:
        The largest value that is kept, in standard deviations of the pixel.
    """
    return stack.then(KeepWeak(factor))
