"""What all analysers counted, in files."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
from silx.io.specfile import SpecFile

from beamcanvas.powder import (
    AnalyzerPatterns,
    merge_analyzers,
    open_pattern,
    save_analyzers,
    save_ascii,
)


def test_all_analysers_as_nexus(patterns: AnalyzerPatterns, tmp_path: Path) -> None:
    path = save_analyzers(patterns, file=tmp_path / "a")
    with h5py.File(path) as root:
        data = root["entry/rebin/result"]
        assert data.attrs["signal"] == "intensity"
        assert list(data.attrs["axes"]) == ["analyser", "2th"]
        assert data["2th"].attrs["units"] == "deg"
        assert "unit" not in data["2th"].attrs
        np.testing.assert_array_equal(data["counts"], patterns.counts)
        np.testing.assert_array_equal(data["monitor"], patterns.monitor)
        assert json.loads(root["entry/rebin/stage/data"][()])["wavelength"] == (
            patterns.stage.wavelength
        )
    single = open_pattern(path, number=6)
    expected = patterns.each()["MA6"]
    np.testing.assert_allclose(single.intensity, expected.intensity)
    np.testing.assert_allclose(single.radial, expected.radial)
    assert single.unit == "2th_deg"


def test_all_analysers_as_columns(patterns: AnalyzerPatterns, tmp_path: Path) -> None:
    found = SpecFile(str(save_analyzers(patterns, file=tmp_path / "a.adv")))[0]
    assert len(found.labels) == 29
    np.testing.assert_allclose(found.data_column_by_name("2_theta"), patterns.two_theta)
    np.testing.assert_allclose(found.data_column_by_name("MA4"), patterns.counts[4])
    np.testing.assert_allclose(found.data_column_by_name("Monav"), patterns.monitor.mean(axis=0))


def test_saved_for_rietveld_programs(patterns: AnalyzerPatterns, tmp_path: Path) -> None:
    pattern = merge_analyzers(patterns)
    for name in ("a.xye", "a.fxye"):
        back = open_pattern(save_ascii(pattern, file=tmp_path / name, header="none"))
        np.testing.assert_allclose(back.radial, pattern.radial, atol=1e-7)
        np.testing.assert_allclose(back.intensity, pattern.intensity, rtol=1e-7)
