"""What each frame is: projections made darks, darks taken out, and so on."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from ...errors import InputError
from ...task import Param, task
from .nxtomo import DARK, FLAT, INVALID, PROJECTION, RETURN, read_table, recounted
from .types import TomoScan

Kind = Literal["projection", "flat", "dark", "invalid", "return"]

KEYS: dict[Kind, int] = {
    "projection": PROJECTION,
    "flat": FLAT,
    "dark": DARK,
    "invalid": INVALID,
    "return": RETURN,
}


@task(title="Edit image keys", output="scan", requires="tomography")
def edit_image_keys(
    scan: TomoScan,
    *,
    first: Annotated[int | None, Param(ge=0, auto="none changes", label="First frame")] = None,
    last: Annotated[int | None, Param(ge=0, auto="the same", label="Last frame")] = None,
    kind: Annotated[Kind, Param(label="They are")] = "invalid",
) -> TomoScan:
    """Say what some frames of a scan are. The file stays as it is; *Save scan* writes it.

    Parameters
    ----------
    scan:
        The scan.
    first:
        First frame that changes, counted among all frames from 0; nothing changes without.
    last:
        Last frame that changes.
    kind:
        What they are: projections, frames without sample (flats), without beam (darks),
        not valid, or taken on the way back.

    Raises
    ------
    InputError
        When there are no such frames, or no projection is left.
    """
    if first is None:
        if last is not None:
            raise InputError("The first frame that changes is missing.")
        return scan
    end = first if last is None else last
    if not 0 <= first <= end < scan.frames:
        raise InputError(
            f"{scan.name}: frames {first} to {end} are not among 0 to {scan.frames - 1}."
        )
    return recounted(replace(scan, keys=(*scan.keys, (first, end, KEYS[kind]))))


@task(title="Upgrade image keys", output="scan", requires="tomography")
def upgrade_image_keys(
    scan: TomoScan,
    *,
    old: Annotated[Kind, Param(label="All that are")] = "dark",
    new: Annotated[Kind, Param(label="become")] = "invalid",
) -> TomoScan:
    """Make all frames of one kind another, such as all darks not valid.

    Parameters
    ----------
    scan:
        The scan.
    old:
        The kind that is looked for.
    new:
        What those frames become.

    Raises
    ------
    InputError
        When the scan has none of that kind, or no projection is left.
    """
    series = read_table(scan).series(KEYS[old])
    if not series:
        raise InputError(f"{scan.name}: none of its {scan.frames} frames is a {old}.")
    changes = tuple((s.start, s.stop - 1, KEYS[new]) for s in series)
    return recounted(replace(scan, keys=(*scan.keys, *changes)))
