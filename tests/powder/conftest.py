"""Real data: the tutorial's image, always; the shared folder's, where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from beamcanvas.powder import (
    Calibrated,
    Detector,
    DiffractionImage,
    Geometry,
    Setup,
    calibrate,
    describe_experiment,
    open_image,
)
from beamcanvas.powder.experiment.detectors import named_calibrant
from beamcanvas.powder.types import HC

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared" / "data" / "powder"
TUTORIAL = REPOSITORY / "tutorials" / "powder"


@pytest.fixture(scope="session")
def ceo2_file() -> Path:
    return TUTORIAL / "CeO2_Pilatus1M.tif.bz2"


@pytest.fixture(scope="session")
def ceo2(ceo2_file: Path) -> DiffractionImage:
    return open_image(ceo2_file)


@pytest.fixture(scope="session")
def setup(ceo2: DiffractionImage) -> Setup:
    return describe_experiment(ceo2, calibrant="CeO2", energy=30.4929)


@pytest.fixture(scope="session")
def calibrated(ceo2: DiffractionImage, setup: Setup) -> Calibrated:
    return calibrate(ceo2, setup)


@pytest.fixture(scope="session")
def published() -> Geometry:
    """Dioptas' published geometry of the image, for the image as the file has it."""
    return Geometry(
        distance=0.208651380603,
        poni1=1043 * 172e-6 - 0.0872948482846,
        poni2=0.0799601126306,
        rot1=-0.0184422457059,
        rot2=-0.00413760084465,
        rot3=0.0,
        wavelength=HC / 30.4929,
        detector=Detector("Pilatus 1M", (172e-6, 172e-6), (1043, 981)),
        calibrant=named_calibrant("CeO2"),
    )


@pytest.fixture(scope="session")
def strip(ceo2: DiffractionImage, published: Geometry) -> tuple[DiffractionImage, Geometry]:
    """A third of the real image with the beam in it, for what needs no more; and its geometry."""
    rows = slice(400, 720)
    detector = Detector("Detector", (172e-6, 172e-6), (320, 981))
    image = replace(ceo2, data=ceo2.data[rows], mask=ceo2.mask[rows], detector=detector)
    return image, replace(published, poni1=published.poni1 - 400 * 172e-6, detector=detector)


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not here")
    return SHARED
