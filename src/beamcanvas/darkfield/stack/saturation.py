"""Which frames were too bright for their camera, as far as they were read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SOURCES = 16  #: that are remembered
_SHARE = 1e-4  #: of a frame's pixels: fewer are broken pixels rather than a bright beam
_FEWEST = 4


class _Saturated:
    """Numbers of the frames with saturated pixels, by their source."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[Any, set[int]] = OrderedDict()

    def look(self, key: Any, first: int, block: NDArray[Any]) -> None:
        """Look at frames, as their file has them, of which the first has this number."""
        if block.dtype.kind not in "ui":
            return
        full = np.iinfo(block.dtype).max
        bright = np.flatnonzero(block.max(axis=(1, 2)) == full)
        enough = max(_SHARE * block[0].size, _FEWEST)
        found = {first + int(k) for k in bright if np.count_nonzero(block[k] == full) >= enough}
        if found:
            with self._lock:
                self._frames.setdefault(key, set()).update(found)
                while len(self._frames) > _SOURCES:
                    self._frames.popitem(last=False)

    def count(self, key: Any, frames: Iterable[int]) -> int:
        """How many of some frames are known to be saturated."""
        with self._lock:
            return len(self._frames.get(key, set()) & set(frames))


SATURATED = _Saturated()
