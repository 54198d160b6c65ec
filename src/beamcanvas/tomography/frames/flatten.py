"""Flat field: raw counts to transmissions I/I0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import reading
from ..scan.nxtomo import FrameTable
from ..scan.types import Reduced, TomoScan

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_STRIP = 1 << 16  #: pixels that are worked on at a time, so that they stay in the cache


def read_reduced(reduced: Reduced, rows: slice = slice(None)) -> NDArray[np.float32]:
    """The images of reduced darks or flats, (images, rows, columns).

    Raises
    ------
    InputError
        When the file is gone or has other images than when it was written.
    """
    with reading(reduced.file) as root:
        try:
            return np.stack([root[path][rows] for path in reduced.paths]).astype(np.float32)
        except (KeyError, OSError):
            raise InputError(
                f"{reduced.file}: the reduced {reduced.kind} are no longer all there; "
                "reduce them again."
            ) from None


def oriented(frames: NDArray[Any], flips: tuple[bool, bool]) -> NDArray[Any]:
    """Frames (frames, rows, columns) with the detector's flips undone, as a view."""
    left_right, upside_down = flips
    return frames[:, :: -1 if upside_down else 1, :: -1 if left_right else 1]


def rows_in_file(scan: TomoScan, rows: range) -> slice:
    """Where rows of oriented frames are in the frames of the file."""
    if scan.flips[1]:
        return slice(scan.shape[1] - rows.stop, scan.shape[1] - rows.start)
    return slice(rows.start, rows.stop)


def reduced_of(scan: TomoScan) -> tuple[Reduced, Reduced]:
    """The scan's reduced darks and flats.

    Raises
    ------
    InputError
        When they aren't known.
    """
    if scan.darks is not None and scan.flats is not None:
        return scan.darks, scan.flats
    kinds = {"darks": scan.raw_darks, "flats": scan.raw_flats}
    lacking = [kind for kind in kinds if getattr(scan, kind) is None]
    words = " and ".join(lacking)
    if any(kinds[kind] for kind in lacking):
        raise InputError(
            f"{scan.name}: its {words} are not known; reduce them, or copy those of another "
            "scan, before its projections are used."
        )
    raise InputError(
        f"{scan.name}: the scan has no {words}; copy those of another scan before its projections "
        "are used."
    )


