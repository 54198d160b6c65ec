"""Calibrant, detector and energy of a calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ...errors import InputError
from ...task import Param, task
from ..types import Detector, DiffractionImage, Setup, typed_wavelength
from .detectors import (
    calibrant_names,
    detector_names,
    named_calibrant,
    named_detector,
    read_calibrant,
)


@task(title="Experiment", output="setup", requires="powder")
def describe_experiment(
    image: DiffractionImage,
    *,
    calibrant: Annotated[str, Param(choices=calibrant_names)] = "CeO2",
    energy: Annotated[float | None, Param(unit="keV", gt=0, auto="from the header")] = None,
    detector: Annotated[str | None, Param(choices=detector_names, auto="from the image")] = None,
    calibrant_file: Annotated[
        Path | None,
        Param(path="open", filter="d-spacings (*.D);;All files (*)", auto="none", more=True),
    ] = None,
    pixel_width: Annotated[
        float | None, Param(unit="µm", gt=0, auto="of the detector", more=True)
    ] = None,
    pixel_height: Annotated[
        float | None, Param(unit="µm", gt=0, auto="as wide as high", more=True)
    ] = None,
    orientation: Annotated[int, Param(ge=1, le=4, more=True)] = 3,
) -> Setup:
    """Say which calibrant, which detector and which energy an image was taken with.

    Parameters
    ----------
    image:
        Image of the calibrant; its header fills in what is left out here.
    calibrant:
        Powder in the beam, by pyFAI's name for it.
    energy:
        Photon energy.
    detector:
        Name of the detector.
    calibrant_file:
        Your own calibrant instead: a text file with one d-spacing in Å on each line.
    pixel_width:
        Width of a pixel, for a detector that has no name here.
    pixel_height:
        Height of a pixel, for a detector that has no name here.
    orientation:
        How the file stores the image, as EXIF numbers it: 3 as pyFAI has it, 2 upside
        down, 4 mirrored, 1 both.

    Raises
    ------
    InputError
        When a name is unknown, the detector's shape is not the image's, or the energy or
        the detector is not given and not in the header.
    """
    powder = read_calibrant(calibrant_file) if calibrant_file else named_calibrant(calibrant)
    header = image.header
    if energy is None:
        if header.wavelength is None:
            doubts = f" ({'; '.join(header.doubts)})" if header.doubts else ""
            raise InputError(
                f"The header of {Path(image.source).name or 'the image'} does not say the energy"
                f"{doubts}: give 'energy' in keV."
            )
        wavelength = header.wavelength
    else:
        wavelength = typed_wavelength(energy)
    return Setup(
        calibrant=powder,
        detector=_detector(image, detector, pixel_width, pixel_height, orientation),
        wavelength=wavelength,
        energy_from="header" if energy is None else "",
    )


def _detector(
    image: DiffractionImage,
    name: str | None,
    width: float | None,
    height: float | None,
    orientation: int,
) -> Detector:
    if name:
        return named_detector(name, image.shape, orientation)
    if width or height:
        size = ((height or width or 0) / 1e6, (width or height or 0) / 1e6)
        return Detector("Detector", size, image.shape, orientation)
    if image.detector is not None:
        found = image.detector
        return Detector(found.name, found.pixel_size, found.shape, orientation, found.config)
    if image.header.pixel_size is not None:
        return Detector("Detector", image.header.pixel_size, image.shape, orientation)
    rows, columns = image.shape
    raise InputError(
        f"Which detector took this image of {rows} × {columns} pixels is not in its header: "
        "give 'detector', or the pixel size."
    )
