"""Work under way on a cluster, and the outputs that it left there."""

from __future__ import annotations

import os
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from operator import getitem
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..elsewhere import Elsewhere

if TYPE_CHECKING:
    from distributed import Client, Future


@dataclass(slots=True)
class Job:
    """Work under way, seen from here."""

    title: str
    priority: int
    data: bytes
    inputs: list[Future]
    then: deque[int]  #: numbers of the work that it goes on with
    future: Future | None = None
    task: str = ""
    alone: bool = False  #: whether it must not go together with others
    begun: float = 0.0
    process: int | None = None  #: once it is told
    note: Path | None = None  #: there while an own worker works on it

    @property
    def has_begun(self) -> bool:
        return self.process is not None or (self.note is not None and self.note.exists())

    def was_under_way(self, serial: int) -> bool:
        """Whether its worker was at it when it died."""
        if self.note is None:
            return self.process is not None
        try:
            # the news of those before it in a row may have died with the worker
            return int(self.note.read_text().split()[1]) in (serial, *self.then)
        except (OSError, ValueError, IndexError):
            return False

    def kill(self) -> None:
        """End its worker, if that is our own and works on it; dask starts another one."""
        if self.note is not None:
            with suppress(OSError, ValueError):
                os.kill(int(self.note.read_text().split()[0]), signal.SIGKILL)
                self.note.unlink()


class Output(Elsewhere):
    """An output on a worker."""

    __slots__ = ("_client", "_made", "_own", "is_alone", "is_here", "name", "value", "warnings")

    def __init__(
        self,
        made: Future | None,
        name: tuple[int, str],
        is_alone: bool,
        warnings: tuple[str, ...],
        client: Client,
    ) -> None:
        self._made = made  # all outputs of its node, by name
        self._own: Future | None = None
        self._client = client
        self.name = name
        self.is_alone = is_alone  #: of the outputs that its node left there
        self.warnings = warnings  #: of the value
        self.is_here = False
        self.value: Any = None

    def future(self) -> Future:
        """It alone, so that it travels alone; where it is alone, all of its node."""
        if self.is_alone:
            return self._made
        if self._own is None:
            self._own = self._client.submit(getitem, self._made, self.name, pure=False)
        return self._own
