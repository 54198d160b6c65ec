"""Saying which pixels are not to be used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..image.opening import mean_image
from ..types import Detector, DiffractionImage, Mask, check_shape

_FILTER = "Masks (*.edf *.tif *.tiff *.npy *.h5 *.msk *.cbf);;All files (*)"


@task(title="Mask", output="mask", requires="powder")
def mask_pixels(
    image: DiffractionImage,
    *,
    below: Annotated[
        float | None, Param(unit="counts", auto="no limit", group="Pixel values")
    ] = None,
    above: Annotated[
        float | None, Param(unit="counts", auto="no limit", group="Pixel values")
    ] = None,
    file: Annotated[
        Path | None, Param(label="Mask file", path="open", filter=_FILTER, auto="none")
    ] = None,
    invalid: Annotated[bool, Param(label="Marked invalid in the image")] = True,
    detector_gaps: Annotated[bool, Param(label="Gaps of the detector")] = True,
    grow: Annotated[int, Param(unit="px", ge=0, le=100, more=True)] = 0,
    polygons: Annotated[list[list[tuple[float, float]]], Param(group="Drawn", more=True)] = [],  # noqa: B006
    runs: Annotated[
        list[tuple[int, int, int]], Param(label="Drawn pixels", group="Drawn", more=True)
    ] = [],  # noqa: B006
) -> Mask:
    """Collect the pixels of an image that are not to be used, for any of several reasons.

    Parameters
    ----------
    image:
        Image whose pixels are judged.
    below:
        Mask pixels with fewer counts than this.
    above:
        Mask pixels with more counts than this.
    file:
        Image file in which every pixel other than 0 is masked.
    invalid:
        Mask what the image itself marks: NaN, dead pixels, gaps.
    detector_gaps:
        Mask the gaps between the modules of the detector, where its type is known.
    grow:
        Mask also the pixels that are this near to a masked one.
    polygons:
        Areas drawn by hand, each a list of corners, x and y in pixels.
    runs:
        Pixels drawn by hand: row, first column, and the column after the last.

    Raises
    ------
    InputError
        When the file is no mask of the image's shape, a polygon has fewer than three
        corners, a run lies outside the image, or no pixel is left.
    """
    shape = image.shape
    parts: dict[str, NDArray[np.bool_]] = {}
    if invalid:
        parts["invalid"] = image.mask
    if detector_gaps and image.detector is not None:
        gaps = image.detector.pyfai().mask
        if gaps is not None:
            check_shape("detector's own mask", gaps.shape, shape, "image")
            parts["detector gaps"] = np.asarray(gaps, dtype=bool)
    if below is not None:
        parts["below"] = image.data < below
    if above is not None:
        parts["above"] = image.data > above
    if file is not None:
        parts["file"] = read_mask(file, shape)
    if polygons:
        parts["polygons"] = _inside(polygons, shape)
    if runs:
        parts["drawn"] = _drawn(runs, shape)
    pixels = np.zeros(shape, dtype=bool)
    for part in parts.values():
        pixels |= part
    if grow and pixels.any():
        from scipy.ndimage import distance_transform_edt

        parts["grown"] = (distance_transform_edt(~pixels) <= grow) & ~pixels
        pixels |= parts["grown"]
    if pixels.all():
        raise InputError(f"The mask leaves no pixel: {', '.join(parts)} take them all.")
    return Mask(pixels, {name: int(np.count_nonzero(part)) for name, part in parts.items()})


def usable_mask(image: DiffractionImage, detector: Detector) -> NDArray[np.bool_]:
    """The pixels that the image or its detector mark as holding no measurement."""
    gaps = detector.pyfai().mask
    return image.mask if gaps is None else image.mask | np.asarray(gaps, dtype=bool)


def read_mask(file: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels other than 0 in an image file of that shape."""
    values = mean_image(file)
    check_shape(f"mask {file.name}", values.shape, shape, "image")
    return np.asarray(values != 0)


def runs_of(pixels: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """The masked pixels as runs along rows, as the setting `runs` of `mask_pixels` has them.

    >>> runs_of(np.array([[False, True, True], [True, False, True]]))
    [(0, 1, 3), (1, 0, 1), (1, 2, 3)]
    """
    edges = np.diff(np.pad(pixels.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    return [(int(r), int(a), int(b)) for r, a, b in zip(rows, starts, stops, strict=True)]


def _drawn(runs: list[tuple[int, int, int]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    pixels = np.zeros(shape, dtype=bool)
    for row, start, stop in runs:
        if not (0 <= row < shape[0] and 0 <= start < stop <= shape[1]):
            raise InputError(
                f"The drawn pixels {start} to {stop} of row {row} are not in the image of "
                f"{shape[0]} × {shape[1]} pixels."
            )
        pixels[row, start:stop] = True
    return pixels


def _inside(polygons: list[list[tuple[float, float]]], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels whose centre lies in one of the polygons."""
    pixels = np.zeros(shape, dtype=bool)
    for number, corners in enumerate(polygons, 1):
        if len(corners) < 3:
            raise InputError(f"Polygon {number} has {len(corners)} corners: it takes three.")
        points = np.asarray(corners, dtype=float)
        if not np.isfinite(points).all():
            raise InputError(f"Polygon {number} has a corner that is no number.")
        _fill(pixels, points)
    return pixels


def _fill(pixels: NDArray[np.bool_], corners: NDArray[Any]) -> None:
    """Mask what an odd number of the polygon's sides lies to the right of, row by row."""
    rows, columns = pixels.shape
    first = max(int(np.floor(corners[:, 1].min())), 0)
    last = min(int(np.ceil(corners[:, 1].max())), rows)
    following = np.roll(corners, -1, axis=0)
    for row in range(first, last):
        y = row + 0.5
        crosses = (corners[:, 1] <= y) != (following[:, 1] <= y)
        (x0, y0), (x1, y1) = corners[crosses].T, following[crosses].T
        sides = np.sort(x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        for start, stop in zip(sides[::2], sides[1::2], strict=True):
            # a pixel is in when its centre is: from start <= column + 0.5 to column + 0.5 < stop
            begin, end = (int(np.clip(np.ceil(s - 0.5), 0, columns)) for s in (start, stop))
            pixels[row, begin:end] = True
