"""Compiled loops over tiles of pixels. Import a module of these only where it is called.

All take frames first, (frames, pixels) or (frames, rows, columns), run on one thread without
Python's lock, and are kept on disk once compiled.
"""

from __future__ import annotations

from typing import Any

from numba.core import event

from ..stack.cores import COMPILING


class _Told(event.Listener):  # type: ignore[misc]
    """Tells whoever waits that a kernel isn't on disk yet, and is compiled."""

    def on_start(self, event: Any) -> None:
        COMPILING.append(event.data["dispatcher"].__name__)

    def on_end(self, event: Any) -> None:
        COMPILING.pop()


event.register("numba:compile", _Told())
