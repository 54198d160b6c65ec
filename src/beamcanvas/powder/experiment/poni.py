"""Reading and writing geometries as PONI files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from ...errors import InputError
from ...output_file import replacing
from ...task import Existing, Param, task
from ..types import Detector, Geometry, typed_wavelength
from .detectors import named_detector

_FILTER = "Geometry (*.poni);;All files (*)"
_SHORTEST, _LONGEST = 1e-12, 1e-7  #: wavelengths of X-rays, m
_FIELDS = ("dist", "poni1", "poni2", "rot1", "rot2", "rot3")


@task(title="Open geometry", output="geometry", requires="powder")
def read_poni(
    file: Annotated[Path, Param(path="open", filter=_FILTER)],
    *,
    detector: Annotated[str | None, Param(auto="from the file", more=True)] = None,
    rows: Annotated[int | None, Param(unit="px", ge=1, auto="of the detector", more=True)] = None,
    columns: Annotated[
        int | None, Param(unit="px", ge=1, auto="of the detector", more=True)
    ] = None,
    energy: Annotated[float | None, Param(unit="keV", gt=0, auto="from the file")] = None,
    upside_down: Annotated[bool, Param(label="Made for the image upside down")] = False,
) -> Geometry:
    """Read a geometry from a ``.poni`` file of pyFAI, Dioptas or any other program.

    Parameters
    ----------
    file:
        PONI file, of any version.
    detector:
        Name of the detector, when the file does not tell it or tells it wrong.
    rows:
        Rows of the image, for a file that names only the size of the pixels.
    columns:
        Columns of the image, for a file that names only the size of the pixels.
    energy:
        Photon energy, when the file does not tell it or tells it wrong.
    upside_down:
        Dioptas turned images upside down before calibrating: tick this to use its geometry
        with the image as the file has it.

    Raises
    ------
    InputError
        When the file is missing or no PONI file, or the detector or the energy is not in it.
    """
    shape = (rows, columns) if rows and columns else None
    geometry = geometry_from(read_poni_file(file), str(file), detector, shape, energy)
    return geometry.flipped() if upside_down else geometry


def geometry_from(
    poni: Any,
    source: str,
    detector: str | None = None,
    shape: tuple[int, int] | None = None,
    energy: float | None = None,
) -> Geometry:
    """A geometry from pyFAI's ``PoniFile``.

    Parameters
    ----------
    source:
        Words for where it is from.
    detector, shape, energy:
        What is known better than it says, energy in keV.

    Raises
    ------
    InputError
        When the detector or the energy is neither in it nor given.
    """
    found = poni.detector
    said = tuple(found.shape or found.max_shape or ()) if found is not None else ()
    said = shape or said
    orientation = int(getattr(found, "orientation", 3) or 3)
    if detector:
        known = named_detector(detector, shape, orientation)
    elif found is not None and type(found).__name__ != "Detector":
        name = found.aliases[0] if found.aliases else type(found).__name__
        known = named_detector(name, (int(said[0]), int(said[1])), orientation)
    elif found is not None and found.pixel1 and found.pixel2:
        size = (float(found.pixel1), float(found.pixel2))
        if len(said) != 2:
            raise InputError(
                f"{source} names pixels of {1e6 * size[0]:g} × {1e6 * size[1]:g} µm but no "
                "detector: give 'detector', or 'rows' and 'columns'."
            )
        known = Detector("Detector", size, (int(said[0]), int(said[1])), orientation)
    else:
        raise InputError(f"{source} names no detector and no pixel size: give 'detector'.")
    if energy is not None:
        wavelength = typed_wavelength(energy)
    elif not poni.wavelength:
        raise InputError(f"{source} has no wavelength: give 'energy' in keV.")
    else:
        wavelength = float(poni.wavelength)
        if not _SHORTEST < wavelength < _LONGEST:
            raise InputError(
                f"{source} has a wavelength of {wavelength:g} m, which is none of X-rays"
                + (f": did you mean {wavelength:g} Å?" if 0.01 < wavelength < 100 else ".")
            )
    return Geometry(
        distance=float(poni.dist),
        poni1=float(poni.poni1),
        poni2=float(poni.poni2),
        rot1=float(poni.rot1),
        rot2=float(poni.rot2),
        rot3=float(poni.rot3),
        wavelength=wavelength,
        detector=known,
    )


def read_poni_file(file: Path) -> Any:
    """A PONI file of any version as pyFAI's ``PoniFile``.

    Raises
    ------
    InputError
        When it is missing, damaged or no PONI file.
    """
    file = Path(file)
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} can't be read as a PONI file: {error}.") from None
    return read_poni_text(text, str(file))


def read_poni_text(text: str, source: str) -> Any:
    """The text of a PONI file of any version as pyFAI's ``PoniFile``.

    Raises
    ------
    InputError
        When it is damaged or no PONI file; the sentence begins with `source`.
    """
    from pyFAI.io.ponifile import PoniFile

    lines = [line.partition(":") for line in text.splitlines() if not line.startswith("#")]
    words = {name.strip().lower(): value.strip() for name, colon, value in lines if colon}
    missing = [n for n in ("Distance", "Poni1", "Poni2") if n.lower() not in words]
    if missing:
        raise InputError(f"{source} is no PONI file: it has no {' and no '.join(missing)}.")
    poni = PoniFile()
    try:
        poni.read_from_dict(words)
        values = [float(getattr(poni, name)) for name in _FIELDS]
    except Exception as error:  # pyFAI's reader raises whatever a wrong word makes it
        raise InputError(f"{source} is a damaged PONI file: {error}.") from None
    if not all(abs(v) < 1e6 for v in values) or values[0] <= 0:
        raise InputError(f"{source} has no sensible distance: {values[0]:g} m.")
    return poni


def poni_text(geometry: Geometry) -> str:
    """The geometry as the text of a PONI file."""
    import io

    from pyFAI.io.ponifile import PoniFile

    text = io.StringIO()
    PoniFile(geometry.pyfai()).write(text)
    return text.getvalue()


@task(title="Save geometry", output="file", requires="powder")
def save_poni(
    geometry: Geometry,
    *,
    file: Annotated[Path, Param(path="save", filter=_FILTER)],
    existing: Existing = "keep",
) -> Path:
    """Write a geometry as a ``.poni`` file, which pyFAI and most other programs read.

    Parameters
    ----------
    geometry:
        Geometry of the experiment.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.

    Raises
    ------
    InputError
        When the file can't be written, or is there and to be kept.
    """
    with replacing(file, ".poni", existing) as (path, new):
        new.write_text(poni_text(geometry), encoding="utf-8")
    return path
