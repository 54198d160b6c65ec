"""Where the sample stood during a scan."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...nexus.file import reading
from .fields import LENGTHS, factor, is_numeric, member, unit_of
from .nxtomo import read_table
from .types import TomoScan

#: which of the file's axes x, y, z are upwards, across the beam and along it
_MCSTAS, _ESRF = (1, 0, 2), (2, 1, 0)


def sample_position(scan: TomoScan) -> tuple[float, float, float]:
    """The sample's mean position in the projections: upwards, across the beam, along it, m.

    Zero along an axis of which the file says nothing. tomoscan and nabu put volumes there.

    Raises
    ------
    InputError
        When the file changed or can't be read any more.
    """
    projections = read_table(scan).projections
    with reading(scan.file) as root:
        group = root[scan.entry]
        said = [
            _mean(member(group, f"sample/{axis}_translation"), scan, projections)
            if given is None
            else given
            for axis, given in zip("xyz", scan.translation, strict=True)
        ]
        up, across, along = _axes(group)
    return said[up], said[across], said[along]


def _axes(group: Any) -> tuple[int, int, int]:
    """Files before NXtomo 2 that don't say so have ESRF's axes, as tomoscan has it."""
    system = group.attrs.get("NeXus_Coordinate_System", "")
    system = system.decode(errors="replace") if isinstance(system, bytes) else str(system)
    if system:
        return _ESRF if system.upper() == "ESRF" else _MCSTAS
    version = group.attrs.get("version", 2)
    try:
        return _ESRF if float(version) < 2 else _MCSTAS
    except (TypeError, ValueError):
        return _MCSTAS


def _mean(found: Any, scan: TomoScan, projections: Any) -> float:
    if not is_numeric(found):
        return 0.0
    metres = factor(found, LENGTHS) if unit_of(found) else 1e-3
    values = np.asarray(found[()], float).reshape(-1) * metres
    if len(values) == scan.frames:
        values = values[projections]
    mean = float(values.mean())
    return mean if np.isfinite(mean) else 0.0
