"""Which way to integrate frames does what is asked for, the fastest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import InputError
from ..types import Geometry
from .by_pyfai import ByClipping, ByMedian, ByPyFAI, Frames
from .one_frame import ByOperator, Way
from .operator import Corrections, Operator


@dataclass(frozen=True)
class Outliers:
    """Which pixels of a ring are left out."""

    how: Literal["keep", "sigma clip", "median"] = "keep"
    #: standard deviations from the ring's mean; at least those of Chauvenet's criterion
    threshold: float = 5.0

    def filled(self, said: Mapping[str, Any]) -> Outliers:
        """With what a file says in the place of what a person left as it usually is."""
        if self.how != "keep":
            return self
        how = said.get("outliers", self.how)
        return Outliers(how, float(said.get("threshold", self.threshold)))


def way_for(
    operator: Operator,
    geometry: Geometry,
    corrections: Corrections,
    error_model: str,
    outliers: Outliers,
    saturation: float | None,
) -> Way:
    """The fastest way that does it: the operator where points are linear in the frame.

    Raises
    ------
    InputError
        When there is no way to do it.
    """
    layouts = tuple(bins.layout for bins in operator.bins)
    frames = Frames(geometry, corrections, saturation)
    linear = error_model in ("none", "poisson")
    if outliers.how == "median":
        if any(layout.azimuth_points for layout in layouts):
            raise InputError("pyFAI takes the median of patterns only: leave 'azimuth points' out.")
        return ByMedian(frames, layouts)
    if outliers.how == "sigma clip":
        model = "azimuthal" if error_model == "none" else error_model
        if all(layout.dim == 1 and layout.splitting == "none" for layout in layouts):
            return ByPyFAI(frames, layouts, model, outliers.threshold)
        if not linear:
            raise InputError(
                f"Sigma clipping with split pixels, or of cakes, has no error model "
                f"'{error_model}': choose 'poisson'."
            )
        rest = ByOperator(operator, error_model == "poisson", saturation)
        return ByClipping(frames, layouts, model, outliers.threshold, rest)
    if linear:
        return ByOperator(operator, error_model == "poisson", saturation)
    return ByPyFAI(frames, layouts, error_model)
