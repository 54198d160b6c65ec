"""One finder of nabu's each, ready to look on any side of the middle."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..frames.projections import Projections
from .opposite import OppositePair, opposite_pair
from .turn import Turn, turn_of

if TYPE_CHECKING:
    from .finders import Finder, Known, Side

# nabu's finders bring matplotlib for plots that nobody asks for here: half of their start
os.environ.setdefault("NABU_DISABLE_MATPLOTLIB", "1")

#: share of the columns to either side of the middle that a sliding window reaches from there
_SLIDES = 1 / 16
#: and that other finders do
_REACHES = 1 / 4
#: share of the columns in windows that slide to find an axis that isn't near the middle
_WINDOWS = (0.4, 0.2, 0.1)
#: rows that are enough to tell which of the windows fits
_ROWS = 128
#: pixels above which the composite finder sees no structure
_COARSE = 10
#: pixels to either side of where the axis is about known to be
_ABOUT = 10.0


class Looker(ABC):
    """One finder, ready to look on any side."""

    def __init__(self, projections: Projections, finder: Finder, known: Known) -> None:
        self.projections = projections
        self.finder = finder
        self.known = known
        self.columns = projections.shape[2]
        self.name = projections.scan.name
        self.is_half = projections.scan.half_acquisition

    @abstractmethod
    def look(self, side: Side | float) -> float:
        """The column of the axis."""

    def away(self, column: float) -> float:
        """Of a column: from the middle."""
        return column - (self.columns - 1) / 2

    def word(self, side: Side | float, middle: float) -> Side:
        """A side as a word, with such a share of the columns on either side in the middle."""
        if isinstance(side, str):
            return side
        away = self.away(side)
        if abs(away) < middle * self.columns:
            return "center"
        return "left" if away < 0 else "right"

    def left_or_right(self, side: Side | float) -> Side:
        """A side that isn't the middle."""
        if isinstance(side, str):
            return "right" if side == "center" else side
        return "left" if self.away(side) < 0 else "right"


class OfTwo(Looker):
    """From two projections half a turn apart."""

    def __init__(self, projections: Projections, finder: Finder, known: Known) -> None:
        super().__init__(projections, finder, known)
        if finder == "octave-accurate" and self.is_half:
            raise InputError(f"{self.name}: octave-accurate does not work for half acquisition.")
        pair = opposite_pair(projections, 0.0, known.first_angle)
        rows = slice(*known.rows) if known.rows is not None else slice(None)
        self._images = pair.first[rows], pair.mirrored[rows]

    def look(self, side: Side | float) -> float:
        from nabu.estimation import cor

        classes: dict[str, Any] = {
            "centered": cor.CenterOfRotation,
            "growing-window": cor.CenterOfRotationGrowingWindow,
            "octave-accurate": cor.CenterOfRotationOctaveAccurate,
            "global": cor.CenterOfRotationAdaptiveSearch,
        }
        if self.finder == "sliding-window":
            return _slide(*self._images, self.word(side, _SLIDES))
        options: dict[str, Any] = {}
        if self.finder == "global":
            options.update(low_pass=1, high_pass=20)
        if self.finder == "growing-window":
            options["side"] = self.word(side, _REACHES)
        found = classes[self.finder]().find_shift(
            *self._images, return_relative_to_middle=False, **options
        )
        return float(found)


