"""nabu's finders of the rotation axis, each given what it needs."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from ...errors import InputError
from ..frames.projections import Projections
from .opposite import opposite_numbers

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
#: degrees from which on a scan is a full turn
_FULL = 359.0
# nabu's finders bring matplotlib for plots that nobody asks for here: half of their start
os.environ.setdefault("NABU_DISABLE_MATPLOTLIB", "1")


def unavailable() -> dict[str, str]:
    """The finders that can't run here, each with the reason."""
    if find_spec("algotom") is None:
        return {"vo": "The package 'algotom' is not installed."}
    return {}


def column_of_axis(
    projections: Projections,
    finder: Finder,
    *,
    side: Side | float | None,
    first_angle: float | None,
    row: int | None,
    rows: tuple[int, int] | None,
) -> float:
    """The rotation axis as a column of the projections.

    Parameters
    ----------
    side:
        On which side of the middle to look, or at which column.
    first_angle:
        Of the pair of projections, degrees.
    row:
        Of the sinogram.
    rows:
        Of the projections that are compared: first, and the one after the last.

    Raises
    ------
    InputError
        When the finder can't be used for this scan, or finds nothing.
    """
    why = unavailable().get(finder)
    if why:
        raise InputError(f"The finder '{finder}' can't run here. {why}")
    find = _of_two if finder in _OF_TWO else _of_sinogram
    if finder == "composite-coarse-to-fine":
        find = _composite
    name = projections.scan.name
    with _quiet():
        try:
            found = find(projections, finder, side, first_angle, row, rows)
        except InputError:
            raise
        except Exception as error:  # nabu raises whatever its numpy does
            words = " ".join(str(error).split())
            raise InputError(
                f"{name}: the finder '{finder}' found no rotation axis ({words}); try another "
                "one, or give the side."
            ) from None
    if not (np.isfinite(found) and 0 <= found <= projections.shape[2] - 1):
        raise InputError(
            f"{name}: the finder '{finder}' puts the rotation axis at column {found:.4g}, outside "
            f"of the {projections.shape[2]} there are; try another one, or give the side."
        )
    return float(found)


def _of_two(
    projections: Projections,
    finder: Finder,
    side: Side | float | None,
    first_angle: float | None,
    row: int | None,
    rows: tuple[int, int] | None,
) -> float:
    from nabu.estimation import cor

    if finder == "octave-accurate" and projections.scan.half_acquisition:
        raise InputError(
            f"{projections.scan.name}: octave-accurate does not work for half acquisition."
        )
    classes: dict[str, Any] = {
        "sliding-window": cor.CenterOfRotationSlidingWindow,
        "centered": cor.CenterOfRotation,
        "growing-window": cor.CenterOfRotationGrowingWindow,
        "octave-accurate": cor.CenterOfRotationOctaveAccurate,
        "global": cor.CenterOfRotationAdaptiveSearch,
    }
    options: dict[str, Any] = {}
    if finder == "global":
        options.update(low_pass=1, high_pass=20)
    if finder == "growing-window":
        options["side"] = _window(side, projections.shape[2], otherwise="all")
    elif finder == "sliding-window":
        options["side"] = _window(side, projections.shape[2])
    elif finder == "centered" and isinstance(side, float):
        options["side"] = side
    part = slice(*rows) if rows is not None else slice(None)
    one, other = (
        np.ascontiguousarray(projections.radio(n)[part], np.float32)
        for n in opposite_numbers(projections, first_angle)
    )
    return float(
        classes[finder]().find_shift(
            one, np.fliplr(other), return_relative_to_middle=False, **options
        )
    )


def _window(side: Side | float | None, columns: int, otherwise: str = "center") -> str:
    """Which window nabu slides: given a column instead, its own misses most axes."""
    if not isinstance(side, float):
        return side or otherwise
    away = side - (columns - 1) / 2
    if abs(away) <= columns / 8:  # as far as the wide window in the middle reaches
        return "center"
    return "left" if away < 0 else "right"


def _of_sinogram(
    projections: Projections,
    finder: Finder,
    side: Side | float | None,
    first_angle: float | None,
    row: int | None,
    rows: tuple[int, int] | None,
) -> float:
    from nabu.estimation import cor, cor_sino

    count, all_rows, columns = projections.shape
    at = all_rows // 2 if row is None else row
    if not 0 <= at < all_rows:
        raise InputError(f"Row {at} is not among the {all_rows} of {projections.scan.name}.")
    turned = np.degrees(np.ptp(projections.angles)) * count / max(count - 1, 1)
    is_full = bool(turned >= _FULL)
    if finder != "vo" and not is_full:
        raise InputError(
            f"{projections.scan.name}: '{finder}' needs a scan of 360°, this one spans "
            f"{turned:.4g}°."
        )
    sinogram = projections.sinograms(at, at + 1)[0]
    half = projections.scan.half_acquisition
    one_sided = half or finder == "sino-coarse-to-fine"  # which knows no middle
    near: Any = side or ("right" if one_sided else "center")
    if finder in ("sino-coarse-to-fine", "sino-sliding-window", "sino-growing-window"):
        near = _window(side, columns, otherwise="all" if finder == "sino-growing-window" else near)
        if finder == "sino-coarse-to-fine" and near == "center":
            near = "left" if isinstance(side, float) and side < (columns - 1) / 2 else "right"
    if finder == "vo":
        if isinstance(near, float):
            near -= (columns - 1) / 2
        return float(
            cor_sino.CenterOfRotationVo().find_shift(
                sinogram,
                halftomo=half,
                is_360=is_full,
                side=near,
                return_relative_to_middle=False,
            )
        )
    if finder == "fourier-angles":
        return float(
            cor_sino.CenterOfRotationFourierAngles().find_shift(
                sinogram,
                angles=projections.angles,
                side=near,
                return_relative_to_middle=False,
            )
        )
    one, other = sinogram[: count // 2], sinogram[count // 2 : 2 * (count // 2), ::-1]
    made: dict[str, Callable[[], Any]] = {
        "sino-coarse-to-fine": cor_sino.SinoCorInterface,
        "sino-sliding-window": cor.CenterOfRotationSlidingWindow,
        "sino-growing-window": cor.CenterOfRotationGrowingWindow,
    }
    return float(
        made[finder]().find_shift(
            one, np.ascontiguousarray(other), side=near, return_relative_to_middle=False
        )
    )


def _composite(
    projections: Projections,
    finder: Finder,
    side: Side | float | None,
    first_angle: float | None,
    row: int | None,
    rows: tuple[int, int] | None,
) -> float:
    """Looks at rows all over the raw projections, which nabu reads itself."""
    from nabu.pipeline.estimators import CompositeCORFinder
    from nabu.resources.dataset_analyzer import analyze_dataset
    from nabu.resources.nxflatfield import update_dataset_info_flats_darks

    scan = projections.scan
    dataset = analyze_dataset(str(scan.file), extra_options={"hdf5_entry": scan.entry})
    folder = None if scan.darks is None else str(scan.darks.file.parent)
    update_dataset_info_flats_darks(dataset, True, darks_flats_dir=folder)
    options: dict[str, Any] = {"side": side or ("right" if scan.half_acquisition else "center")}
    if isinstance(side, float):
        near = projections.from_column(side) - (scan.shape[2] - 1) / 2
        options = {"side": "near", "near_pos": near, "near_width": 10}
    found = CompositeCORFinder(dataset, cor_options=options).find_cor()
    return projections.to_column(float(found))


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
