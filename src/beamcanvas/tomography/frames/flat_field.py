"""How the flat field is done, to be seen before anything else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from ...task import Param, task
from ..scan.types import FlatInterpolation, TomoScan
from .flatten import reduced_of


@task(title="Flat field", output="scan", requires="tomography")
def flat_field(
    scan: TomoScan,
    *,
    interpolation: Annotated[
        FlatInterpolation,
        Param(
            label="Between flats",
            words={"linear": "go from one to the next", "nearest": "take the nearest"},
        ),
    ] = "linear",
    machine_current: Annotated[bool, Param(label="Follow the machine current")] = True,
) -> TomoScan:
    """Say how the flats are used, and look at the projections that they give.

    Parameters
    ----------
    scan:
        A scan whose darks and flats are reduced.
    interpolation:
        What the flat of a projection is, where flats were taken before and after it.
    machine_current:
        Scale by the current of the machine, where the file has it for each frame.

    Raises
    ------
    InputError
        When darks or flats are missing.
    """
    reduced_of(scan)
    return replace(scan, flat_interpolation=interpolation, use_current=machine_current)
