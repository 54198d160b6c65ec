"""nabu's finders of the rotation axis, each given what it needs."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ..frames.projections import Projections
from .lookers import Composite, Looker, OfSinogram, OfTwo, match
from .opposite import OppositePair, opposite_pair

Finder = Literal[
    "sliding-window",
    "centered",
    "growing-window",
    "octave-accurate",
    "global",
    "vo",
    "sino-coarse-to-fine",
    "sino-sliding-window",
    "sino-growing-window",
    "fourier-angles",
    "composite-coarse-to-fine",
]
Side = Literal["left", "center", "right"]

WORDS: dict[Finder, str] = {
    "sliding-window": "sliding window (2 projections)",
    "centered": "registration (2 projections)",
    "growing-window": "growing window (2 projections)",
    "octave-accurate": "octave, accurate (2 projections)",
    "global": "adaptive search (2 projections)",
    "vo": "Vo (sinogram)",
    "sino-coarse-to-fine": "coarse to fine (360° sinogram)",
    "sino-sliding-window": "sliding window (360° sinogram)",
    "sino-growing-window": "growing window (360° sinogram)",
    "fourier-angles": "Fourier angles (360° sinogram)",
    "composite-coarse-to-fine": "composite (many rows, over 220°)",
}
_OF_TWO = ("sliding-window", "centered", "growing-window", "octave-accurate", "global")
#: they look everywhere, whatever is known of the axis
_EVERYWHERE = ("centered", "octave-accurate", "global")
#: from which likeness of the opposite projections on no other side is looked at
_SURE = 0.9


class Known(NamedTuple):
    """What is known before: where to look, and in which projections."""

    side: Side | float | None  #: of the middle, or the column about which; None: not known
    first_angle: float | None  #: of the pair of projections, degrees
    row: int | None  #: of the sinogram
    rows: tuple[int, int] | None  #: of the projections that are compared: first, after the last


def unavailable() -> dict[str, str]:
    """The finders that can't run here, each with the reason."""
    if find_spec("algotom") is None:
        return {"vo": "The package 'algotom' is not installed."}
    return {}


def column_of_axis(projections: Projections, finder: Finder, known: Known) -> float:
    """The rotation axis as a column of the projections.

    Where it is not known on which side of the middle it is, the sides are tried one after
    the other, until opposite projections match; or that is taken with which they match best.

    Raises
    ------
    InputError
        When the finder can't be used for this scan, or finds nothing.
    """
    why = unavailable().get(finder)
    if why:
        raise InputError(f"The finder '{finder}' can't run here. {why}")
    find: type[Looker] = OfTwo if finder in _OF_TWO else OfSinogram
    if finder == "composite-coarse-to-fine":
        find = Composite
    with _quiet():
        looker = find(projections, finder, known)
        sides = _sides(projections, finder, known.side)
        if len(sides) == 1:
            return _checked(looker, sides[0])
        return _most_alike(looker, sides, _pair(projections, known.first_angle))


def _sides(
    projections: Projections, finder: Finder, side: Side | float | None
) -> Sequence[Side | float]:
    """Where to look, one after the other."""
    if side is not None:
        return [side]
    is_half = projections.scan.half_acquisition
    if finder in _EVERYWHERE or (finder == "vo" and not is_half):
        return ["center"]
    if is_half or finder == "sino-coarse-to-fine":
        return ["right", "left"]
    return ["center", "right", "left"]


def _pair(projections: Projections, first_angle: float | None) -> OppositePair | None:
    try:
        return opposite_pair(projections, 0.0, first_angle)
    except InputError:
        return None


def _most_alike(looker: Looker, sides: Sequence[Side | float], pair: OppositePair | None) -> float:
    best: tuple[float, float] | None = None
    problem: InputError | None = None
    for side in sides:
        try:
            column = _checked(looker, side)
        except InputError as error:
            problem = problem or error
            continue
        likeness = 1.0 if pair is None else match(pair, column)
        if best is None or likeness > best[0]:
            best = likeness, column
        if likeness > _SURE:
            break
    if best is None:
        assert problem is not None  # noqa: S101 - there is a side
        raise problem
    return best[1]


def _checked(looker: Looker, side: Side | float) -> float:
    """The column that a finder finds, where it is one."""
    try:
        found = looker.look(side)
    except InputError:
        raise
    except Exception as error:  # nabu raises whatever its numpy does
        words = " ".join(str(error).split())
        raise InputError(
            f"{looker.name}: the finder '{looker.finder}' found no rotation axis ({words}); try "
            "another one, or give the side."
        ) from None
    if not (np.isfinite(found) and 0 <= found <= looker.columns - 1):
        raise InputError(
            f"{looker.name}: the finder '{looker.finder}' puts the rotation axis at column "
            f"{found:.4g}, outside of the {looker.columns} there are; try another one, or give "
            "the side."
        )
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """nabu logs what it tries as it goes; a person gets what came out of it."""
    logger = logging.getLogger("nabu")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        logger.setLevel(before)