class FlatField:
    """Turns raw frames of some rows of a scan into transmissions.

    T = (I - D) / (F - D) · (current of F) / (current of I), where F is interpolated
    linearly between the flats before and after a projection, in its number, which goes with
    the angle and with time, as nabu does; or is the nearer of the two, where the scan says so;
    or the mean of all, where they are another scan's.

    A pixel whose flat is no brighter than its dark, or that is no number, measured nothing:
    it gets the value between its neighbours along the row.

    Parameters
    ----------
    rows:
        The rows of the oriented frames that it will get.
    """

    def __init__(self, scan: TomoScan, table: FrameTable, rows: range) -> None:
        of_darks, of_flats = reduced_of(scan)
        darks = self._read(scan, of_darks, rows)
        flats = self._read(scan, of_flats, rows)
        if of_flats.copied_from:  # their numbers are those of another scan
            flats = flats.mean(axis=0, keepdims=True)
        self.dark: NDArray[np.float32] = darks.mean(axis=0)
        self._gains = flats - self.dark
        with np.errstate(invalid="ignore"):
            dead = ~(self._gains > 0).all(axis=0)
        self._gains[:, dead] = 1
        self._dead = _Gaps(dead) if dead.any() else None
        self._at = np.array(of_flats.frames[: len(flats)], dtype=float)
        self._is_nearest = scan.flat_interpolation == "nearest"
        self._factor = _current_factors(scan, table, of_flats)
        self._file = scan.file
        #: frames some of whose values were no numbers
        self.mended: set[int] = set()

    @staticmethod
    def _read(scan: TomoScan, reduced: Reduced, rows: range) -> NDArray[np.float32]:
        images = read_reduced(reduced, rows_in_file(scan, rows))
        expected = len(rows), scan.shape[2]
        if images.shape[1:] != expected:
            raise InputError(
                f"{reduced.file.name}: the reduced {reduced.kind} have "
                f"{images.shape[1]} × {images.shape[2]} pixels but the frames of {scan.name} "
                f"{expected[0]} × {expected[1]}."
            )
        return np.ascontiguousarray(oriented(images, scan.flips))

    def apply(self, raw: NDArray[Any], numbers: NDArray[Any], out: NDArray[np.float32]) -> None:
        """Transmissions of oriented raw frames `numbers` (of the scan), into `out`."""
        rows = max(1, _STRIP // raw.shape[2])
        is_float = raw.dtype.kind == "f"
        for frame, number, made in zip(raw, numbers, out, strict=True):
            before, after, weight = self._between(float(number))
            factor = np.float32(self._factor[number])
            for top in range(0, frame.shape[0], rows):
                part = slice(top, top + rows)
                into = made[part]
                np.subtract(frame[part], self.dark[part], out=into, dtype=np.float32)
                gain = self._gains[before, part]
                if weight:
                    gain = gain * np.float32(1 - weight) + self._gains[after, part] * np.float32(
                        weight
                    )
                np.divide(into, gain, out=into)
                if factor != 1:
                    into *= factor
            if self._dead is not None:
                self._dead.fill(made)
            if is_float and not np.isfinite(made).all():
                self._mend(made, int(number))

    def _mend(self, made: NDArray[np.float32], number: int) -> None:
        gaps = ~np.isfinite(made)
        if gaps.all():
            raise InputError(
                f"{self._file}: frame {number} holds no number; declare it invalid with Edit "
                "image keys, or leave its projection out."
            )
        _Gaps(gaps).fill(made)
        self.mended.add(number)

    def _between(self, number: float) -> tuple[int, int, float]:
        """The flats before and after a frame, and how far it is from the one to the other."""
        after = int(np.searchsorted(self._at, number))
        if after == 0 or after == len(self._at):
            nearest = min(after, len(self._at) - 1)
            return nearest, nearest, 0.0
        low, high = self._at[after - 1], self._at[after]
        weight = float((number - low) / (high - low))
        if self._is_nearest:
            nearest = after - 1 if weight < 0.5 else after
            return nearest, nearest, 0.0
        return after - 1, after, weight


class _Gaps:
    """Pixels without a measurement, and the neighbours in their rows that stand in for them."""

    def __init__(self, gaps: NDArray[np.bool_]) -> None:
        self.rows, self.columns = np.nonzero(gaps)
        width = gaps.shape[1]
        index = np.arange(width)
        left = np.maximum.accumulate(np.where(gaps, -1, index), axis=1)
        right = np.minimum.accumulate(np.where(gaps, width, index)[:, ::-1], axis=1)[:, ::-1]
        left, right = left[gaps], right[gaps]
        #: rows without any pixel that measures: nothing absorbs there
        self._empty = (left < 0) & (right >= width)
        left, right = np.where(left < 0, right, left), np.where(right >= width, left, right)
        self._left = np.where(self._empty, 0, left)
        self._right = np.where(self._empty, 0, right)
        distance = np.maximum(self._right - self._left, 1)
        self._weight = ((self.columns - self._left) / distance).astype(np.float32)

    def fill(self, image: NDArray[np.float32]) -> None:
        """Give them values in between, in an image (rows, columns)."""
        left = image[self.rows, self._left]
        right = image[self.rows, self._right]
        values = left + (right - left) * self._weight
        image[self.rows, self.columns] = np.where(self._empty, np.float32(1), values)


def _current_factors(scan: TomoScan, table: FrameTable, flats: Reduced) -> NDArray[np.float64]:
    """By what each frame is multiplied for the beam's decay since the flats."""
    currents = table.currents
    if not scan.use_current or currents is None or len(flats.currents) != len(flats.frames):
        return np.ones(len(table.keys))
    if flats.copied_from:
        return np.asarray(np.mean(flats.currents) / currents)
    with_flats: ArrayLike = np.interp(np.arange(len(currents)), flats.frames, flats.currents)
    return np.asarray(with_flats) / currents


def count_dead(dark: NDArray[Any], flats: NDArray[Any]) -> int:
    """Pixels whose flats are no brighter than the dark, or that are no numbers."""
    with np.errstate(invalid="ignore"):
        return int(np.count_nonzero(~((flats - dark) > 0).all(axis=0)))
