"""Taking away what every frame has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, Progress, task
from ..stack import DarkfieldStack, Dimension, Operation
from ..stack.operation import Place, Shape
from ..stack.source import Source, array_source
from ..stack.treated import Treated

Method = Literal["median", "mean"]


@dataclass(frozen=True, eq=False)
class SubtractBackground(Operation):
    """Subtract an image from each frame; what would be negative becomes zero."""

    method: Method
    dark: Source | None  #: frames without beam, treated as the data were up to here
    constant: float | None  #: a number for all pixels
    cut_off: bool  #: cut fractions off, rather than round, for frames of whole counts

    keeps_type: ClassVar[bool] = True
    makes: ClassVar[int] = 0

    @property
    def words(self) -> str:
        if self.constant is not None:
            return f"less {self.constant:g} counts"
        return f"less the {self.method} of the {'dark frames' if self.dark else 'frames'}"

    def learn(self, before: Treated, progress: Progress) -> _Background:
        return _Background(self._image(before, progress), self.cut_off)

    def _image(self, before: Treated, progress: Progress) -> NDArray[np.float64]:
        _, rows, columns = before.shape
        if self.constant is not None:
            return np.full((rows, columns), self.constant)
        if self.dark is not None:
            before = Treated(_dark_stack(before.stack, self.dark))
        image = np.empty((rows, columns))
        if self.method == "median":
            from ..kernels.median import median_over_frames

        def work(top: int, bottom: int, block: NDArray[Any]) -> None:
            flat = block.reshape(len(block), -1)
            if self.method == "median":
                found = median_over_frames(flat)
            else:
                found = flat.mean(axis=0, dtype=np.float64)
            image[top:bottom] = found.reshape(-1, columns)

        # the median of floats sorts their bits
        makes = 4 if self.method == "median" and before.dtype.kind == "f" else 0
        before.each_band(work, progress, "Finding the background", kept=image.nbytes, makes=makes)
        return image

    def apply(self, block: NDArray[Any], place: Place) -> NDArray[Any]:
        from ..kernels.noise import subtract

        image = place.known.of_type(block.dtype)
        subtract(block, image[place.top : place.bottom])
        return block


class _Background:
    """The image that is taken away, made once for each type of frames."""

    def __init__(self, image: NDArray[np.float64], cut_off: bool) -> None:
        self._image = image
        self._cut_off = cut_off
        self._made: dict[np.dtype[Any], NDArray[Any]] = {}

    def of_type(self, dtype: np.dtype[Any]) -> NDArray[Any]:
        """The image as numbers of this type; whole counts are cut off or rounded."""
        made = self._made.get(dtype)
        if made is None:
            image = self._image
            if dtype.kind == "u":
                image = np.floor(image) if self._cut_off else np.rint(image)
                image = np.clip(image, 0, np.iinfo(dtype).max)
            made = self._made[dtype] = image.astype(dtype)
        return made


def _dark_stack(stack: DarkfieldStack, dark: Source) -> DarkfieldStack:
    """The dark frames, going through the steps that were taken before."""
    number = dark.count
    return replace(
        stack,
        source=dark,
        order=np.arange(number),
        dimensions=(Dimension("frame", number, 0.0, number - 1.0),),
        positions=np.arange(number, dtype=np.float64)[None],
    )


_NOT_FOR_DARK = "The dark frames can't go through '{}' as the data did: subtract them before it."


@task(title="Background", output="stack", requires="darkfield")
def subtract_background(
    stack: DarkfieldStack,
    *,
    of: Annotated[
        Literal["data", "dark", "number", "image"],
        Param(
            label="Background from",
            words={
                "data": "the frames themselves",
                "dark": "the dark frames",
                "number": "a number",
                "image": "an image file",
            },
        ),
    ] = "data",
    method: Annotated[Method, Param(label="Each pixel's")] = "median",
    counts: Annotated[float, Param(ge=0, unit="counts", label="Number")] = 100.0,
    image: Annotated[
        Path | None,
        Param(path="open", filter="Images (*.npy *.tif *.tiff *.edf)", auto="none"),
    ] = None,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
) -> DarkfieldStack:
    """Subtract the background of the camera from each frame; what would be negative is zero.

    Where most frames of a scan leave a pixel dark, their median is its background, and no
    dark frames are needed.

    Parameters
    ----------
    stack:
        The frames.
    of:
        What the background is found from.
    method:
        Of the frames: the median, which ignores the frames that shine, or the mean.
    counts:
        Background of every pixel, where it is a number.
    image:
        Background of each pixel, where it is an image: NumPy, TIFF or EDF.
    darfix_compatible:
        Cut the background's fraction off, as darfix does for whole counts, rather than round.

    Raises
    ------
    InputError
        When the scan has no dark frames, or these or the image have another shape.
    """
    dark, constant = None, None
    if of == "dark":
        dark = stack.dark
        if dark is None:
            raise InputError("The scan was read without dark frames: name them where it is read.")
        _check_shape("dark frames", dark.shape, stack)
    elif of == "image":
        dark = _image_source(image)
        _check_shape("background image", dark.shape, stack)
    elif of == "number":
        constant = counts
    if dark is not None:
        for operation in stack.operations:
            if operation.shape((7, 64, 64))[0] != 7 or not operation.by_frame:
                raise InputError(_NOT_FOR_DARK.format(operation.words))
    return stack.then(SubtractBackground(method, dark, constant, darfix_compatible))


def _check_shape(what: str, shape: Shape | tuple[int, int], stack: DarkfieldStack) -> None:
    rows, columns = stack.source.shape
    if tuple(shape[-2:]) != (rows, columns):
        raise InputError(
            f"The {what} have {shape[-2]} × {shape[-1]} pixels; the frames, as they were "
            f"measured, {rows} × {columns}."
        )


def _image_source(file: Path | None) -> Source:
    if file is None:
        raise InputError("Name the image file that holds the background.")
    from ..read.images import read_image

    return array_source(read_image(file)[None], file.name)
