"""Several images of the same scene as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..types import DiffractionImage, check_shape
from .opening import IMAGES, all_frames, invalid_pixels, open_image, origin_of

_MOST = 4 * 2**30  #: bytes of a stack to take the median of


@task(title="Combine images", output="image", requires="powder")
def combine_images(
    files: Annotated[list[Path], Param(path="open", filter=IMAGES)],
    *,
    how: Literal["mean", "sum", "median"] = "mean",
    data_path: Annotated[
        str | None, Param(label="Path in the files", auto="the only image in each", more=True)
    ] = None,
    first: Annotated[int, Param(label="First frame", ge=0, group="Frames")] = 0,
    last: Annotated[
        int | None, Param(label="Last frame", ge=0, auto="the last one", group="Frames")
    ] = None,
    every: Annotated[int, Param(label="Every so many", ge=1, group="Frames")] = 1,
    progress: Progress = SILENT,
) -> DiffractionImage:
    """Take the mean, the sum or the median of all frames of several image files.

    A pixel that holds no measurement in some frames gets the mean or the median of the
    others, and no sum.

    Parameters
    ----------
    files:
        Image files, each of one frame or of many. A path inside may follow after ``::``.
    how:
        The median leaves out cosmic rays and zingers.
    data_path:
        Where the images are in HDF5 files.
    first:
        Number of the first frame, counted over all files from 0.
    last:
        Number of the last frame.
    every:
        Use one frame in so many.

    Raises
    ------
    InputError
        When a file can't be read, a shape differs, or no frame or no pixel is left.
    """
    if not files:
        raise InputError("There are no files to combine: give 'files'.")
    inside = f"::{data_path}" if data_path else ""
    paths = [Path(f"{path}{inside}") for path in files]
    whole = open_image(paths[0])
    total = np.zeros(whole.shape)
    measured = np.zeros(whole.shape, dtype=np.int64)
    kept: list[NDArray[np.float32]] = []
    count = 0
    for number, frame in enumerate(_frames(paths, progress)):
        if number < first or (number - first) % every or (last is not None and number > last):
            continue
        check_shape(f"frame {number}", frame.shape, whole.shape, "first image")
        bad = invalid_pixels(frame)
        count += 1
        measured += ~bad
        if how == "median":
            kept.append(np.where(bad, np.nan, frame).astype(np.float32))
            if frame.size * 4 * len(kept) > _MOST:
                raise InputError(f"The median of more than {len(kept) - 1} frames is too much.")
        else:
            total += np.where(bad, 0, frame)
    if not count:
        raise InputError(f"No frame is left: 'first' is {first}, there are {number + 1} frames.")
    mask = measured < (count if how == "sum" else 1)
    if mask.all():
        raise InputError("No pixel holds a measurement in the frames.")
    if how == "median":
        data = np.zeros(whole.shape)
        data[~mask] = np.nanmedian(np.stack([k[~mask] for k in kept]), axis=0)
    else:
        data = total if how == "sum" else total / np.maximum(measured, 1)
    data[mask] = np.nan
    progress(1.0, f"{how} of {count} frames")
    names = f"{how} of {count} frames of {paths[0]}"
    origins = tuple(origin_of(str(path)) for path in paths)
    return replace(whole, data=data.astype(np.float32), mask=mask, source=names, origins=origins)


def _frames(paths: list[Path], progress: Progress) -> Iterator[NDArray[np.generic]]:
    for path in progress.each(paths, "Reading"):
        yield from all_frames(path)
