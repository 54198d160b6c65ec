"""Tasks of the kinds that a widget must cope with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from beamcanvas.errors import InputError
from beamcanvas.nexus import Axis, NXData
from beamcanvas.task import SILENT, Param, Progress, task


@dataclass(frozen=True, eq=False)
class Curve:
    """A pattern of the tests."""

    x: Any
    y: Any
    energy: float = 30.4929
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return f"curve of {len(self.y)} points"

    def nxdata(self) -> NXData:
        return NXData(
            signal=self.y,
            name="intensity",
            unit="counts",
            axes=(Axis(name="q", values=self.x, unit="nm⁻¹"),),
        )


@task(output="curve")
def make_curve(
    *,
    points: Annotated[int, Param(ge=2, group="Shape")] = 20,
    height: Annotated[float, Param(unit="counts", gt=0, group="Shape")] = 1.0332e-10,
    energy: Annotated[float | None, Param(unit="keV", gt=0, auto="from the header")] = None,
    kind: Literal["sine", "line"] = "line",
    smooth: Annotated[bool, Param(more=True)] = False,
) -> Curve:
    """Make a curve.

    Parameters
    ----------
    points:
        How many points.
    """
    x = np.linspace(0, 1, points)
    return Curve(x, height * (np.sin(x) if kind == "sine" else x), energy or 30.4929)


class Scaled(NamedTuple):
    """Two outputs."""

    curve: Curve
    largest: float


@task
def scale_curve(curve: Curve, *, factor: float = 2.0, offset: float = 0.0) -> Scaled:
    """Scale a curve."""
    y = curve.y * factor + offset
    return Scaled(Curve(curve.x, y), float(y.max()))


@task
def bend(
    radius: Annotated[
        float, Param(unit_of="axis", units={"2th_deg": "°", "q_nm^-1": "nm⁻¹"})
    ] = 1.0,
    axis: Literal["2th_deg", "q_nm^-1"] = "2th_deg",
) -> float:
    """Take a length whose unit depends."""
    return radius


@task
def fail(*, how: Literal["input", "bug"] = "input") -> float:
    """Fail."""
    if how == "input":
        raise InputError("The file a.tif has no image: give one that has.")
    raise ZeroDivisionError("float division by zero")


@task
def doubt() -> Curve:
    """Give what is not to be trusted."""
    return Curve(np.arange(3.0), np.arange(3.0), warnings=("Too few rings.",))


@task
def slow(*, seconds: float = 20.0, progress: Progress = SILENT) -> float:
    """Take long, and listen."""
    for _ in progress.each(range(int(seconds * 100)), "step"):
        time.sleep(0.01)
    return seconds


@task
def deaf(*, seconds: float = 3.0) -> float:
    """Take long, and not listen."""
    time.sleep(seconds)
    return seconds


@task
def compute(*, size: int = 700, rounds: int = 12) -> float:
    """Compute in numpy for a while."""
    matrix = np.random.default_rng(0).random((size, size))
    total = 0.0
    for _ in range(rounds):
        total += float(np.linalg.svd(matrix, compute_uv=False)[0])
        total += float(np.sort(matrix, axis=None)[0])
    return total
