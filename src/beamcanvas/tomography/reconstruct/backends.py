"""What can reconstruct here, and why the rest can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Progress
from .geometry import SliceGeometry
from .settings import Backend, Reconstruction

#: rows from which on "fast" takes them side by side; for fewer, compiled code isn't loaded
MANY = 16
#: makes slices (row, y, x), per pixel, of sinograms (row, angle, column)
Reconstruct = Callable[
    [NDArray[np.float32], SliceGeometry, Reconstruction, int, Progress], NDArray[np.float32]
]

WORDS: Mapping[Backend, str] = {
    "fast": "fast (Fourier, CPU)",
    "nabu-identical": "as nabu (CPU)",
    "nabu": "nabu (OpenCL or CUDA)",
    "astra": "astra",
}


def unavailable() -> dict[Backend, str]:
    """The backends that can't run here, each with the reason in a sentence."""
    return {backend: why for backend in _WHY_NOT if (why := why_not(backend))}


def why_not(backend: Backend) -> str:
    """Why a backend can't run here; nothing where it can.

    Only that backend is looked for: to import any of them takes longer than many a volume.
    """
    look = _WHY_NOT.get(backend)
    return look() if look else ""


@cache
def _why_not_nabu() -> str:
    if find_spec("nabu") is None:
        return "The package 'nabu' is not installed."
    if _cuda_class() is not None:
        return ""
    for package in ("pyopencl", "pyvkfft"):
        if find_spec(package) is None:
            return f"nabu needs the package '{package}' to reconstruct without CUDA."
    try:
        import pyopencl

        platforms = pyopencl.get_platforms()
    except Exception as error:  # a driver may fail in any way
        return f"OpenCL does not work here: {error}."
    if not platforms:
        return "There is no OpenCL device here."
    try:
        import_module("pyvkfft.opencl")  # it fails where it was built without
    except Exception as error:
        return f"The package 'pyvkfft' does not work with OpenCL here: {error}."
    return ""


@cache
def _cuda_class() -> Any:
    """nabu's back projector on CUDA; None where there is no such device."""
    try:
        from nabu.cuda.utils import detect_cuda_gpus

        if not detect_cuda_gpus()[0]:
            return None
        from nabu.reconstruction.fbp import CudaBackprojector
    except Exception:  # a driver may fail in any way
        return None
    return CudaBackprojector


@cache
def _why_not_astra() -> str:
    if find_spec("astra") is None:
        return "The package 'astra-toolbox' is not installed."
    try:
        import_module("astra")  # it fails without its CUDA libraries
    except Exception as error:
        return f"The package 'astra-toolbox' does not work here: {error}."
    return ""


_WHY_NOT: Mapping[Backend, Callable[[], str]] = {
    "nabu": _why_not_nabu,
    "astra": _why_not_astra,
}


def chosen(settings: Reconstruction) -> Reconstruct:
    """What reconstructs as the settings say.

    Raises
    ------
    InputError
        When the backend can't run here, or doesn't have the method.
    """
    why = why_not(settings.backend)
    if why:
        raise InputError(f"The backend '{settings.backend}' can't run here. {why}")
    if settings.method != "FBP" and settings.backend != "astra":
        raise InputError(
            f"The backend '{settings.backend}' has FBP only; {settings.method} needs 'astra'."
        )
    ways: dict[Backend, Reconstruct] = {
        "fast": _fast,
        "nabu-identical": _nabu_identical,
        "nabu": _nabu,
        "astra": _astra,
    }
    return ways[settings.backend]


def _fast(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
) -> NDArray[np.float32]:
    rows, columns = geometry.shape
    if min(rows, columns) < 32 and len(sinograms) > 8:
        # a line of many slices: pixel by pixel costs less than a transform of the whole
        return _interpolating(sinograms, geometry, settings, threads, progress, even=False)
    if len(sinograms) >= MANY:
        from .gridding import reconstruct_gridding as reconstruct
    else:
        from .fourier import reconstruct_fourier as reconstruct

    return reconstruct(
        sinograms,
        geometry,
        filter=settings.filter,
        cutoff=settings.cutoff,
        padding=settings.padding,
        threads=threads,
        progress=progress,
    )


def _nabu_identical(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
) -> NDArray[np.float32]:
    return _interpolating(sinograms, geometry, settings, threads, progress, even=True)


def _interpolating(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
    *,
    even: bool,
) -> NDArray[np.float32]:
    from .interpolating import reconstruct_interpolating

    return reconstruct_interpolating(
        sinograms,
        geometry,
        filter=settings.filter,
        cutoff=settings.cutoff,
        padding=settings.padding,
        even=even,
        threads=threads,
        progress=progress,
    )


def _nabu(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
) -> NDArray[np.float32]:
    from .nabu_itself import reconstruct_by_nabu

    return reconstruct_by_nabu(sinograms, geometry, settings, _cuda_class(), progress)


def _astra(
    sinograms: NDArray[np.float32],
    geometry: SliceGeometry,
    settings: Reconstruction,
    threads: int,
    progress: Progress,
) -> NDArray[np.float32]:
    from .by_astra import reconstruct_by_astra

    return reconstruct_by_astra(sinograms, geometry, settings, threads, progress)
