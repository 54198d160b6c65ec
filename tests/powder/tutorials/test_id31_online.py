"""The scheme for a scan that is being measured, with the beamline that its page plays."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder.simulated.scan import SMALL, simulated_frames

from ..conftest import TUTORIAL

PAGE = (TUTORIAL / "id31_online.md").read_text()
SCHEME = "id31_online.ows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


def play(folder: Path, frames: int) -> subprocess.Popen[bytes]:
    """The command of the page, for fewer frames and faster."""
    line = next(row for row in PAGE.splitlines() if "-m beamcanvas" in row)
    words = shlex.split(line)
    assert words[0] == "python"
    words[words.index("--frames") + 1] = str(frames)
    words[words.index("--pause") + 1] = "0.2"
    return subprocess.Popen([sys.executable, *words[1:]], cwd=folder, env=os.environ)


def integrated(folder: Path, **inputs: object):
    given = [{"label": "Integrate scan", "name": n, "value": v} for n, v in inputs.items()]
    outputs = beamcanvas.run(folder / SCHEME, inputs=given, outputs=[{"all": True}]).nodes
    return outputs["scan"]["scan"]


def test_the_scan_that_was_there_before(folder: Path) -> None:
    assert f"*{integrated(folder).summary}*" in PAGE
    assert np.loadtxt(folder / "results" / "online_average.xye").shape[1] == 3


def test_a_scan_is_integrated_while_it_grows(folder: Path) -> None:
    beamline = play(folder, 6)
    try:
        while beamline.poll() is None and not (folder / "scan0002").exists():
            pass
        scan = integrated(folder, scan=2)
    finally:
        assert beamline.wait(60) == 0
    assert scan.is_complete
    assert scan.summary == "scan, 6 patterns of 800 points"
    assert not scan.failures
    frames = scan.nxdata().signal
    near = np.abs(scan.radial - 7.58) < 0.1
    assert np.nanmax(frames[0, near]) > 10 * np.nanmax(frames[-1, near])


def test_what_was_measured_before_the_beam_was_lost_is_kept(folder: Path) -> None:
    writer = ScanWriter(folder / "scan_simulated.h5", ("mon", "temperature"), scan=2)
    for frame, monitor in simulated_frames(3, SMALL):
        writer.add(frame, mon=monitor, temperature=300.0)
    scan = integrated(folder, scan=2, wait=1.0)
    assert scan.frames == 3
    assert not scan.is_complete
    assert any("Scan 2.1 has not ended" in warning for warning in scan.warnings)
