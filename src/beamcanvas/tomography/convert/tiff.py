"""Folders of TIFF files, one projection each, with darks and flats beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import appended
from ...output_file import check_room, replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..scan.nxtomo import DARK, FLAT, PROJECTION, read_scan
from ..scan.types import TomoScan

_SUFFIXES = (".tif", ".tiff")


@task(title="Convert TIFF folder", output="scan", requires="tomography")
def convert_tiff(
    folder: Annotated[
        Path, Param(path="folder", filter="TIFF (*.tif *.tiff)", label="Projections")
    ],
    *,
    darks: Annotated[Path | None, Param(path="folder", auto="none")] = None,
    flats: Annotated[Path | None, Param(path="folder", auto="none")] = None,
    file: Annotated[Path, Param(path="save", filter="NXtomo (*.nx)", label="File to write")],
    angles: Annotated[
        Path | None,
        Param(
            path="open",
            filter="Text (*.txt *.dat *.csv);;All files (*)",
            auto="evenly spaced",
            label="File of angles",
            group="Angles",
        ),
    ] = None,
    first_angle: Annotated[float, Param(unit="°", group="Angles")] = 0.0,
    last_angle: Annotated[
        float | None, Param(unit="°", auto="one step before half a turn", group="Angles")
    ] = None,
    energy: Annotated[float | None, Param(gt=0, unit="keV", auto="not known")] = None,
    distance: Annotated[
        float | None,
        Param(gt=0, unit="mm", auto="not known", label="Sample to detector"),
    ] = None,
    pixel_size: Annotated[float | None, Param(gt=0, unit="µm", auto="not known")] = None,
    half_acquisition: Annotated[bool, Param(label="Half acquisition", more=True)] = False,
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> TomoScan:
    """Make an NXtomo file of a folder of TIFF files. The frames are copied.

    Files are taken in the order of the numbers in their names, and those without in the order
    of the names. Files of several pages are several frames.

    Parameters
    ----------
    folder:
        Folder of the projections.
    darks:
        Folder of the frames without beam, or one TIFF file.
    flats:
        Folder of the frames without sample, or one TIFF file.
    file:
        File to write.
    angles:
        Text file with one angle a projection, in degrees; what it has more before and
        behind belongs to as many darks and flats.
    first_angle:
        Of the first projection, when they are evenly spaced.
    last_angle:
        Of the last projection.
    energy:
        Of the photons.
    distance:
        From the sample to the detector.
    pixel_size:
        As seen at the sample.
    half_acquisition:
        The axis is near an edge, and the scan a full turn.
    existing:
        What to do with a file of that name.

    Raises
    ------
    InputError
        When a folder isn't there or holds no TIFF file, images differ in size, a file can't
        be read, the angles don't fit, or the file can't be written.
    """
    groups = [
        (key, _files(where, what))
        for key, where, what in (
            (DARK, darks, "darks"),
            (FLAT, flats, "flats"),
            (PROJECTION, folder, "projections"),
        )
        if where is not None
    ]
    images = [(key, path) for key, paths in groups for path in paths]
    looked_at = progress.part(0, 0.2).each(images, "Looking at the files")
    pages = [(key, path, *_described(path)) for key, path in looked_at]
    shape = next(s for key, _, _, s, _ in pages if key == PROJECTION)
    for _, path, _, found, _ in pages:
        if found != shape:
            raise InputError(
                f"{path} has {found[0]} × {found[1]} pixels, the projections "
                f"{shape[0]} × {shape[1]}."
            )
    keys = np.repeat([p[0] for p in pages], [p[2] for p in pages])
    count = int(np.count_nonzero(keys == PROJECTION))
    degrees = np.zeros(len(keys))
    degrees[keys == PROJECTION] = (
        _even(first_angle, last_angle, count, half_acquisition)
        if angles is None
        else _read_angles(angles, count)
    )
    dtype = np.result_type(*(p[4] for p in pages))
    with replacing(file, ".nx", existing) as (path, new):
        check_room(path, 1e6 + float(np.prod((len(keys), *shape))) * dtype.itemsize)
        _describe(
            new, Path(folder).name, keys, degrees, energy, distance, pixel_size, half_acquisition
        )
        _write(
            new, [(p[1], p[2]) for p in pages], (len(keys), *shape), dtype, progress.part(0.2, 1)
        )
    return read_scan(path, "entry0000")


def _files(where: Path, what: str) -> list[Path]:
    where = Path(where).expanduser()
    if where.is_file():
        return [where]
    if not where.is_dir():
        raise InputError(f"{where}: there is no such folder ({what}).")
    found = [
        p for p in where.iterdir() if p.suffix.lower() in _SUFFIXES and not p.name.startswith(".")
    ]
    if not found:
        raise InputError(f"{where}: there are no TIFF files in this folder ({what}).")
    return sorted(found, key=lambda p: ([int(n) for n in re.findall(r"\d+", p.stem)], p.name))


def _described(path: Path) -> tuple[int, tuple[int, int], np.dtype[Any]]:
    """Pages, shape and type of the images in a file."""
    from tifffile import TiffFile, TiffFileError

    try:
        with TiffFile(path) as file:
            page = file.pages[0]
            shape, dtype, pages = page.shape, page.dtype, len(file.pages)
    except (OSError, TiffFileError, ValueError, IndexError) as error:
        raise InputError(f"{path}: this TIFF file can't be read: {error}.") from None
    if len(shape) != 2 or dtype is None:
        raise InputError(f"{path}: this is no image in grey but has the shape {shape}.")
    return pages, (int(shape[0]), int(shape[1])), np.dtype(dtype).newbyteorder("=")


def _even(
    first: float, last: float | None, count: int, half_acquisition: bool
) -> NDArray[np.float64]:
    if last is None:
        turn = 360.0 if half_acquisition else 180.0
        return first + np.arange(count) * turn / count
    return np.linspace(first, last, count)


def _read_angles(file: Path, count: int) -> NDArray[np.float64]:
    try:
        values = np.loadtxt(file, delimiter="," if Path(file).suffix == ".csv" else None, ndmin=1)
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: no angles can be read from this file: {error}.") from None
    values = values.ravel()
    extra = len(values) - count
    if extra < 0 or extra % 2:
        raise InputError(f"{file} has {len(values)} angles but there are {count} projections.")
    return np.asarray(values[extra // 2 : extra // 2 + count], dtype=float)


def _describe(
    file: Path,
    name: str,
    keys: NDArray[np.int64],
    degrees: NDArray[np.float64],
    energy: float | None,
    distance: float | None,
    pixel_size: float | None,
    half_acquisition: bool,
) -> None:
    from nxtomo.application.nxtomo import NXtomo
    from pint import get_application_registry

    units: Any = get_application_registry()  # type: ignore[no-untyped-call]
    made = NXtomo()
    made.title = made.sample.name = name
    made.sample.rotation_angle = degrees * units.degree
    made.instrument.source.name = None
    detector = made.instrument.detector
    detector.image_key_control = keys
    detector.half_acquisition = half_acquisition
    if energy is not None:
        made.instrument.beam.incident_energy = energy * units.keV
    if distance is not None:
        detector.distance = 1e-3 * distance * units.meter
    if pixel_size is not None:
        size = 1e-6 * pixel_size * units.meter
        detector.x_pixel_size = detector.y_pixel_size = size
        made.sample.x_pixel_size = made.sample.y_pixel_size = size
    made.save(str(file), data_path="entry0000", overwrite=True, nexus_path_version=2.1)


def _write(
    file: Path,
    pages: list[tuple[Path, int]],
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    progress: Progress,
) -> None:
    import h5py
    from tifffile import TiffFile, TiffFileError

    with appended(file) as root:
        detector = root["entry0000/instrument/detector"]
        written = detector.create_dataset("data", shape, dtype, chunks=(1, *shape[1:]))
        written.attrs["interpretation"] = "image"
        plot = root["entry0000"].require_group("data")
        plot.attrs["signal"] = "data"
        if "data" not in plot:
            plot["data"] = h5py.SoftLink("/entry0000/instrument/detector/data")
        done = 0
        for path, count in progress.each(pages, "Copying frames"):
            try:
                with TiffFile(path) as tiff:
                    for n in range(count):
                        written[done + n] = tiff.pages[n].asarray()
            except (TiffFileError, ValueError) as error:
                raise InputError(f"{path}: this TIFF file can't be read: {error}.") from None
            done += count
