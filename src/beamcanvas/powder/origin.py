"""Where the frames are stored that a result is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

#: what a file was used for
Role = Literal["image", "dark", "flat", "background"]


@dataclass(frozen=True)
class Origin:
    """A frame, or all frames, of a file."""

    file: Path
    path: str = ""  #: in an HDF5 file: of the frames, or of a whole bliss scan, "/1.1"
    frame: int | None = None  #: None: all of them
    role: Role = "image"

    @property
    def entry(self) -> str:
        """The group of an HDF5 file that everything about the measurement is in."""
        return self.path.strip("/").partition("/")[0]


def in_role(origins: Iterable[Origin], role: Role) -> tuple[Origin, ...]:
    """The same files, used to correct others."""
    return tuple(replace(origin, role=role) for origin in origins)
