"""The input that every task has that writes a file."""

from __future__ import annotations

from typing import Annotated, Literal

from .base import Param

#: what to do with a file that is there: tasks keep it by default, nothing is overwritten unasked
Existing = Annotated[
    Literal["keep", "replace"],
    Param(
        label="A file that is there",
        words={"keep": "keep it", "replace": "replace it"},
        help="What to do with a file of that name: nothing is overwritten unless asked.",
    ),
]
