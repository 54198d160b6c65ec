"""Slices by the ASTRA toolbox on the CPU: filtered back projection and iterative methods.

van Aarle et al., Optics Express 24 (2016) 25129.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from .filtering import filtered
from .geometry import SliceGeometry
from .settings import Reconstruction
from .threads import in_threads


def reconstruct_by_astra(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
) -> NDArray[np.float32]:
    """Slices (row, y, x) of sinograms (row, angle, column), per pixel.

    SIRT and CGLS are ASTRA's. MLEM multiplies by the projected ratios of what was seen and
    what the slice gives (Shepp & Vardi, IEEE Trans. Med. Imaging 1 (1982) 113); negative
    line integrals count as none.
    """
    rows = len(sinograms)
    slices = np.empty((rows, *geometry.shape), np.float32)
    if settings.method == "FBP":
        seen, centres = filtered(
            sinograms,
            geometry,
            geometry.weights(),
            filter=settings.filter,
            cutoff=settings.cutoff,
            padding=settings.padding,
            threads=threads,
            progress=progress.part(0, 0.1),
        )
        rays = seen.transpose(2, 0, 1)
    else:
        # in half acquisition too: each ray is a whole line, wherever the detector ends
        rays, centres = sinograms, geometry.centres
    operator = _operator(geometry, rays.shape[2], centres)
    steps = 1 if settings.method == "FBP" else settings.iterations

    def work(row: int) -> None:
        data = np.ascontiguousarray(rays[row])
        if settings.method == "FBP":
            slices[row] = operator.BP(data)
        elif settings.method == "MLEM":
            slices[row] = _mlem(operator, data, steps, progress)
        else:
            slices[row] = operator.reconstruct(settings.method, data, steps)

    in_threads(work, range(rows), threads, progress.part(0.1, 1), "Slices")
    return slices


def _operator(geometry: SliceGeometry, columns: int, centres: NDArray[np.float64]) -> Any:
    """Projects slices and projects back, along lines with linear interpolation."""
    import astra

    cosine, sine = np.cos(geometry.angles), np.sin(geometry.angles)
    rows, width = geometry.shape
    # ASTRA's y goes up, from the middle of the slice; the axis may lie elsewhere
    x = geometry.first[1] + (width - 1) / 2
    y = geometry.first[0] + (rows - 1) / 2
    aside = (columns - 1) / 2 - centres - x * cosine + y * sine
    rays = np.stack([sine, -cosine, aside * cosine, aside * sine, cosine, sine], axis=1)
    seen = astra.create_proj_geom("parallel_vec", columns, rays)
    volume = astra.create_vol_geom(rows, width)
    return astra.OpTomo(astra.create_projector("linear", seen, volume))


def _mlem(
    operator: Any, data: NDArray[np.float32], iterations: int, progress: Progress
) -> NDArray[np.float32]:
    seen = np.clip(data, 0, None)
    norm = np.maximum(operator.BP(np.ones_like(seen)), 1e-6)
    found = np.full(operator.vshape, seen.mean() / max(operator.vshape), np.float32)
    for _ in range(iterations):
        progress.check()
        found *= operator.BP(seen / np.maximum(operator.FP(found), 1e-6)) / norm
    return found
