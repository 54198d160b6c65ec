"""The tutorial of a detector on an arm does what its page says."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import beamcanvas

from ..conftest import TUTORIAL


def test_the_scheme_gives_what_the_page_quotes(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))
    nodes = beamcanvas.run(folder / "calibrate_goniometer.ows").nodes
    found = nodes["calibrate"]["goniometer"]
    assert found.trusted
    page = (folder / "calibrate_goniometer.md").read_text()
    for words in (
        f"{found.points} points",
        f"{found.residual:.4f}°",
        f"{found.peak_residual:.4f}°",
        f"{1e3 * found.geometry.distance:.0f} mm",
        f"{np.degrees(found.slopes['rot2']):.4f}°",
    ):
        assert words in page
    pattern = np.loadtxt(folder / "results" / "LaB6_arm.xye")
    assert pattern[0, 0] == pytest.approx(10, abs=0.1)
    assert pattern[-1, 0] == pytest.approx(41, abs=0.1)
    assert (folder / "results" / "arm.json").is_file()
    assert str(TUTORIAL) not in (folder / "calibrate_goniometer.ows").read_text()
