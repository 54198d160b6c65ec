"""Opening a volume: by its file, its folder, or tomoscan's identifier."""

from __future__ import annotations

import re
from configparser import Error as ConfigError
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...nexus.file import is_hdf5, reading
from ...task import Param, task
from .reading import (
    KINDS,
    SLICE_SUFFIXES,
    SUFFIXES,
    check_parts,
    parts_of,
    read_slice,
    slice_files,
    volume_of,
    volumes_in,
)
from .types import Volume

_FILES = "Volumes (*.hdf5 *.h5 *.tif *.tiff *.vol);;Slices (*.tif *.tiff *.jp2 *.edf)"


@task(title="Open volume", output="volume", requires="tomography")
def open_volume(
    file: Annotated[Path, Param(path="open", filter=_FILES, label="File or folder")],
) -> Volume:
    """Open a reconstructed volume. Its voxels stay in their files until they are needed.

    Parameters
    ----------
    file:
        An HDF5, multipage TIFF or .vol file; a folder of TIFF, JPEG 2000 or EDF slices, or
        one of these; or an identifier of tomoscan (``hdf5:volume:/path/v.hdf5?path=...``).

    Raises
    ------
    InputError
        When there is no volume there, or it can't be read.
    """
    named = str(file)
    head, _, rest = named.partition(":volume:")
    if rest:
        if head not in KINDS:
            raise InputError(f"{named}: '{head}' is no kind of volume; known: {', '.join(KINDS)}.")
        named, _, query = rest.partition("?")
        return _open(Path(named), KINDS[head], query.partition("=")[2])
    path = Path(file).expanduser()
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    if path.is_dir():
        return _open(path, _kind_of_slices(path), "")
    if is_hdf5(path):
        return _open(path, "hdf5", "")
    kind = SUFFIXES.get(path.suffix.lower(), "")
    if path.suffix.lower() in SLICE_SUFFIXES and (kind != "multitiff" or _pages(path) == 1):
        # one slice of a folder was chosen
        kind = SLICE_SUFFIXES[path.suffix.lower()]
        is_alone = len(volumes_in(path.parent, kind)) == 1
        return _open(path.parent, kind, "" if is_alone else volume_of(path))
    if not kind:
        raise InputError(f"{path}: this is not a volume that can be read.")
    return _open(path, kind, "")


def _open(path: Path, kind: str, query: str) -> Volume:
    path = path.absolute()
    opener = {"hdf5": _open_hdf5, "multitiff": _open_multitiff, "vol": _open_vol}
    if kind in opener:
        return opener[kind](path, query)
    return _open_slices(path, kind, query)


def _open_hdf5(path: Path, where: str) -> Volume:
    with reading(path) as root:
        found = [where] if where else _volumes(root)
        if not found:
            raise InputError(f"{path}: no reconstructed volume is in this file.")
        if len(found) > 1:
            raise InputError(
                f"{path} holds several volumes; choose one: "
                + ", ".join(f"hdf5:volume:{path}?path={f}" for f in found)
            )
        group = root.get(found[0])
        data: Any = group.get("results/data") if hasattr(group, "items") else None
        if getattr(data, "ndim", 0) != 3 or not data.size or data.dtype.kind not in "uif":
            raise InputError(f"{path}: there is no volume at '{found[0]}/results/data'.")
        check_parts(parts_of(data, path), path)
        settings = group.get("configuration/processing_options/reconstruction", {})
        voxel = _three(settings, "voxel_size_cm")
        position = _three(settings, "position")
        source = settings.get("scan")
        return Volume(
            identifier=f"hdf5:volume:{path}?path={found[0]}",
            format="hdf5",
            path=path,
            shape=tuple(data.shape),
            dtype=str(data.dtype),
            voxel_size=None if voxel is None else tuple(v / 100 for v in voxel),  # type: ignore[arg-type]
            position=position,
            scan="" if source is None else source.asstr()[()],
            unit=str(data.attrs.get("units", "")),
        )


def _volumes(root: Any) -> list[str]:
    """Groups that hold ``results/data`` of three dimensions."""
    found = []

    def look(name: str, thing: Any) -> None:
        if name.endswith("/results/data") and getattr(thing, "ndim", 0) == 3:
            found.append(name.removesuffix("/results/data"))

    root.visititems(look)
    return [name for name in found if not name.endswith("histogram")]


def _three(group: Any, name: str) -> tuple[float, float, float] | None:
    if name not in group:
        return None
    values = np.broadcast_to(np.asarray(group[name][()], float), (3,))
    return float(values[0]), float(values[1]), float(values[2])


def _pages(path: Path) -> int:
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            return len(file.pages)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: the TIFF file can't be read: {error}.") from None


def _open_multitiff(path: Path, query: str) -> Volume:
    import tifffile
    from tomoscan.esrf.volume.tiffvolume import MultiTIFFVolume

    try:
        with tifffile.TiffFile(path) as file:
            first, count = file.pages[0], len(file.pages)
            shape, dtype = (count, *first.shape), str(first.dtype)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: the TIFF file can't be read: {error}.") from None
    if len(shape) != 3 or not all(shape):
        raise InputError(f"{path}: its first page is no image but has the shape {first.shape}.")
    known = MultiTIFFVolume(file_path=str(path))
    return _described(known, f"tiff3d:volume:{path}", "multitiff", path, shape, dtype)


