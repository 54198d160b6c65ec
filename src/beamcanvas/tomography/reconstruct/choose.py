"""Deciding how a scan is reconstructed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from ...task import Param, task
from ..scan.types import TomoScan
from .backends import WORDS, chosen, unavailable
from .settings import Backend, Filter, Method, Padding, Reconstruction

_FILTER = "Text (*.txt *.dat *.csv);;All files (*)"


@task(title="Reconstruction settings", output="scan", requires="tomography")
def choose_reconstruction(
    scan: TomoScan,
    *,
    backend: Annotated[Backend, Param(words=WORDS, unavailable=unavailable)] = "fast",
    method: Annotated[Method, Param(group="Method")] = "FBP",
    iterations: Annotated[int, Param(ge=1, le=10_000, group="Method", more=True)] = 50,
    filter: Annotated[Filter, Param(group="Method")] = "ramlak",
    cutoff: Annotated[
        float, Param(gt=0, le=1, group="Method", label="Cut-off of the filter", more=True)
    ] = 1.0,
    padding: Annotated[
        Padding, Param(group="Method", words={"edges": "edge values", "zeros": "zeros"}, more=True)
    ] = "edges",
    half_acquisition: Annotated[
        bool | None, Param(auto="as the scan says", label="Half acquisition", group="Geometry")
    ] = None,
    clip: Annotated[bool, Param(label="Clip outside of the circle", group="Slice")] = False,
    outside: Annotated[
        float, Param(label="Value outside", unit="1/cm", group="Slice", more=True)
    ] = 0.0,
    region: Annotated[
        tuple[int, int, int, int] | None,
        Param(auto="no region: the whole slice", unit="px", group="Slice", more=True),
    ] = None,
    centred: Annotated[
        bool, Param(label="Axis in the middle of the slice", group="Slice", more=True)
    ] = True,
    angle_offset: Annotated[
        float, Param(ge=-360, le=360, unit="°", group="Geometry", more=True)
    ] = 0.0,
    angles_file: Annotated[
        Path | None, Param(path="open", filter=_FILTER, group="Geometry", more=True)
    ] = None,
    axis_file: Annotated[
        Path | None,
        Param(path="open", filter=_FILTER, label="File of axis moves", group="Geometry", more=True),
    ] = None,
) -> TomoScan:
    """Decide how a scan is reconstructed. Slices and volumes made of it follow.

    Without this step a scan is reconstructed by filtered back projection with a ramp
    filter, on the CPU.

    Parameters
    ----------
    scan:
        Any scan.
    backend:
        What computes. "fast" goes through the Fourier slice theorem and gives nabu's values
        with another grain (6 to 40 percent of the noise); "nabu-identical" gives them to float32
        rounding, at five times the cost (but for half acquisition, where nabu is off by
        two percent).
    method:
        FBP, filtered back projection; SIRT, CGLS and MLEM are iterative and need astra.
    iterations:
        Of the iterative methods.
    filter:
        The ramp (ramlak), or the ramp times a window that takes noise and detail away.
    cutoff:
        Where the window ends, as a share of the highest frequency.
    padding:
        What continues the projections beyond their edges: edge values where the sample is
        wider than the detector.
    half_acquisition:
        The axis is near an edge and the scan takes a full turn.
    clip:
        Give all pixels that some projections did not see one value.
    outside:
        That value.
    region:
        First and last column, first and last row of the slice to reconstruct.
    centred:
        Put the axis in the middle of the slice, or leave it where it is on the detector.
    angle_offset:
        Turns the slice.
    angles_file:
        Text file with one angle for each projection, in degrees, instead of the scan's.
    axis_file:
        Text file with how far aside the axis is in each projection, in pixels.

    Raises
    ------
    InputError
        When the backend can't run here, or doesn't have the method.
    """
    settings = Reconstruction(
        backend=backend,
        method=method,
        iterations=iterations,
        filter=filter,
        cutoff=cutoff,
        padding=padding,
        half_acquisition=half_acquisition,
        centred=centred,
        region=region,
        clip=clip,
        outside=outside,
        angles_file=angles_file,
        axis_file=axis_file,
        angle_offset=angle_offset,
    )
    chosen(settings)
    return replace(scan, reconstruction=settings)
