"""Where the detector stood for each sample: read, or found from an image of the calibrant."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...task import Progress
from ..calibration.kept import kept_calibration
from ..experiment.poni import read_poni
from ..image.opening import open_image
from ..types import Geometry, Mask, Setup
from .table import Sample


class Calibrations:
    """Geometries by the file that they come from, each found once.

    Parameters
    ----------
    shared:
        For samples without a calibration of their own.
    setup:
        What images of the calibrant were taken with.
    """

    def __init__(
        self, shared: Geometry | None, setup: Setup | None, mask: Mask | None, progress: Progress
    ) -> None:
        self._shared, self._setup, self._mask, self._progress = shared, setup, mask, progress
        self._known: dict[Path, Geometry | str] = {}

    def of(self, sample: Sample) -> Geometry:
        """The geometry for a sample.

        Raises
        ------
        InputError
            When there is none, or its calibration failed or is not to be trusted.
        """
        if sample.calibration is None:
            if self._shared is None:
                raise InputError("It has no calibration, and no geometry was given for all.")
            return self._shared
        if sample.calibration not in self._known:
            try:
                self._known[sample.calibration] = self._find(sample.calibration)
            except InputError as error:
                self._known[sample.calibration] = str(error)
        found = self._known[sample.calibration]
        if isinstance(found, str):
            raise InputError(found)
        return found

    def _find(self, file: Path) -> Geometry:
        if file.suffix.lower() == ".poni":
            return read_poni(file)
        if self._setup is None:
            raise InputError(
                f"{file} is to be calibrated: link the experiment, with calibrant and energy."
            )
        self._progress(None, f"Calibrating with {file.name}")
        found = kept_calibration(open_image(file), self._setup, self._mask)
        if not found.calibration.trusted:
            raise InputError(
                f"The calibration with {file} is not to be trusted: {found.calibration.reason}"
            )
        return found.geometry
