"""What is wrong with a scan or a setting stands in the message bar, in one sentence."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import pytest
from kept import keep

from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.tomography import TomoScan, open_scan, reconstruct_volume, reduce_darks_and_flats

pytestmark = pytest.mark.gui

TUTORIAL = Path(__file__).parents[3] / "tutorials" / "tomography"


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    file = shutil.copy(TUTORIAL / "tooth.nx", tmp_path_factory.mktemp("scan"))
    return replace(reduce_darks_and_flats(open_scan(file)), centre=295.5, warnings=())


def said(qtbot: Any, module: str, kind: str, settings: dict[str, Any], **linked: Any) -> str:
    """What the message bar of a widget says after its run."""
    cls = vars(import_module(f"orangecontrib.beamcanvas.tomography.{module}"))[kind]
    stored = {"_ewoks_default_inputs": settings, "automatic": False}
    widget = cls.__new__(cls, stored_settings=stored)
    widget.__init__()
    for name, value in linked.items():
        widget.noderun.linked[name] = Linked(name.title(), "Result", value)
    keep(qtbot, widget).show()
    widget.noderun.run()
    qtbot.waitUntil(lambda: widget.noderun.state == State.FAILED, timeout=30000)
    qtbot.waitUntil(widget.Error.failed.is_shown, timeout=30000)
    assert not widget.Error.failed.tb
    return str(widget.Error.failed)


def test_a_scan_that_is_cut_off(qtbot, tmp_path: Path):
    file = tmp_path / "cut.nx"
    file.write_bytes((TUTORIAL / "tooth.nx").read_bytes()[:100_000])
    found = said(qtbot, "ow_open_scan", "OWOpenScan", {"file": str(file)})
    assert found == f"{file}: the HDF5 file can't be opened: it is cut off."


def test_a_scan_whose_angles_have_no_known_unit(qtbot, tmp_path: Path):
    file = Path(shutil.copy(TUTORIAL / "tooth.nx", tmp_path))
    with h5py.File(file, "a") as root:
        root["entry0000/sample/rotation_angle"].attrs["units"] = "steps"
    found = said(qtbot, "ow_open_scan", "OWOpenScan", {"file": str(file)})
    assert found == (
        "tooth.nx, entry entry0000: the unit 'steps' of the angles (sample/rotation_angle) is "
        "not known; it should be degree or radian."
    )


def test_a_phase_without_an_energy(qtbot, scan: TomoScan):
    lacking = replace(scan, energy=None, distance=0.1, pixel_size=(1e-6, 1e-6))
    found = said(qtbot, "ow_phase_paganin", "OWPhasePaganin", {}, scan=lacking)
    assert found == (
        "tooth: phase retrieval needs the photon energy, which the scan doesn't say; give it "
        "with Edit scan before this step."
    )


def test_a_volume_in_the_place_of_its_scan(qtbot, scan: TomoScan, tmp_path: Path):
    file = Path(shutil.copy(scan.file, tmp_path / "scan.hdf5"))
    before = file.read_bytes()
    settings = {"file": str(file), "existing": "replace"}
    own = replace(scan, file=file)
    found = said(qtbot, "ow_volume", "OWVolume", settings, scan=own)
    assert found == f"{file}: what is written is made of this file; choose another name."
    assert file.read_bytes() == before


def test_slices_over_a_folder_of_data(qtbot, scan: TomoScan, tmp_path: Path):
    volume = reconstruct_volume(scan, file=tmp_path / "volume.hdf5", last_row=0)
    settings = {"file": str(tmp_path), "existing": "replace"}
    found = said(qtbot, "ow_cast_volume", "OWCastVolume", settings, volume=volume)
    assert found == (
        f"{tmp_path} is a folder with more than a volume's slices in it (volume): choose another "
        "name."
    )
    assert volume.path.exists()
