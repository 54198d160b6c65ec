"""Hot pixels and zingers: what stands out of its neighbours takes their median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....task import Param, task
from ...scan.types import TomoScan
from ..treatment import Geometry, RadioTreatment


@dataclass(frozen=True)
class HotPixels(RadioTreatment):
    """Pixels above the median of their 3 × 3 by more than a threshold become that median."""

    order: ClassVar[int] = 10
    threshold: float
    cold: bool = False  #: those below the median, too

    @property
    def summary(self) -> str:
        which = "hot and cold" if self.cold else "hot"
        return f"{which} pixels, {self.threshold:g} from their neighbours"

    def margin(self, geometry: Geometry) -> int:
        return 1

    def apply(
        self, frames: NDArray[Any], numbers: NDArray[Any], geometry: Geometry
    ) -> NDArray[Any]:
        for frame in frames:
            median = median_3x3(frame)
            away = np.abs(frame - median) if self.cold else frame - median
            np.copyto(frame, median, where=away > self.threshold)
        return frames


@task(title="Hot pixels", output="scan", requires="tomography")
def correct_hot_pixels(
    scan: TomoScan,
    *,
    threshold: Annotated[float, Param(gt=0, le=10)] = 0.04,
    cold: Annotated[bool, Param(label="Dark pixels too")] = False,
) -> TomoScan:
    """Replace pixels that stand out of their neighbours by the median of these.

    Each projection is looked at after the flat field. nabu calls this the CCD filter.

    Parameters
    ----------
    scan:
        The scan.
    threshold:
        How far above the median of its 3 × 3 pixels one must be, as a fraction of the beam.
    cold:
        Also those that are as far below it.
    """
    return scan.treated(HotPixels(threshold, cold))


def median_3x3(image: NDArray[Any]) -> NDArray[Any]:
    """The median of each pixel and its eight neighbours; the edge counts twice.

    Columns are sorted once and shared by the three pixels that they belong to: the median
    of nine is that of the largest low, the middle middle and the smallest high one.
    """
    padded = np.pad(image, 1, mode="edge")
    low, middle, high = _sorted(padded[:-2], padded[1:-1], padded[2:])
    lowest = np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:])
    highest = np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:])
    _, central, _ = _sorted(middle[:, :-2], middle[:, 1:-1], middle[:, 2:])
    median: NDArray[Any] = _sorted(lowest, central, highest)[1]
    return median


def _sorted(a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
    small, large = np.minimum(a, b), np.maximum(a, b)
    low, rest = np.minimum(small, c), np.maximum(small, c)
    return low, np.minimum(rest, large), np.maximum(rest, large)
