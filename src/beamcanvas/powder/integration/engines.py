"""pyFAI's integration engines: choosing one for certain, and keeping the last few ready."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..types import Geometry

#: Words for pyFAI's ways to split a pixel over the points that it covers.
SPLITTING = {"none": "no", "bounding box": "bbox", "full": "full"}

_KEPT = 4  #: a sparse matrix of a 4M image takes some 100 MB


def method_for(splitting: str, algorithm: str, engine: str, dim: int) -> tuple[str, str, str]:
    """The method as the triple that pyFAI takes literally.

    A method in one string is parsed with silent fallbacks, so a triple is all we use.

    Raises
    ------
    InputError
        When pyFAI can't do that here; the sentence says what it can.
    """
    import pyFAI.integrator.azimuthal  # noqa: F401 - registers the engines
    from pyFAI.method_registry import IntegrationMethod

    wanted = (SPLITTING[splitting], algorithm.lower(), engine.lower())
    if IntegrationMethod.select_method(dim, *wanted, degradable=False):
        return wanted
    known = {
        (m.algo_lower, m.impl_lower)
        for m in IntegrationMethod._registry.values()
        if m.dimension == dim and m.split_lower == wanted[0]
    }
    words = {"csr": "CSR", "csc": "CSC", "lut": "LUT", "histogram": "histogram"}
    listed = ", ".join(f"{words.get(a, a)} with {i}" for a, i in sorted(known))
    raise InputError(
        f"pyFAI can't integrate with splitting '{splitting}', {algorithm} and {engine} here. "
        f"For that splitting there is {listed}."
    )


class Integrators:
    """The last few integrators, each with its sparse matrix, for images that follow.

    What decides an integrator's engine is its key, so runs with other settings never meet.

    One run integrates at a time: pyFAI shares compiled numexpr formulas between threads, and
    the process dies when two of them are evaluated at once. Little is lost, as pyFAI uses
    all cores for one image.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._ready: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    @contextmanager
    def use(self, geometry: Geometry, mask: NDArray[np.bool_], *settings: Any) -> Iterator[Any]:
        """The integrator for these, for this run alone while the context lasts."""
        key = (_key(geometry), blake2b(np.packbits(mask).tobytes()).digest(), mask.shape, *settings)
        with self._lock:
            integrator = self._ready.get(key) or geometry.pyfai()
            self._ready[key] = integrator
            self._ready.move_to_end(key)
            while len(self._ready) > self._kept:
                self._ready.popitem(last=False)
            yield integrator


def _key(geometry: Geometry) -> str:
    g = geometry
    numbers = (g.distance, g.poni1, g.poni2, g.rot1, g.rot2, g.rot3, g.wavelength)
    return repr((numbers, g.detector))


INTEGRATORS = Integrators()