class OfSinogram(Looker):
    """From one row of all projections."""

    def __init__(self, projections: Projections, finder: Finder, known: Known) -> None:
        super().__init__(projections, finder, known)
        all_rows = projections.shape[1]
        at = all_rows // 2 if known.row is None else known.row
        if not 0 <= at < all_rows:
            raise InputError(f"Row {at} is not among the {all_rows} of {self.name}.")
        self._turn: Turn = turn_of(projections.angles)
        if finder != "vo" and not self._turn.is_full:
            raise InputError(
                f"{self.name}: '{finder}' needs a scan of 360°, this one spans "
                f"{self._turn.span:.4g}°."
            )
        self._sinogram = projections.sinograms(at, at + 1)[0]

    def look(self, side: Side | float) -> float:
        if self.finder == "vo":
            return self._vo(side)
        if self.finder == "fourier-angles":
            return self._fourier(side)
        from nabu.estimation import cor, cor_sino

        first, second = self._turn.opposite()
        images = self._sinogram[first], np.ascontiguousarray(self._sinogram[second, ::-1])
        if self.finder == "sino-sliding-window":
            return _slide(*images, self.word(side, _SLIDES))
        if self.finder == "sino-coarse-to-fine":  # which knows no middle
            finder, where = cor_sino.SinoCorInterface(), self.left_or_right(side)
        else:
            finder, where = cor.CenterOfRotationGrowingWindow(), self.word(side, _REACHES)
        return float(finder.find_shift(*images, side=where, return_relative_to_middle=False))

    def _vo(self, side: Side | float) -> float:
        from nabu.estimation import cor_sino

        find = partial(cor_sino.CenterOfRotationVo().find_shift, return_relative_to_middle=False)
        if self.is_half and self._turn.is_full:
            first, second = self._turn.opposite()
            # it takes the row in the middle twice, at the end of one half and for the other
            rows = np.concatenate([first, second, first[:1]])
            pair = _as_pair(self._sinogram[first], self._sinogram[second, ::-1])
            found = [
                find(
                    self._sinogram[rows],
                    halftomo=True,
                    side=self.left_or_right(side),
                    win_width=max(int(share * self.columns), 3),
                )
                for share in _WINDOWS
            ]
            return max((float(column) for column in found), key=partial(match, pair))
        sinogram = self._sinogram[self._turn.half()]
        if not isinstance(side, str):
            return float(find(sinogram, side=self.away(side)))
        quarter = self.columns / 4
        where = {"left": -quarter, "center": 0.0, "right": quarter}[side]
        return float(find(sinogram, side=where, search_width_fraction=_REACHES))

    def _fourier(self, side: Side | float) -> float:
        from nabu.estimation import cor_sino

        order, angles = self._turn.sorted()
        found = cor_sino.CenterOfRotationFourierAngles().find_shift(
            self._sinogram[order], angles=angles, side=side, return_relative_to_middle=False
        )
        return float(found)


class Composite(Looker):
    """From rows all over many projections, which nabu asks for one by one."""

    def __init__(self, projections: Projections, finder: Finder, known: Known) -> None:
        super().__init__(projections, finder, known)
        self._turn: Turn = turn_of(projections.angles)

    def look(self, side: Side | float) -> float:
        from nabu.pipeline.estimators import CompositeCORFinder

        # so far aside that what overlaps is thrice as wide as the finest structures it sees
        furthest = max((self.columns - 1 - 3 * _COARSE) / 2, 1.0)
        where = {"left": -furthest / 2, "center": 0.0, "right": furthest / 2}
        if isinstance(side, str):
            options = {"side": where[side], "near_width": furthest / 2}
        else:
            options = {"side": self.away(side), "near_width": _ABOUT}
        finder = CompositeCORFinder(
            _Frames(self.projections, self._turn),
            do_flatfield=False,
            take_log=not self.projections.gives_phase,
            cor_options={**options, "high_pass": _COARSE},
        )
        return float(finder.find_cor())


class _Frames:
    """Projections in the order of their angles, as nabu asks a dataset for them."""

    def __init__(self, projections: Projections, turn: Turn) -> None:
        self._projections = projections
        self._order, self.rotation_angles = turn.sorted()
        self.n_angles = len(self._order)
        self.projections = dict.fromkeys(range(self.n_angles))
        self.radio_dims = projections.shape[2], projections.shape[1]
        self.is_halftomo = projections.scan.half_acquisition

    def get_frame(self, number: int) -> NDArray[np.float32]:
        return self._projections.radio(int(self._order[number]))


def _slide(one: NDArray[np.float32], mirrored: NDArray[np.float32], side: Side) -> float:
    """By a window in one image that slides over the other, as wide as makes them most alike."""
    from nabu.estimation.cor import CenterOfRotationSlidingWindow

    def find(width: int | None, step: int = 1) -> float:
        found = CenterOfRotationSlidingWindow().find_shift(
            one[::step],
            mirrored[::step],
            side=side,
            window_width=width,
            return_relative_to_middle=False,
        )
        return float(found)

    if side == "center":
        return find(None)
    pair = _as_pair(one, mirrored)
    widths = [max(round(share * one.shape[1]), 3) for share in _WINDOWS]
    # some of the rows tell which width it is
    step = -(-len(one) // _ROWS)
    return find(max(widths, key=lambda width: match(pair, find(width, step))))


def _as_pair(one: NDArray[np.float32], mirrored: NDArray[np.float32]) -> OppositePair:
    return OppositePair(one, mirrored, (0.0, 180.0), 0.0, 0.0, 1.0)


def match(pair: OppositePair, column: float) -> float:
    """How alike two images are with the axis there; few columns are alike by chance."""
    columns: int = pair.first.shape[1]
    overlap = columns - abs(2 * column - (columns - 1))
    return pair.likeness(column) * min(1.0, max(overlap, 0.0) / (_WINDOWS[-1] * columns))
