"""Reading how to integrate from files of pyFAI, and merging what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np

from ...errors import InputError
from ...task import Param, task
from ...task.validation import did_you_mean
from ..experiment.detectors import calibrant_names, detector_names, named_calibrant
from ..experiment.poni import geometry_from
from ..types import Detector, DiffractionImage, Geometry, Setup, check_shape
from .configuration import Configuration
from .pyfai_json import poni_words, read_words
from .words import Words

_FILTER = "pyFAI configuration (*.json *.poni);;All files (*)"


class Configured(NamedTuple):
    """What reading a configuration gives."""

    geometry: Geometry
    configuration: Configuration


@task(title="Configuration", requires="powder")
def read_configuration(
    image: DiffractionImage | None = None,
    *,
    file: Annotated[Path, Param(path="open", filter=_FILTER)],
    more_files: Annotated[
        list[Path], Param(label="Then these files", path="open", filter=_FILTER)
    ] = [],  # noqa: B006
    energy: Annotated[float | None, Param(unit="keV", gt=0, auto="from the files")] = None,
    turned: Annotated[
        Literal["found by the rings", "no", "upside down"],
        Param(label="Made for the image turned"),
    ] = "found by the rings",
    calibrant: Annotated[
        str | None, Param(choices=calibrant_names, auto="from the files", more=True)
    ] = None,
    detector: Annotated[str | None, Param(auto="from the files", more=True)] = None,
    rows: Annotated[int | None, Param(unit="px", ge=1, auto="of the detector", more=True)] = None,
    columns: Annotated[
        int | None, Param(unit="px", ge=1, auto="of the detector", more=True)
    ] = None,
) -> Configured:
    """Read how to integrate from pyFAI's files: geometry, corrections, range and method.

    Reads PONI files of any version and JSON of ``pyFAI-integrate`` of versions 1 to 5.
    Link both outputs to Integrate 1D, 2D or scan: what is left at its default there is taken
    from the configuration.

    Parameters
    ----------
    image:
        Image of a calibrant: tells whether the geometry was made for the image upside down,
        as Dioptas does, and the shape of a detector without a name.
    file:
        PONI file or JSON file.
    more_files:
        Files that are read after it, in this order: what each one says replaces what was
        said before.
    energy:
        Photon energy, when the files do not tell it or tell it wrong.
    turned:
        How the image was turned when the geometry was made. The rings tell it when an image
        of a calibrant is linked; without one the geometry is taken as it is.
    calibrant:
        Powder of the linked image.
    detector:
        Name of the detector, when the files do not tell it or tell it wrong.
    rows:
        Rows of the image, for files that name only the size of the pixels.
    columns:
        Columns of the image, for files that name only the size of the pixels.

    Raises
    ------
    InputError
        When a file is missing, damaged, of a newer version or says what makes no sense, or
        the geometry, the energy or the detector is in none of them.
    """
    words, sources = Words(), tuple(map(Path, (file, *more_files)))
    for path in sources:
        is_poni = path.suffix.lower() != ".json"
        words.merge(Words(geometry=poni_words(path)) if is_poni else read_words(path))
    shape = (rows, columns) if rows and columns else None
    geometry, check = _geometry(words, sources, image, detector, shape, energy), ""
    if turned == "upside down":
        geometry = geometry.flipped()
    elif turned == "found by the rings" and image is not None:
        geometry, check = _turned(words, image, geometry, calibrant or words.calibrant)
    configuration = Configuration(
        geometry, words.settings, words.files, words.dummy, sources, tuple(words.notes), check
    )
    return Configured(geometry, configuration)


def _geometry(
    words: Words,
    sources: tuple[Path, ...],
    image: DiffractionImage | None,
    detector: str | None,
    shape: tuple[int, int] | None,
    energy: float | None,
) -> Geometry:
    from pyFAI.detectors import Detector as Base
    from pyFAI.io.ponifile import PoniFile

    said = words.geometry
    where = " and ".join(str(path) for path in sources)
    missing = [n for n in ("dist", "poni1", "poni2") if said.get(n) is None]
    if missing:
        raise InputError(f"There is no geometry in {where}: {', '.join(missing)} not given.")
    if not 0 < said["dist"] < 1e4:
        raise InputError(f"{where} has no sensible distance: {said['dist']:g} m.")
    config = said.get("detector_config") or {}
    version = 2.1 if "orientation" in config else 2
    whole = {f"rot{i}": 0.0 for i in (1, 2, 3)} | said | {"detector_config": config}
    if not said.get("detector"):
        whole |= {"detector": "Detector"}
    name = whole["detector"]
    if name.lower() not in Base.registry and not Path(name).is_file():
        raise InputError(
            f"{where} names a detector '{name}' that pyFAI does not know."
            f"{did_you_mean(name, detector_names())}"
        )
    try:
        poni = PoniFile(whole | {"poni_version": version})
    except Exception as error:  # pyFAI's detectors raise whatever a wrong word makes them
        raise InputError(
            f"{where} names a detector '{name}' that pyFAI can't make: {error}."
        ) from None
    found = poni.detector
    if image is not None and shape is None and type(found).__name__ == "Detector":
        shape = image.shape
        own = image.detector
        if own and found.pixel1 and np.allclose((found.pixel1, found.pixel2), own.pixel_size):
            # the image tells which detector it is, and so where its gaps are
            size, orientation = own.pixel_size, int(found.orientation or 3)
            named = Detector(own.name, size, own.shape, orientation, own.config)
            return replace(geometry_from(poni, where, None, shape, energy), detector=named)
    return geometry_from(poni, where, detector, shape, energy)


def _turned(
    words: Words, image: DiffractionImage, geometry: Geometry, calibrant: str
) -> tuple[Geometry, str]:
    """The geometry for the image as it is, and why it holds; what is odd is noted."""
    from ..calibration.upside_down import turn

    check_shape("image", image.shape, geometry.detector.shape, "geometry's detector")
    if not calibrant:
        words.notes.append(
            "Whether the geometry was made for the image upside down was not looked at: "
            "give 'calibrant'."
        )
        return geometry, ""
    setup = Setup(named_calibrant(calibrant), geometry.detector, geometry.wavelength)
    found = turn(image, setup, geometry)
    geometry = replace(found.geometry, calibrant=setup.calibrant, trusted=found.sure)
    if found.sure and not found.way:
        return geometry, found.words
    words.notes.append(found.words)
    return replace(geometry, warnings=() if found.sure else (found.words,)), ""
