"""What a bliss file offers to choose from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder.scan.contents import counters, detectors, motors, scan_numbers


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for number, names in ((1, ("mon", "tth")), (3, ("mon",))):
        scan = ScanWriter(
            tmp_path / "a.h5", names, scan=number, positioners={"tth": 3.0, "energy": 30.0}
        )
        scan.add(np.zeros((20, 20), np.int32), **dict.fromkeys(names, 1.0))
        scan.finish()
    return tmp_path / "a.h5"


def test_what_is_there(file: Path) -> None:
    assert scan_numbers(file) == [1, 3]
    assert detectors(file, 1, 1) == ["pilatus"]
    assert counters(file, 1, 1) == ["mon", "tth"]
    assert motors(file, 1, 1) == ["mon", "tth", "energy"]
    assert counters(file, 3, 1) == ["mon"]


def test_what_is_not_there(file: Path, tmp_path: Path) -> None:
    assert counters(file, 2, 1) == detectors(file, 1, 2) == motors(file, 2, 1) == []
    (tmp_path / "text.h5").write_text("no HDF5")
    for wrong in (tmp_path / "nowhere.h5", tmp_path / "text.h5", tmp_path, None):
        with pytest.raises(InputError):
            scan_numbers(wrong)
