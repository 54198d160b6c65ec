"""Writing volumes, whole or not at all, in files that tomoscan and nabu read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...errors import InputError
from ...nexus.file import NewFile
from ...output_file import OutputFile, check_room, words_of
from .types import Volume

Format = Literal["hdf5", "tiff", "multitiff", "jp2", "edf", "vol"]
Existing = Literal["keep", "replace"]

WORDS: Mapping[Format, str] = {
    "hdf5": "HDF5",
    "tiff": "TIFF, a file a slice",
    "multitiff": "TIFF, one file",
    "jp2": "JPEG 2000",
    "edf": "EDF",
    "vol": ".vol (raw)",
}
_SUFFIX = {"hdf5": ".hdf5", "multitiff": ".tiff", "vol": ".vol"}
_LONGEST = 230  #: bytes of a name, with room for what is added to it
_SLICES = (".tiff", ".jp2", ".edf")
_GROUP = "entry/reconstruction"


def place_of(path: Path, format: Format) -> Path:
    """The file, or the folder of the slices, that a volume of this format is.

    Raises
    ------
    InputError
        When nothing can have that name.
    """
    too_long = any(len(part.encode()) > _LONGEST for part in path.parts)
    if not path.name or "\0" in str(path) or too_long:
        raise InputError(f"'{str(path)[:80]}' can't be the name of a volume.")
    suffix = _SUFFIX.get(format, "")
    if not suffix:
        return path.with_suffix("") if path.suffix in _SUFFIX.values() else path
    return path if path.suffix == suffix else path.with_name(path.name + suffix)


def check_place(place: Path, existing: Existing, needed: float) -> None:
    """Raise when a volume is there already, or would not find room.

    Raises
    ------
    InputError
        One sentence that says which.
    """
    if existing == "keep" and place.exists():
        raise InputError(f"{place} is there already: choose 'replace it', or another name.")
    other = next((p for p in _inside(place) if not _is_slice(p)), None)
    if other is not None:
        raise InputError(
            f"{place} is a folder with more than a volume's slices in it ({other.name}): choose "
            "another name."
        )
    check_room(place, needed)


def _inside(place: Path) -> Iterable[Path]:
    return sorted(place.iterdir()) if place.is_dir() else ()


def _is_slice(file: Path) -> bool:
    """Whether it is named as the slices of a volume in a folder are, or as what is said of them."""
    number = file.stem.removeprefix(f"{file.parent.name}_")
    return (number.isdecimal() and file.suffix in _SLICES) or file.name == (
        f"{file.parent.name}_infos.txt"
    )


def write_volume(
    like: Volume,
    place: Path,
    format: Format,
    frames: Iterable[NDArray[Any]],
    *,
    existing: Existing = "keep",
    settings: Mapping[str, Any] | None = None,
    ratio: float | None = None,
) -> Volume:
    """Write slices (y, x), one after the other.

    Parameters
    ----------
    like:
        Shape, dtype, geometry and origin of what is written.
    settings:
        What made it, kept beside the data.
    ratio:
        How much smaller JPEG 2000 files should be; without loss by default.

    Raises
    ------
    InputError
        When the place is taken, there is no room, or it can't be written; nothing is left then.
    """
    check_place(place, existing, np.prod(like.shape) * float(np.dtype(like.dtype).itemsize))
    volume = replace(like, format=format, path=place.absolute(), warnings=())
    if format == "hdf5":
        return _write_hdf5(volume, frames, settings or {}, existing)
    if format in ("multitiff", "vol"):
        return _write_file(volume, frames, existing)
    return _write_slices(volume, frames, ratio, existing)


def describe_hdf5(root: Any, volume: Volume, settings: Mapping[str, Any]) -> Any:
    """Groups and metadata of a volume in an HDF5 file; returns the group for its ``data``."""
    import h5py

    root.attrs.update(NX_class="NXroot", default="entry", creator="beamcanvas")
    entry = root.create_group("entry")
    entry.attrs.update(NX_class="NXentry", default="reconstruction")
    process = entry.create_group("reconstruction")
    process.attrs.update(NX_class="NXprocess", default="results")
    process["program"], process["version"] = "beamcanvas", __version__
    results = process.create_group("results")
    results.attrs.update(NX_class="NXdata", signal="data", interpretation="image")
    options = process.create_group("configuration/processing_options/reconstruction")
    if volume.voxel_size is not None:
        options["voxel_size_cm"] = 100 * np.array(volume.voxel_size)
    if volume.position is not None:
        options["position"] = np.array(volume.position)
    if volume.scan:
        options["scan"] = volume.scan
    said = process.create_group("configuration/beamcanvas")
    for name, value in settings.items():
        said[name] = value if isinstance(value, (int, float, bool)) else str(value)
    assert isinstance(results, h5py.Group)  # noqa: S101 - for the type checker
    return results


def set_unit(data: Any, volume: Volume) -> None:
    """Say the unit of the values at their dataset, where it is known."""
    if volume.unit:
        data.attrs["units"] = volume.unit


def _write_hdf5(
    volume: Volume,
    frames: Iterable[NDArray[Any]],
    settings: Mapping[str, Any],
    existing: Existing,
) -> Volume:
    new = NewFile(volume.path)
    try:
        results = describe_hdf5(new.file, volume, settings)
        data = results.create_dataset("data", volume.shape, volume.dtype)
        set_unit(data, volume)
        for z, frame in enumerate(frames):
            data[z] = frame
        check_place(volume.path, existing, 0)  # made by others meanwhile
        new.keep()
    except OSError as error:
        raise InputError(f"{volume.path} can't be written: {words_of(error)}.") from None
    finally:
        new.discard()
    return replace(volume, identifier=f"hdf5:volume:{volume.path}?path={_GROUP}")


def _write_file(volume: Volume, frames: Iterable[NDArray[Any]], existing: Existing) -> Volume:
    output = OutputFile(volume.path, existing=existing)
    try:
        if volume.format == "vol":
            if volume.dtype != "float32":
                raise InputError(f"A .vol file holds float32 values, not {volume.dtype}.")
            with output.temporary.open("wb") as file:
                for frame in frames:
                    np.ascontiguousarray(frame, "<f4").tofile(file)
        else:
            import tifffile

            with tifffile.TiffWriter(output.temporary, bigtiff=True) as writer:
                for frame in frames:
                    writer.write(frame)  # each a series: so tomoscan counts the slices
        # first what says its size: without it the file is no volume
        _write_metadata(volume, volume.path)
        output.keep()
    except OSError as error:
        raise output.failure(error) from None
    finally:
        output.discard()
    kind = "raw" if volume.format == "vol" else "tiff3d"
    return replace(volume, identifier=f"{kind}:volume:{volume.path}")


def _write_slices(
    volume: Volume, frames: Iterable[NDArray[Any]], ratio: float | None, existing: Existing
) -> Volume:
    """A folder of slices: written under another name beside its place, then moved there."""
    place = volume.path
    new = place.with_name(f".{place.name[:40]}-{os.urandom(4).hex()}")
    word, made = _per_slice(volume, new, ratio)
    try:
        new.mkdir(parents=True)
        files = made.data_file_saver_generator(n_frames=volume.shape[0])
        for frame, file in zip(frames, files, strict=False):
            file[:] = frame
        _write_metadata(volume, new, made)
        check_place(place, existing, 0)  # made by others meanwhile
        if place.is_dir():
            shutil.rmtree(place)
        new.rename(place)
    except OSError as error:
        raise InputError(f"{place} can't be written: {words_of(error)}.") from None
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return replace(volume, identifier=f"{word}:volume:{place}")


def _per_slice(volume: Volume, folder: Path, ratio: float | None) -> tuple[str, Any]:
    from tomoscan.esrf.volume import edfvolume, jp2kvolume, tiffvolume

    # the names are as the folder will be called
    named = {"folder": str(folder), "volume_basename": volume.path.name}
    if volume.format == "jp2":
        if volume.dtype not in ("uint8", "uint16"):
            raise InputError(f"JPEG 2000 holds uint8 or uint16 values, not {volume.dtype}.")
        ratios = None if ratio is None else [ratio]
        return "jp2k", jp2kvolume.JP2KVolume(**named, cratios=ratios, rescale_data=False)
    if volume.format == "tiff":
        return "tiff", tiffvolume.TIFFVolume(**named)
    return "edf", edfvolume.EDFVolume(**named)


def _write_metadata(volume: Volume, place: Path, made: Any = None) -> None:
    """The text beside a volume, by tomoscan."""
    from tomoscan.esrf.volume.rawvolume import RawVolume
    from tomoscan.esrf.volume.tiffvolume import MultiTIFFVolume

    if volume.format == "vol":
        z, y, x = volume.shape
        said: dict[str, Any] = {"NUM_X": x, "NUM_Y": y, "NUM_Z": z, "BYTEORDER": "LOWBYTEFIRST"}
        if volume.voxel_size is not None:
            said["voxelSize"] = 1e6 * volume.voxel_size[0]
        made = RawVolume(file_path=str(place))
    else:
        options: dict[str, Any] = {}
        if volume.voxel_size is not None:
            options["voxel_size_cm"] = [100 * v for v in volume.voxel_size]
        if volume.position is not None:
            options["position"] = list(volume.position)
        if volume.scan:
            options["scan"] = volume.scan
        if volume.unit:
            options["units"] = volume.unit
        said = {"processing_options": {"reconstruction": options}}
        made = made or MultiTIFFVolume(file_path=str(place))
    made.metadata = said
    made.save_metadata()
