"""Which motor moves the detector, and where it was."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.bliss import Scan
from ...task.validation import did_you_mean

_SAME = 1e-9  #: positions nearer than this part of the largest are one
_NAMES = 8  #: that a sentence lists


def positions_of(scan: Scan, motor: str | None) -> tuple[str, NDArray[np.float64]]:
    """A motor's name and where it was at each frame.

    Parameters
    ----------
    motor:
        Its name; None for the only one that moves. One that stood still was at one place.

    Raises
    ------
    InputError
        When the scan doesn't tell of it, or several move; the sentence says which.
    """
    where = f"{scan.file}: scan {scan.entry}"
    motors = [name for name in scan.counters if name in scan.positioners]
    if motor is None:
        motor = moving_motor({name: scan.counters[name] for name in motors}, where)
    if motor in scan.counters:
        return motor, scan.counters[motor]
    if motor in scan.positioners:
        return motor, np.full(scan.frames, scan.positioners[motor])
    known = list(dict.fromkeys([*motors, *scan.positioners, *scan.counters]))
    raise InputError(
        f"{where} has no positions of a motor '{motor}'.{did_you_mean(motor, known)} "
        f"It has {_listed(known)}."
    )


def moving_motor(values: Mapping[str, NDArray[np.float64]], where: str) -> str:
    """The only motor that moves, of all their positions.

    Parameters
    ----------
    where:
        Says in a sentence where the positions are from.

    Raises
    ------
    InputError
        When none moves, or several do.
    """
    moving = [name for name, places in values.items() if _moves(places[np.isfinite(places)])]
    if len(moving) == 1:
        return moving[0]
    if moving:
        raise InputError(
            f"{where}: {len(moving)} motors move. Say in 'motor' which of {_listed(moving)} "
            "moves the detector."
        )
    raise InputError(f"{where}: no motor is named that moves. Give 'motor', or the positions.")


def _moves(places: NDArray[np.float64]) -> bool:
    return len(places) > 1 and bool(np.ptp(places) > _SAME * max(np.abs(places).max(), 1))


def _listed(names: list[str]) -> str:
    return (", ".join(names[:_NAMES]) or "none") + (" …" if len(names) > _NAMES else "")
