"""Layers through a grain, put together into a volume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack
from .maps import CENTRE, WIDTH, map_name
from .moments import compute_moments
from .mosaicity import KEY, colours_of


@dataclass(frozen=True, eq=False)
class GrainVolume:
    """Maps of a grain, layer by layer.

    Attributes
    ----------
    maps:
        (layers, rows, columns) by name, and "mosaicity", (layers, rows, columns, 3), where two
        motors moved in each layer.
    axes:
        Of layers, rows and columns.
    """

    maps: Mapping[str, NDArray[np.float32]]
    units: Mapping[str, str]
    axes: tuple[Axis, Axis, Axis]
    key: tuple[Axis, Axis] | None = None  #: of the mosaicity's colours, upwards and across
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        layers, rows, columns = next(iter(self.maps.values())).shape
        return f"grain of {layers} layers of {rows} × {columns} pixels, {len(self.maps)} maps"

    def plot(self, name: str) -> NXData:
        """One map, layer by layer."""
        return NXData(
            name=name.replace(" ", "_"),
            label=name[:1].upper() + name[1:],
            unit=self.units.get(name, ""),
            signal=self.maps[name],
            axes=self.axes,
            title="Grain",
            pixels=True,
        )

    def nxdata(self) -> NXData:
        """The first map."""
        return self.plot(next(iter(self.maps)))


@task(title="Layers to volume", output="volume", requires="darkfield")
def build_volume(
    stack: DarkfieldStack,
    *,
    along: Annotated[str | None, Param(auto="the slowest motor", label="Layers along")] = None,
    threshold: Annotated[
        float, Param(ge=0, unit="counts", label="Empty below an intensity of")
    ] = 0.0,
    progress: Progress = SILENT,
) -> GrainVolume:
    """Compute the moments of each layer of a sample, and put them together into a volume.

    The layers are the positions of one motor, mostly a translation of the sample through the
    beam; the others are the scan of each layer. Every layer is treated by itself: it has its
    own background. Saved as a volume, ParaView shows it.

    Parameters
    ----------
    stack:
        The frames of all layers.
    along:
        The motor that moved from layer to layer.
    threshold:
        Voxels whose intensity, summed over all frames, isn't above this have no orientation.

    Raises
    ------
    InputError
        When the scan has a single motor, the motor didn't move, or frames of several layers
        were already mixed or moved by a treatment.
    """
    if len(stack.dimensions) < 2:
        raise InputError("A volume needs a scan of layers and of at least one motor in each.")
    axis = 0 if along is None else stack.dimension(along)
    for operation in stack.operations:
        if not operation.by_frame or hasattr(operation, "index"):
            raise InputError(
                f"'{operation.words}' treats frames of several layers together: leave it out."
            )
    number = np.arange(len(stack.order)).reshape(stack.grid)
    layer = stack.dimensions[axis]
    kept = [k for k in range(len(stack.grid)) if k != axis]
    maps: dict[str, NDArray[np.float32]] = {}
    units: dict[str, str] = {}
    for n in range(layer.size):
        frames = np.take(number, n, axis=axis).ravel()
        one = replace(
            stack,
            order=stack.order[frames],
            dimensions=tuple(stack.dimensions[k] for k in kept),
            positions=stack.positions[kept][:, frames],
        )
        moments = compute_moments(one, progress=progress.part(n / layer.size, (n + 1) / layer.size))
        wanted = ["intensity"] + [
            map_name(what, m) for what in (CENTRE, WIDTH) for m in moments.motors
        ]
        for name in wanted:
            values = maps.setdefault(name, np.empty((layer.size, *moments.shape), dtype=np.float32))
            lit = moments.maps["intensity"] > threshold
            values[n] = np.where(lit | (name == "intensity"), moments.maps[name], np.nan)
            units[name] = moments.units.get(name, "")
    motors = [stack.dimensions[k].motor for k in kept]
    key = None
    if len(motors) >= 2:
        key = _key(maps, stack, motors[-2]), _key(maps, stack, motors[-1])
        maps["mosaicity"] = _colours(maps, *key)
    axes = stack.pixel_axes
    positions = stack.nominal[axis]
    if axes[0].unit == "µm" and layer.unit == "mm":
        depth = Axis(name=layer.motor, values=positions * 1e3, unit="µm")
    else:
        depth = Axis(name=layer.motor, values=positions, unit=layer.unit)
    return GrainVolume(
        maps,
        units,
        (depth, *axes),
        key,
        {"along": layer.motor, "threshold": threshold, "treatment": stack.history},
    )


def _key(maps: Mapping[str, NDArray[np.float32]], stack: DarkfieldStack, motor: str) -> Axis:
    """The ends of the key along a motor, for all layers, and a value for each of its pixels."""
    low, high = np.nanpercentile(maps[map_name(CENTRE, motor)], (1, 99))
    unit = stack.dimensions[stack.dimension(motor)].unit
    return Axis(name=motor, values=np.linspace(low, high, KEY), unit=unit)


def _colours(maps: Mapping[str, NDArray[np.float32]], up: Axis, across: Axis) -> Any:
    scaled = []
    for axis in (across, up):
        assert axis.values is not None  # noqa: S101 - a key has them
        low, high = float(axis.values[0]), float(axis.values[-1])
        centre = maps[map_name(CENTRE, axis.name)]
        scaled.append(np.clip(2 * (centre - low) / ((high - low) or 1.0) - 1, -1, 1))
    known = np.isfinite(scaled[0] + scaled[1])
    with np.errstate(invalid="ignore"):
        colours = colours_of(*scaled)
    colours[~known] = 0.0
    return colours.astype(np.float32)
