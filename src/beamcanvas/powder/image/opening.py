"""Opening a diffraction image."""

from __future__ import annotations

import bz2
import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..experiment.detectors import guess_detector
from ..origin import Origin, Role, in_role
from ..types import DiffractionImage, Header, check_shape
from .hdf5 import SUFFIXES, no_such_frame, read_frames
from .headers import read_header

IMAGES = (
    "Images (*.tif *.tiff *.edf *.cbf *.img *.mccd *.mar2300 *.mar3450 *.h5 *.hdf5 *.nxs *.gz "
    "*.bz2 *.npy);;All files (*)"
)


@task(title="Open image", output="image", requires="powder")
def open_image(
    file: Annotated[Path, Param(path="open", filter=IMAGES)],
    *,
    data_path: Annotated[
        str | None,
        Param(label="Path in file", path="data", of="file", auto="the only image in it"),
    ] = None,
    frame: Annotated[int, Param(ge=0)] = 0,
    dark: Annotated[
        Path | None,
        Param(label="Dark image", path="open", filter=IMAGES, auto="none", group="Corrections"),
    ] = None,
    flat: Annotated[
        Path | None,
        Param(label="Flat field", path="open", filter=IMAGES, auto="none", group="Corrections"),
    ] = None,
) -> DiffractionImage:
    """Read one frame of an area detector, with what its header says.

    Any format that fabio knows, HDF5 and NeXus. Pixels that the detector marks as dead or
    as gaps (NaN, -1 and -2 of integer images, the largest unsigned number) are masked.

    Parameters
    ----------
    file:
        Image file. A path inside an HDF5 file may follow after ``::``.
    data_path:
        Where the image is in an HDF5 file. Found by itself when the file holds one image.
    frame:
        Number of the frame in a file of several, from 0.
    dark:
        Image without beam, subtracted before anything else. Several frames are averaged.
    flat:
        Response of each pixel, divided out. Several frames are averaged.

    Raises
    ------
    InputError
        When a file is missing, damaged or no image, the path or the frame is not in it, no
        pixel is valid, or the dark or flat image has another shape.
    """
    name, _, inside = str(file).partition("::")
    data, header, kind, source = _read(Path(name), data_path or inside, frame)
    mask = invalid_pixels(data)
    if mask.all():
        raise InputError(f"No pixel of {source} holds a measurement: all are NaN or marked bad.")
    shape = (int(data.shape[0]), int(data.shape[1]))
    corrections = {}
    origins = [origin_of(source, frame)]
    roles: dict[Role, tuple[str, Path | None]]
    roles = {"dark": ("dark image", dark), "flat": ("flat field", flat)}
    for role, (what, path) in roles.items():
        if path is not None:
            corrections[role] = mean_image(path)
            check_shape(what, corrections[role].shape, shape, "image")
            origins += in_role([origin_of(str(path))], role)
    return DiffractionImage(
        data=data,
        mask=mask,
        header=header,
        detector=guess_detector(shape, header, kind),
        source=source,
        frame=frame,
        origins=tuple(origins),
        dark=corrections.get("dark"),
        flat=corrections.get("flat"),
    )


def origin_of(source: str, frame: int | None = None) -> Origin:
    """A frame, or all, of a file; a path inside it may follow after ``::``."""
    file, _, inside = source.partition("::")
    return Origin(Path(file).absolute(), inside, frame)


def mean_image(file: Path) -> NDArray[np.float32]:
    """The mean over all frames of an image file; a path inside it may follow after ``::``."""
    mean: NDArray[np.float32] = all_frames(file).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean


def all_frames(file: Path) -> NDArray[Any]:
    """All frames of an image file, (frames, rows, columns); a path may follow after ``::``."""
    name, _, inside = str(file).partition("::")
    data, _, _, _ = _read(Path(name), inside, None)
    return data.reshape(-1, *data.shape[-2:])


def invalid_pixels(data: NDArray[Any]) -> NDArray[np.bool_]:
    """True where a detector says that a pixel holds no measurement."""
    if data.dtype.kind == "f":
        return np.asarray(~np.isfinite(data))
    limits = np.iinfo(data.dtype)
    if data.dtype.kind == "u":
        return np.asarray(data == limits.max)
    marked = np.asarray(data == limits.min)
    negative = (data < 0) & ~marked
    # Dectris marks with -1 and -2; a number below says that negative counts are counts here
    if negative.any() and data[negative].min() >= -2:
        marked |= negative
    return marked


def _read(file: Path, data_path: str, frame: int | None) -> tuple[NDArray[Any], Header, str, str]:
    """Data, header, kind of file and source of one frame, or of all when `frame` is None."""
    if not file.exists():
        raise InputError(f"There is no file {file}.")
    if file.is_dir():
        raise InputError(f"{file} is a folder, not an image file.")
    if file.suffix.lower() in SUFFIXES or _is_hdf5(file):
        data, header, inside = read_frames(file, data_path, frame)
        return data, header, header.detector, f"{file}::{inside}"
    if data_path:
        raise InputError(f"{file} is no HDF5 file: it has no '{data_path}' inside.")
    data, header, kind = _read_fabio(file, frame)
    return data, header, kind, str(file)


def _is_hdf5(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(8) == b"\x89HDF\r\n\x1a\n"


@contextmanager
def _uncompressed(file: Path) -> Iterator[Path]:
    """The file, or a temporary copy unpacked: fabio prints a line for each that it unpacks."""
    packed = file.suffix.lower()
    if packed not in (".gz", ".bz2"):
        yield file
        return
    with tempfile.NamedTemporaryFile(suffix=Path(file.stem).suffix) as unpacked:
        with (gzip if packed == ".gz" else bz2).open(file) as stream:
            shutil.copyfileobj(stream, unpacked)
        unpacked.flush()
        yield Path(unpacked.name)


def _read_fabio(file: Path, frame: int | None) -> tuple[NDArray[Any], Header, str]:
    import fabio

    try:
        with _uncompressed(file) as path, fabio.open(path) as image:
            count = int(image.nframes)
            if frame is not None and frame >= count:
                raise InputError(no_such_frame(str(file), frame, count))
            numbers = range(count) if frame is None else [frame]
            # the first frame is the image itself; some formats can't seek to it again
            frames = [image if n == 0 else image.getframe(n) for n in numbers]
            data = [np.array(f.data) for f in frames]
            header = read_header(frames[0].header)
            kind = type(image).__name__
    except InputError:
        raise
    except Exception as error:  # fabio's readers raise whatever their format makes them
        raise InputError(f"{file} can't be read as an image: {_short(error)}") from None
    if data[0].ndim != 2 or data[0].dtype.kind not in "iuf" or not data[0].size:
        raise InputError(
            f"{file} is no detector image: its shape is {data[0].shape}, its type {data[0].dtype}."
        )
    return (data[0] if frame is not None else np.stack(data)), header, kind


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return (text if len(text) < 200 else text[:200] + " ...").rstrip(".") + "."
