"""Scans as SPEC columns, with the slow counters of their second part."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from silx.io.specfile import SpecFile

from beamcanvas.powder import (
    AnalyzerPatterns,
    convert_to_spec,
)

from .conftest import ROWS


def test_as_spec(scan: Path, patterns: AnalyzerPatterns, tmp_path: Path) -> None:
    path = convert_to_spec(scan, tmp_path / "scan.spec", rows=ROWS)
    found = SpecFile(str(path))[0]
    assert found.labels[:15] == ["2_theta", *(f"MA{i}" for i in range(13)), "Monitor"]
    with h5py.File(scan) as root:
        measured = root["1.1/measurement"]
        np.testing.assert_allclose(found.data_column_by_name("2_theta"), measured["tth"])
        counts = measured["eiger_roi_collection"][()].reshape(-1, 13, ROWS)
        np.testing.assert_array_equal(found.data_column_by_name("MA4"), counts[:, 4].sum(axis=1))


def test_slow_counters_take_the_value_nearest_in_time(scan: Path, tmp_path: Path) -> None:
    found = SpecFile(str(convert_to_spec(scan, tmp_path / "a.spec", rows=ROWS)))[0]
    assert found.labels[-2:] == ["Epoch", "blowerT"]
    clock, blower = (found.data_column_by_name(name) for name in ("Epoch", "blowerT"))
    with h5py.File(scan) as root:
        times, values = (root[f"1.2/measurement/{name}"][()] for name in ("epoch", "blower_in"))
    nearest = np.abs(clock[:, None] - times).argmin(axis=1)
    ties = np.abs(np.abs(clock[:, None] - times) - 0.5).min(axis=1) < 1e-3
    np.testing.assert_allclose(blower[~ties], values[nearest][~ties])


def test_a_scan_without_slow_counters_is_converted_all_the_same(scan: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.h5"
    bare.write_bytes(scan.read_bytes())
    with h5py.File(bare, "r+") as root:
        del root["1.2"]
    found = SpecFile(str(convert_to_spec(bare, tmp_path / "a.spec", rows=ROWS)))[0]
    assert found.labels[-2:] == ["Monitor", "Epoch"]
