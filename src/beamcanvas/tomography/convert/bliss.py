"""Files that bliss writes, converted by nxtomomill."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from ...errors import InputError
from ...nexus.file import opened
from ...output_file import check_room, words_of
from ...task import SILENT, Existing, Param, Progress, task
from ..scan.discover import Scans
from ..scan.nxtomo import entries, read_scan
from .nxtomomill import Bar, quiet


@task(title="Convert bliss file", output="scans", requires="tomography")
def convert_bliss(
    file: Annotated[Path, Param(path="open", filter="bliss files (*.h5 *.hdf5);;All files (*)")],
    *,
    folder: Annotated[
        Path | None, Param(path="folder", auto="beside the file", label="Folder to write to")
    ] = None,
    field_of_view: Annotated[
        Literal["as in the file", "full", "half"], Param(label="Field of view", more=True)
    ] = "as in the file",
    left_right: Annotated[
        bool, Param(label="Mirrored left-right", group="Detector", more=True)
    ] = False,
    upside_down: Annotated[bool, Param(label="Upside down", group="Detector", more=True)] = False,
    existing: Existing = "keep",
    progress: Progress = SILENT,
) -> Scans:
    """Make an NXtomo file of each tomography scan in a file that bliss wrote.

    The frames stay where they are and are linked, by paths relative to the new files.

    Parameters
    ----------
    file:
        The sample's or the dataset's file, as bliss writes it.
    folder:
        Where to write ``<file>_0000.nx``, ``<file>_0001.nx`` and so on.
    field_of_view:
        Full, or half: the axis near an edge and a full turn.
    left_right:
        The detector's image is mirrored by its mechanics or optics, which bliss doesn't say.
    upside_down:
        The same for upside down.
    existing:
        What to do with files of these names.

    Raises
    ------
    InputError
        When the file can't be read, holds no tomography that nxtomomill understands, or the
        new files can't be written.
    """
    with opened(Path(file)):
        pass
    source = Path(file).absolute()
    target = (folder or source.parent).absolute()
    try:
        target.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise InputError(f"{target} can't be made: {words_of(error)}.") from None
    check_room(target / source.name, 1e6)
    # beside their place, so that the links in them hold when they are moved there
    stem = f".{source.stem}-{os.urandom(4).hex()}"
    try:
        _convert(source, target / f"{stem}.nx", field_of_view, left_right, upside_down, progress)
        made = sorted(target.glob(f"{stem}*.nx"))
        if not made:
            raise InputError(f"{source}: nxtomomill finds no tomography in this file.")
        finals = [target / f"{source.stem}{m.name[len(stem) :]}" for m in made]
        taken = [f for f in finals if f.exists()]
        if taken and existing == "keep":
            raise InputError(
                f"{taken[0]}: the file can't be written: it is there already: choose "
                "'replace it', or another folder."
            )
        for new, final in zip(made, finals, strict=True):
            new.replace(final)
    finally:
        for left in target.glob(f"{stem}*"):
            with suppress(OSError):
                left.unlink()
    return Scans(tuple(read_scan(f, entry) for f in finals for entry in entries(f)))


def _convert(
    source: Path,
    output: Path,
    field_of_view: str,
    left_right: bool,
    upside_down: bool,
    progress: Progress,
) -> None:
    with quiet() as said:
        from nxtomomill.converter.hdf5.hdf5converter import from_h5_to_nx
        from nxtomomill.models.h52nx import H52nxModel

        settings = H52nxModel(
            input_file=str(source),
            output_file=str(output),
            single_file=False,
            no_input=True,
            raises_error=True,
            half_acquisition=None if field_of_view == "as in the file" else field_of_view == "half",
            mechanical_lr_flip=left_right,
            mechanical_ud_flip=upside_down,
        )
        try:
            from_h5_to_nx(settings, progress=Bar(progress, "Converting"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{source}: nxtomomill can't convert this file: {said.last(error)}"
            ) from None
