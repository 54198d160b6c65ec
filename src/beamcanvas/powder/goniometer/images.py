"""Images of a detector that moves, each with the position of its motor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...errors import InputError
from ...nexus.bliss import Scan, read_scan
from ...task import SILENT, Param, Progress, task
from ...task.validation import did_you_mean
from ..image.headers import key_of
from ..image.opening import IMAGES, open_image
from ..types import DiffractionImage
from .motors import moving_motor, positions_of


@dataclass(frozen=True)
class MovingImage:
    """Where an image is stored, and where the motor was."""

    file: Path
    position: float
    data_path: str = ""  #: in an HDF5 file; empty: the only image in it
    frame: int = 0

    def open(self) -> DiffractionImage:
        """Read it."""
        return open_image(self.file, data_path=self.data_path or None, frame=self.frame)

    @property
    def name(self) -> str:
        name = Path(str(self.file).partition("::")[0]).name
        return f"{name}, frame {self.frame}" if self.frame else name


@dataclass(frozen=True)
class MovingImages:
    """Images of a detector at several positions. They are read when they are needed."""

    rows: tuple[MovingImage, ...]
    motor: str = ""  #: whose positions they are; empty when they were typed

    @property
    def positions(self) -> tuple[float, ...]:
        return tuple(row.position for row in self.rows)

    @property
    def summary(self) -> str:
        low, high = min(self.positions), max(self.positions)
        motor = f"{self.motor} " if self.motor else ""
        return f"{len(self.rows)} images, {motor}{low:g} to {high:g}"

    @property
    def report(self) -> list[dict[str, Any]]:
        """Image by image."""
        return [{"position": row.position, "image": row.name} for row in self.rows]


@task(title="Images at positions", output="images", requires="powder")
def images_at_positions(
    *,
    files: Annotated[list[Path], Param(path="open", filter=IMAGES)],
    positions: Annotated[list[float], Param(label="Motor positions")] = [],  # noqa: B006
    motor: Annotated[str | None, Param(auto="the one that moves")] = None,
    scan: Annotated[int | None, Param(ge=1, label="Scan number", auto="no scan")] = None,
    detector: Annotated[str | None, Param(auto="the only one", more=True)] = None,
    progress: Progress = SILENT,
) -> MovingImages:
    """Say which images were taken with the detector where.

    The positions of the motor are those that are typed, or else those in the headers of the
    images: motors of EDF files, any number in headers of CBF and TIFF files, positioners of
    HDF5 files. Of a bliss scan, each frame is an image, at the position that the scan
    measured.

    Parameters
    ----------
    files:
        Images, of one frame each, or the file of one scan. A path inside may follow after ``::``.
    positions:
        Where the motor was for each image: degrees for an arm, mm for a stage. Empty: as the
        headers, or the scan, say.
    motor:
        Name of the motor in the headers or in the scan, where several move.
    scan:
        Number of the scan, of a bliss file: 3 for 3.1.
    detector:
        Name of the detector, where a scan has several.

    Raises
    ------
    InputError
        When files and positions don't match, an image, the scan or the motor isn't there, or
        it isn't clear which motor is meant.
    """
    if not files:
        raise InputError("There are no images: give 'files'.")
    if scan is not None:
        if len(files) > 1:
            raise InputError(f"A scan is in one file, not in {len(files)}.")
        if positions:
            raise InputError("A scan says its positions itself: leave 'positions' empty.")
        return _of_scan(read_scan(files[0], scan, detector=detector), motor)
    if not positions:
        return _of_headers(files, motor, progress)
    if len(files) != len(positions):
        raise InputError(
            f"There are {len(files)} files but {len(positions)} positions: give one for each."
        )
    if not np.isfinite(positions).all():
        raise InputError(f"A position is no number: {list(positions)}.")
    rows = zip(files, positions, strict=True)
    return MovingImages(tuple(MovingImage(Path(file), place) for file, place in rows), motor or "")


def _of_scan(scan: Scan, motor: str | None) -> MovingImages:
    motor, places = positions_of(scan, motor)
    rows = [
        MovingImage(part.file, float(places[frame]), part.dataset, part.start + frame - part.first)
        for part in scan.parts
        for frame in range(part.first, min(part.first + part.count, len(places)))
        if np.isfinite(places[frame])
    ]
    if not rows:
        raise InputError(
            f"{scan.file}: scan {scan.entry} has no frame with a position of '{motor}' yet."
        )
    return MovingImages(tuple(rows), motor)


def _of_headers(files: Sequence[Path], motor: str | None, progress: Progress) -> MovingImages:
    headers = [open_image(file).header for file in progress.each(files, "Reading headers")]
    if motor is None:
        common = set.intersection(*(set(header.motors) for header in headers))
        by_name = {n: np.array([h.motors[n] for h in headers]) for n in sorted(common)}
        motor = moving_motor(by_name, "The images' headers")
    rows = []
    for file, header in zip(files, headers, strict=True):
        found = header.motors.get(motor, header.numbers.get(key_of(motor)))
        if found is None:
            known = [*header.motors, *header.numbers]
            raise InputError(
                f"The header of {file} says nothing of '{motor}'.{did_you_mean(motor, known)}"
            )
        rows.append(MovingImage(Path(file), found))
    return MovingImages(tuple(rows), motor)
