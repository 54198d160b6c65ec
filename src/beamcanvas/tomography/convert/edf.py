"""Folders of EDF files, as ESRF's older beamlines wrote them, converted by nxtomomill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from ...errors import InputError
from ...output_file import check_room, replacing
from ...task import SILENT, Existing, Param, Progress, task
from ..scan.nxtomo import read_scan
from ..scan.types import TomoScan
from .nxtomomill import Bar, quiet


@task(title="Convert EDF folder", output="scan", requires="tomography")
def convert_edf(
    folder: Annotated[Path, Param(path="folder", filter="EDF (*.edf)")],
    *,
    file: Annotated[
        Path | None,
        Param(
            path="save",
            filter="NXtomo (*.nx)",
            label="File to write",
            auto="beside the folder",
        ),
    ] = None,
    angles: Annotated[
        Literal["even", "headers"],
        Param(words={"even": "evenly over the scan range", "headers": "from the headers"}),
    ] = "even",
    prefix: Annotated[
        str | None, Param(label="Names start with", auto="the folder's name", more=True)
    ] = None,
    darks: Annotated[str, Param(label="Darks start with", more=True)] = "darkend, dark",
    flats: Annotated[str, Param(label="Flats start with", more=True)] = "ref, refHST",
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> TomoScan:
    """Make an NXtomo file of a folder of EDF files, with its ``.info`` or ``.xml`` file.

    The frames are copied.

    Parameters
    ----------
    folder:
        Folder of a scan: projections ``name0000.edf``, darks ``dark*.edf``, flats ``ref*.edf``.
    file:
        File to write; ``<folder>.nx`` when not given.
    angles:
        Even steps over the scan's range, or those in the files' headers.
    prefix:
        With what the names of the projections start.
    darks:
        With what names of darks start; the first that is found counts.
    flats:
        With what names of flats start; the first that is found counts.
    existing:
        What to do with a file of that name.

    Raises
    ------
    InputError
        When there is no such folder, it holds no scan, its ``.info`` file is missing or
        incomplete, or the file can't be written.
    """
    source = Path(folder).expanduser().absolute()
    if not source.is_dir():
        raise InputError(f"{folder}: there is no such folder.")
    if not any(source.glob("*.edf")):
        raise InputError(f"{folder}: there are no EDF files in this folder.")
    for what, names in (("darks", darks), ("flats", flats)):
        if not _names(names):
            raise InputError(f"With what the names of the {what} start is not said.")
    target = file or source.with_name(f"{source.name}.nx")
    with replacing(target, ".nx", existing) as (path, new), quiet() as said:
        for n, edf in enumerate(edfs := sorted(source.glob("*.edf"))):
            progress.part(0, 0.1)(n / len(edfs), "Looking at the files")
            _check(edf)
        check_room(path, 1e6 + sum(edf.stat().st_size for edf in edfs))
        from nxtomomill.converter.edf import edfconverter
        from nxtomomill.models.edf2nx import EDF2nxModel

        # where there is a bar, it prints that it is done, among what a program gives out
        vars(edfconverter)["print"] = lambda *_: None
        settings = EDF2nxModel(
            input_folder=str(source),
            output_file=str(new),
            overwrite=True,
            dataset_basename=prefix or source.name,
            sample_name=source.name,
            dark_names_prefix=_names(darks),
            flat_names_prefix=_names(flats),
            force_angle_calculation=angles == "even",
            source_name=None,
        )
        try:
            bar = Bar(progress.part(0.1, 1), "Converting")
            _, entry = edfconverter.from_edf_to_nx(settings, progress=bar)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise InputError(
                f"{folder}: nxtomomill can't convert this folder: {said.last(error)}"
            ) from None
        found = read_scan(new, entry.strip("/"))
        if not found.shape[0]:
            raise InputError(f"{folder}: there are no projections in this folder.")
    return read_scan(path, entry.strip("/"))


def _check(file: Path) -> None:
    """Whether the frames in a file are whole: what is cut off is read as zeros."""
    import fabio

    try:
        with fabio.open(str(file)) as image:
            cut = any(getattr(frame, "incomplete_data", False) for frame in image.frames())
    except Exception as error:  # fabio has many
        raise InputError(f"{file}: this EDF file can't be read: {error}.") from None
    if cut:
        raise InputError(f"{file}: the EDF file is cut off.")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
