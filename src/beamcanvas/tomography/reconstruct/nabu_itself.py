"""Slices by nabu's own back projector, on OpenCL or CUDA."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from .geometry import SliceGeometry
from .settings import Reconstruction


def reconstruct_by_nabu(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    cuda: Any,
    progress: Progress,
) -> NDArray[np.float32]:
    """Slices (row, y, x) of sinograms (row, angle, column), per pixel.

    Parameters
    ----------
    cuda:
        nabu's class for CUDA, or None for OpenCL.
    """
    if cuda is None:
        from nabu.reconstruction.fbp_opencl import OpenCLBackprojector

        cuda = OpenCLBackprojector
    axis = float(np.median(geometry.centres))
    moves = geometry.centres - axis
    y0, x0 = (round(first + axis) for first in geometry.first)
    rows, columns = geometry.shape
    centred = settings.region is None and settings.centred
    projector = cuda(
        sinograms.shape[1:],
        slice_shape=geometry.shape if centred else None,
        slice_roi=None if centred else (x0, x0 + columns, y0, y0 + rows),
        angles=geometry.angles,
        rot_center=axis,
        padding_mode=settings.padding,
        halftomo=geometry.half,
        filter_name=settings.filter,
        extra_options={
            "axis_correction": moves.astype(np.float32) if moves.any() else None,
            "centered_axis": centred,
            "filter_cutoff": settings.cutoff,
        },
    )
    slices = np.empty((len(sinograms), rows, columns), np.float32)
    for row in progress.each(range(len(sinograms)), "Slices"):
        slices[row] = projector.fbp(np.ascontiguousarray(sinograms[row]))
    return slices
