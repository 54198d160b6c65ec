"""Scans for the tests: the tutorials' real ones, and a simulated one with all that a scan has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from beamcanvas.tomography import TomoScan, open_scan, reduce_darks_and_flats
from beamcanvas.tomography.simulated.scan import simulate_scan

REPOSITORY = Path(__file__).parents[2]
TUTORIAL = REPOSITORY / "tutorials" / "tomography"
SHARED = REPOSITORY.parent / "shared" / "data" / "tomo"


@pytest.fixture(scope="session")
def scans_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of the scans, which reduced frames may be written to."""
    folder = tmp_path_factory.mktemp("scans")
    for name in ("savu.nx", "tooth.nx"):
        shutil.copy(TUTORIAL / name, folder)
    return folder


@pytest.fixture(scope="session")
def savu(scans_folder: Path) -> TomoScan:
    return reduce_darks_and_flats(open_scan(scans_folder / "savu.nx"))


@pytest.fixture(scope="session")
def tooth(scans_folder: Path) -> TomoScan:
    return reduce_darks_and_flats(open_scan(scans_folder / "tooth.nx"))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    """Two series of flats, a current that decays, noise."""
    file = tmp_path_factory.mktemp("simulated") / "body.nx"
    simulate_scan(file, rows=20, columns=96, projections=90, centre=50.25)
    return reduce_darks_and_flats(open_scan(file))
