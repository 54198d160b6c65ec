"""The images that hold for every frame of a scan."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..configuration.configuration import Configuration
from ..integration.operator import Corrections
from ..origin import Origin, in_role
from ..types import DiffractionImage, Geometry, Mask, check_shape


def corrections_for(
    found: tuple[int, int] | None,
    geometry: Geometry,
    mask: Mask | None,
    dark: DiffractionImage | None = None,
    flat: DiffractionImage | None = None,
    configuration: Configuration | None = None,
) -> Corrections:
    """Mask, dark and flat for many frames; without a mask, the detector's gaps.

    Parameters
    ----------
    found:
        Rows and columns of the frames; None where none can be read.
    configuration:
        Its mask counts beside the other; its dark and flat where none is given.

    Raises
    ------
    InputError
        When one has another shape than the frames, or no pixel is left.
    """
    shape = geometry.detector.shape
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
    counts = None if dark is None else dark.data
    response = None if flat is None else flat.data
    if configuration is not None:
        unused |= configuration.unused(shape)
        counts = configuration.image("dark", shape) if counts is None else counts
        response = configuration.image("flat", shape) if response is None else response
    if response is not None:
        unused |= ~(np.asarray(response) > 0)
    if unused.all():
        raise InputError("The mask leaves no pixel to be used.")
    return Corrections(unused, counts, response)


def correcting(
    dark: DiffractionImage | None,
    flat: DiffractionImage | None,
    configuration: Configuration | None = None,
) -> tuple[Origin, ...]:
    """Where the dark and the flat images come from that :func:`corrections_for` takes."""
    given = () if dark is None else in_role(dark.origins, "dark")
    given += () if flat is None else in_role(flat.origins, "flat")
    if configuration is not None:
        given += configuration.origins(dark is None, flat is None)
    return given
