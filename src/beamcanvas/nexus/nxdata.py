"""A plottable result as NeXus sees it: a signal over its axes, with units and errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from ..errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a signal: as many values as the signal is long there, or one more (edges)."""

    name: str  #: of the dataset: "q", "chi", "energy"
    values: NDArray[Any] | None = None  #: None: the index
    unit: str = ""
    label: str = ""  #: words for a plot; the name when empty

    @property
    def title(self) -> str:
        """Words and unit, as they stand beside an axis."""
        text = self.label or self.name
        return f"{text} ({self.unit})" if self.unit else text


@dataclass(frozen=True, kw_only=True)
class NXData:
    """A NeXus ``NXdata`` group in memory.

    One axis for each dimension of the signal, slowest first. A signal of one dimension
    is a curve, of two an image, of three a stack of images.
    """

    signal: NDArray[Any]
    name: str = "signal"
    axes: tuple[Axis, ...] = ()
    unit: str = ""
    label: str = ""
    errors: NDArray[Any] | None = None  #: standard deviations, shape of the signal
    mask: NDArray[np.bool_] | None = None  #: True where the signal is not to be used
    title: str = ""
    log: bool = False  #: best seen on a logarithmic scale
    #: best seen in shades of grey, or as a difference: grey where it is 0
    colours: Literal["", "grey", "difference"] = ""
    pixels: bool = False  #: both last axes are pixels of a detector: equal aspect
    lines: dict[str, list[float]] = field(default_factory=dict)  #: positions to mark on axis 0
    meta: dict[str, Any] = field(default_factory=dict)  #: plain values worth keeping beside it

    def __post_init__(self) -> None:
        if self.axes and len(self.axes) != self.signal.ndim:
            raise InputError(
                f"'{self.name}' has {self.signal.ndim} dimensions but {len(self.axes)} axes."
            )
        for length, axis in zip(self.signal.shape, self.axes, strict=False):
            if axis.values is not None and len(axis.values) not in (length, length + 1):
                raise InputError(
                    f"The axis '{axis.name}' has {len(axis.values)} values for {length} points."
                )

    @property
    def signal_title(self) -> str:
        """Words and unit of the signal."""
        text = self.label or self.name
        return f"{text} ({self.unit})" if self.unit else text


@runtime_checkable
class HasNXData(Protocol):
    """A domain object that any NeXus tool, and any preview, can show."""

    def nxdata(self) -> NXData:
        """The object as a plottable group."""
        ...
