"""The images that hold for every frame of a scan."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ...nexus.bliss import FrameReader, Scan
from ..integration.operator import Corrections
from ..types import DiffractionImage, Geometry, Mask, check_shape


def corrections_for(
    scan: Scan,
    geometry: Geometry,
    mask: Mask | None,
    dark: DiffractionImage | None,
    flat: DiffractionImage | None,
) -> Corrections:
    """Mask, dark and flat for the frames of a scan; without a mask, the detector's gaps.

    Raises
    ------
    InputError
        When one has another shape than the frames, or no pixel is left.
    """
    shape = geometry.detector.shape
    with FrameReader(scan) as reader:
        found = reader.shape
    if found is not None:
        check_shape("detector's frame", found, shape, "geometry's detector")
    if mask is not None:
        check_shape("mask", mask.pixels.shape, shape, "geometry's detector")
        unused = mask.pixels.copy()
    else:
        gaps = geometry.detector.pyfai().mask
        unused = np.zeros(shape, bool) if gaps is None else np.array(gaps, dtype=bool)
    for what, image in (("dark image", dark), ("flat field", flat)):
        if image is not None:
            check_shape(what, image.shape, shape, "geometry's detector")
            unused |= image.mask
    if flat is not None:
        unused |= ~(np.asarray(flat.data) > 0)
    if unused.all():
        raise InputError("The mask leaves no pixel to be used.")
    return Corrections(
        unused, None if dark is None else dark.data, None if flat is None else flat.data
    )
