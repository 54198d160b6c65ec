"""What can be done to a stack before it is used: a step, said but not yet taken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from ...nexus.chunks import Buffers
from ...task import Progress

if TYPE_CHECKING:
    from .treated import Treated

Shape = tuple[int, int, int]  #: frames, rows, columns


@dataclass(frozen=True)
class Place:
    """Where a block of frames is in the stack that a step is given, and what to make of it."""

    shape: Shape  #: of the whole stack before the step
    first: int  #: row of the stack that is the block's first
    top: int  #: first row wanted, in rows after the step
    bottom: int  #: the row after the last one wanted
    frames: Sequence[int]  #: numbers of the frames in the block
    known: Any  #: what :meth:`Operation.learn` found
    buffers: Buffers  #: memory of this thread and step


class Operation(ABC):
    """One step. Frozen, small, and goes from one process to another.

    A block is (frames, rows, columns), C-contiguous, of uint16 or float32; a step may write
    into the block that it is given.
    """

    #: whether a frame can be treated without the others, once the step learnt what it needs
    by_frame: ClassVar[bool] = True
    #: whether :meth:`learn` can be left out when a block holds whole frames
    learns_from_frame: ClassVar[bool] = False
    #: whether blocks keep their type; else they become float32
    keeps_type: ClassVar[bool] = False
    #: how many more blocks of its size it makes on its way, for the plan of the memory
    makes: ClassVar[int] = 1

    @property
    @abstractmethod
    def words(self) -> str:
        """What it does, in a few words."""

    @property
    def leaves_out_bright(self) -> bool:
        """Whether what saturated a camera is left out."""
        return False

    def shape(self, shape: Shape) -> Shape:
        """The stack's shape afterwards."""
        return shape

    def rows(self, top: int, bottom: int, shape: Shape) -> tuple[int, int]:
        """The rows that it needs to make rows `top` to `bottom`."""
        return top, bottom

    def learn(self, before: Treated, progress: Progress) -> Any:
        """What it must know of the whole stack before it can treat a part."""
        return None

    @abstractmethod
    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        """The block, treated: exactly the rows from `place.top` to `place.bottom`."""