def _open_vol(path: Path, query: str) -> Volume:
    from tomoscan.esrf.volume.rawvolume import RawVolume

    info = path.with_name(path.name + ".info")
    if not info.exists():
        raise InputError(f"{path}: the file {info.name} that says its size is missing.")
    try:
        said = RawVolume(file_path=str(path)).load_metadata()
    except (OSError, ValueError) as error:
        raise InputError(f"{info}: this text can't be read: {error}.") from None
    try:
        shape = int(said["NUM_Z"]), int(said["NUM_Y"]), int(said["NUM_X"])
    except (KeyError, ValueError):
        raise InputError(f"{info}: NUM_X, NUM_Y and NUM_Z should be whole numbers.") from None
    if path.stat().st_size != 4 * np.prod(shape):
        raise InputError(
            f"{path} has {path.stat().st_size} bytes, but {info.name} says "
            f"{' × '.join(map(str, shape))} voxels of 4 bytes."
        )
    if "HIGH" in str(said.get("BYTEORDER", "")).upper():
        raise InputError(f"{path}: its bytes are in another order (HIGHBYTEFIRST), unread here.")
    try:
        size = float(said.get("voxelSize", 0)) * 1e-6 or None
    except ValueError:
        raise InputError(f"{info}: voxelSize should be a number, µm.") from None
    return Volume(
        f"raw:volume:{path}", "vol", path, shape, "float32", None if size is None else (size,) * 3
    )


def _kind_of_slices(folder: Path) -> str:
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in SLICE_SUFFIXES:
            return SLICE_SUFFIXES[file.suffix.lower()]
    raise InputError(f"{folder}: there are no TIFF, JPEG 2000 or EDF slices in this folder.")


def _open_slices(folder: Path, kind: str, prefix: str) -> Volume:
    from tomoscan.esrf.volume import edfvolume, jp2kvolume, tiffvolume

    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder.")
    files = slice_files(folder, kind, prefix)
    if not files:
        raise InputError(f"{folder}: there are no {kind} slices '{prefix}*' in this folder.")
    first = read_slice(files[0])
    if first.ndim != 2:
        raise InputError(f"{files[0]}: a slice has two dimensions, not {first.ndim}.")
    word, made = {
        "tiff": ("tiff", tiffvolume.TIFFVolume),
        "jp2": ("jp2k", jp2kvolume.JP2KVolume),
        "edf": ("edf", edfvolume.EDFVolume),
    }[kind]
    basename = prefix or files[0].stem.rpartition("_")[0]
    known = made(folder=str(folder), volume_basename=basename)
    identifier = f"{word}:volume:{folder}" + (f"?file_prefix={prefix}" if prefix else "")
    shape = (len(files), *first.shape)
    volume = _described(known, identifier, kind, folder, shape, str(first.dtype))
    return replace(volume, warnings=(*volume.warnings, *_gaps(files)))


def _described(
    known: Any, identifier: str, kind: str, path: Path, shape: Any, dtype: str
) -> Volume:
    """A volume with what tomoscan reads of the text beside it."""
    from tomoscan.utils.io import catch_log_messages

    warnings: tuple[str, ...] = ()
    options: Any = {}
    voxel = position = None
    try:
        with catch_log_messages():
            said = known.load_metadata() or {}
        options = said.get("processing_options", {})
        options = options.get("reconstruction", {}) if isinstance(options, dict) else {}
        voxel, position = (_numbers(options.get(k)) for k in ("voxel_size_cm", "position"))
    except (OSError, ValueError, ConfigError) as error:
        reason = " ".join(str(error).split())
        warnings = (
            f"The text beside the volume, of its voxels and position, is damaged: {reason}.",
        )
    return Volume(
        identifier,
        kind,
        path,
        shape,
        dtype,
        voxel_size=None if voxel is None else tuple(v / 100 for v in voxel),  # type: ignore[arg-type]
        position=position,
        scan=str(options.get("scan", "")),
        unit=str(options.get("units", "")),
        warnings=warnings,
    )


def _gaps(files: list[Path]) -> tuple[str, ...]:
    """A sentence on slices that are missing between others, by the numbers of their files."""
    numbers = [int(n.group()) for f in files if (n := re.search(r"\d+$", f.stem))]
    steps = np.diff(numbers)
    if len(numbers) != len(files) or len(steps) < 2 or (steps == steps[0]).all():
        return ()
    wide = int(np.argmax(steps))
    return (
        f"Slices may be missing: after {files[wide].name} comes {files[wide + 1].name}, and they "
        "are taken as neighbours.",
    )


def _numbers(said: Any) -> tuple[float, float, float] | None:
    if isinstance(said, str):  # text files say [1 2 3], (1, 2, 3) or 1
        said = [float(n) for n in said.strip("[]()").replace(",", " ").split()]
    if said is None or not np.size(said):
        return None
    values = np.broadcast_to(np.asarray(said, float), (3,))
    return float(values[0]), float(values[1]), float(values[2])


@task(title="Select volumes", output="volumes", requires="tomography")
def open_volumes(
    files: Annotated[list[Path], Param(path="open", filter=_FILES, label="Files or folders")],
) -> list[Volume]:
    """Open several volumes, to stitch them or to look at one after the other.

    Parameters
    ----------
    files:
        As for *Open volume*, any number.

    Raises
    ------
    InputError
        When one of them isn't a volume, or none is given.
    """
    if not files:
        raise InputError("Give at least one volume.")
    return [open_volume(file) for file in files]
