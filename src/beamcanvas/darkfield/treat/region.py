"""Keeping a rectangle of the frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..stack import DarkfieldStack, Operation
from ..stack.operation import Place, Shape


@dataclass(frozen=True)
class Crop(Operation):
    """Rows `top` to `bottom`, columns `left` to `right`."""

    top: int
    bottom: int
    left: int
    right: int

    keeps_type: ClassVar[bool] = True

    @property
    def words(self) -> str:
        return f"rows {self.top} to {self.bottom}, columns {self.left} to {self.right}"

    def shape(self, shape: Shape) -> Shape:
        return shape[0], self.bottom - self.top, self.right - self.left

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        return top + self.top, bottom + self.top

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        first, last = (n + self.top - place.first for n in (place.top, place.bottom))
        part = block[:, first:last, self.left : self.right]
        kept = place.buffers.get("cut", part.size, part.dtype)[: part.size].reshape(part.shape)
        kept[...] = part
        return kept


@task(title="Region of interest", output="stack", requires="darkfield")
def keep_region(
    stack: DarkfieldStack,
    *,
    left: Annotated[int | None, Param(ge=0, unit="px", auto="the edge")] = None,
    right: Annotated[int | None, Param(ge=1, unit="px", auto="the edge")] = None,
    top: Annotated[int | None, Param(ge=0, unit="px", auto="the edge")] = None,
    bottom: Annotated[int | None, Param(ge=1, unit="px", auto="the edge")] = None,
) -> DarkfieldStack:
    """Keep a rectangle of each frame.

    Parameters
    ----------
    stack:
        The frames.
    left:
        First column that is kept.
    right:
        The column after the last one that is kept.
    top:
        First row that is kept.
    bottom:
        The row after the last one that is kept.

    Raises
    ------
    InputError
        When nothing would be left.
    """
    _, rows, columns = stack.shape
    first_row, last_row = top or 0, min(rows if bottom is None else bottom, rows)
    first, last = left or 0, min(columns if right is None else right, columns)
    if first >= last or first_row >= last_row:
        raise InputError(
            f"Rows {first_row} to {last_row} and columns {first} to {last} hold no pixel; "
            f"the frames have {rows} rows and {columns} columns."
        )
    magnified = stack.magnified
    if magnified is not None:
        magnified = replace(
            magnified, row=magnified.row - first_row, column=magnified.column - first
        )
    return replace(stack.then(Crop(first_row, last_row, first, last)), magnified=magnified)
