"""Calibrations kept for what follows: the same image of the same calibrant is calibrated once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import blake2b

import numpy as np

from ...task import SILENT, Progress
from ..types import DiffractionImage, Mask, Setup
from .calibrate import Calibrated, calibrate

_KEPT = 8

_known: OrderedDict[bytes, Calibrated] = OrderedDict()
_lock = threading.Lock()


def kept_calibration(
    image: DiffractionImage, setup: Setup, mask: Mask | None = None, progress: Progress = SILENT
) -> Calibrated:
    """As :func:`.calibrate.calibrate`, but at once where it was found before.

    What counts is what the image shows, not the name of its file. Nothing in a calibration
    is random, so it would come out the same again.
    """
    key = _digest(image, setup, mask)
    with _lock:
        if key not in _known:
            _known[key] = calibrate(image, setup, mask, progress=progress)
            while len(_known) > _KEPT:
                _known.popitem(last=False)
        _known.move_to_end(key)
        return _known[key]


def _digest(image: DiffractionImage, setup: Setup, mask: Mask | None) -> bytes:
    said = (setup, setup.calibrant.d_spacings, image.shape, image.data.dtype.str, image.header)
    found = blake2b(repr(said).encode())
    for values in (image.data, image.dark, image.flat, image.mask, mask and mask.pixels):
        found.update(b"-" if values is None else np.ascontiguousarray(values).tobytes())
    return found.digest()
