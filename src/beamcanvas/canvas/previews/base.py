"""What a preview is."""

from __future__ import annotations

from typing import Any

from AnyQt.QtWidgets import QVBoxLayout, QWidget

from ...nexus.nxdata import Axis, HasNXData, NXData


class Preview(QWidget):
    """Shows values of one kind. Built when it is first needed; the same one shows later values.

    A preview reads what it shows and no more: an array may be a dataset of many gigabytes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(0)

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        """How well it shows a value: 0 not at all, 1 as text, 5 by its kind, 10 made for it.

        `data` is the value as NXdata where it can be plotted.
        """
        return 0

    def show_value(self, value: Any) -> None:
        """Show a value that it fits."""
        raise NotImplementedError


def nxdata_of(value: Any) -> NXData | None:
    """A value as a plottable group: what it says itself, or a bare array; None for the rest."""
    if isinstance(value, NXData):
        return value
    if isinstance(value, HasNXData) and not isinstance(value, type):
        return value.nxdata()
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or dtype is None or getattr(dtype, "kind", "O") not in "biuf":
        return None
    if not 1 <= len(shape) <= 3 or not all(shape):
        return None
    index = tuple(Axis(name=n) for n in ("frame", "y", "x")[-len(shape) :])
    axes = (Axis(name="index"),) if len(shape) == 1 else index
    return NXData(signal=value, name="value", axes=axes, pixels=False)
