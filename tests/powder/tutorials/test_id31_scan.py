"""The scheme for scans does what its page says."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.powder import average_frames, describe_variants, integrate_scan, read_poni

from ..conftest import TUTORIAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


def test_a_powder_turns_into_another(folder: Path) -> None:
    page = " ".join((folder / "id31_scan.md").read_text().split())
    scheme = folder / "id31_scan.ows"
    scan = beamcanvas.run(scheme, outputs=[{"all": True}]).nodes["scan"]["scan"]
    assert f"*{scan.summary}*" in page
    assert scan.engine.partition(",")[0] in page
    frames = scan.nxdata().signal
    for line, first, last in ((7.58, 40, 2), (5.70, 2, 38)):
        assert f"at {line:.2f}°" in page
        near = np.abs(scan.radial - line) < 0.1
        assert np.nanmax(frames[0, near]) == pytest.approx(first, abs=3)
        assert np.nanmax(frames[-1, near]) == pytest.approx(last, abs=3)
    ground = (scan.radial > 4) & (scan.radial < 5)
    levels = np.nanmean(frames[:, ground], axis=1)
    assert levels.max() < 1.2 * levels.min()  # the monitor goes from 1.2 to 0.8
    columns = np.loadtxt(folder / "results" / "scan_average.xye")
    assert columns.shape[1] == 3
    with zipfile.ZipFile(folder / "results" / "frames.zip") as archive:
        assert len(archive.namelist()) == 12
        first = archive.read("scan_simulated_1_0000.xye").decode()
    assert "# mon = 1.2" in first
    assert "# temperature = 300.0" in first


def test_without_one_of_its_files(folder: Path) -> None:
    file = folder / "scan0001" / "pilatus_0001.h5"
    file.rename(file.with_name("gone.h5"))
    nodes = beamcanvas.run(folder / "id31_scan.ows", outputs=[{"all": True}]).nodes
    words = nodes["scan"]["scan"].summary.removeprefix("scan, ")
    assert f"*{words}*" in " ".join((folder / "id31_scan.md").read_text().split())


def test_the_exercises_come_out_as_the_page_says(folder: Path) -> None:
    geometry = read_poni(folder / "scan_simulated.poni")
    ways = describe_variants(named_sectors=["top: 60 to 120"], units=["q_nm^-1"])
    found = integrate_scan(
        geometry, variants=ways, file=folder / "scan_simulated.h5", output=folder / "s.h5",
        points=800, monitor="mon",
    )  # fmt: skip
    assert list(found.scan.variants) == ["top"]
    assert found.scan.variants["top"].path == "/1.1/pilatus_integrate_top/integrated"
    averages = average_frames(found.scan, together=4)
    assert len(averages.patterns.patterns) == 3
