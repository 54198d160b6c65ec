"""What every field of the settings panel can do."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QHBoxLayout, QWidget

from ...task import MISSING, Input

PROBLEM_STYLE = "border: 1px solid #c62828; border-radius: 3px;"


def can_be_none(spec: Input) -> bool:
    """Whether None is a value of the input: it is found by itself then."""
    return NoneType in get_args(spec.annotation) or spec.default is None


class Field(QWidget):
    """One value of a task, typed or chosen by a person.

    It shows what it is told with :meth:`set_value` and emits :attr:`edited` once for each
    finished edit. What it can't read it emits as text; the form has it checked.
    """

    #: the new value; MISSING takes the input back to its default
    edited = Signal(object)

    def __init__(self, spec: Input) -> None:
        super().__init__()
        self.spec = spec
        self.value: Any = MISSING
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)

    @property
    def can_be_none(self) -> bool:
        return can_be_none(self.spec)

    @property
    def empty(self) -> Any:
        """What an emptied field stands for."""
        if self.can_be_none and self.spec.default is not None and not self.spec.required:
            return None
        return MISSING

    @property
    def auto(self) -> str:
        """Words for None."""
        if not self.can_be_none:
            return ""
        words = self.spec.param.auto
        if words.startswith("no"):  # none, no limit: nothing is found, it is left out
            return words
        return f"auto ({words})" if words else "auto"

    def set_value(self, value: Any) -> None:
        """Show a value; MISSING is nothing at all."""
        self.value = value

    def set_found(self, value: Any) -> None:
        """Show what *auto* came to; MISSING while that is unknown."""

    def set_problem(self, sentence: str) -> None:
        """Mark the text as one that can't be used, or no more when `sentence` is empty."""

    def give(self, value: Any) -> None:
        """Tell that a person finished an edit."""
        if type(value) is type(self.value) and value == self.value:
            return
        self.value = value
        self.edited.emit(value)
