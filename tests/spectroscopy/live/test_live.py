"""A reduction that follows a simulated acquisition: no errors on the way, the offline result."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.errors import InputError
from beamcanvas.execution.watch import watch
from beamcanvas.spectroscopy import read_spectra
from beamcanvas.spectroscopy.simulated import scan_points, simulate_scan

from ..conftest import TUTORIAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


@pytest.mark.parametrize("name", ["online.h5", "online.dat"])
def test_the_tutorial_scheme_follows_a_scan(folder, name):
    foil = read_spectra([folder / "EXAFS_Cu.dat"])
    file = folder / name
    thread = threading.Thread(
        target=simulate_scan, args=(file, foil), kwargs={"points": 600, "rate": 300.0}
    )
    passes = []
    thread.start()
    last = watch(folder / "exafs_plot.ows", file, every=0.02, rest=0.5, on_pass=passes.append)
    thread.join()
    assert last.is_last
    assert not any(done.failures for done in passes)
    states = [done.result.nodes["overview"]["overview"].table[0]["status"] for done in passes]
    assert states[-1] == "good"
    reached = [done.result.nodes["read"]["spectra"].energy for done in passes]
    assert [len(energy) for energy in reached] == sorted(len(energy) for energy in reached)
    before = [s for s, e in zip(states, reached, strict=True) if len(e) < 20 or e[-1] < 8970]
    assert {state[:7] for state in before} <= {"waiting"}
    # followed or read afterwards: the same numbers
    offline = beamcanvas.run(
        folder / "exafs_plot.ows", {"read": {"files": [str(file)]}}, outputs=[{"all": True}]
    )
    live, whole = (r.nodes["fourier"]["fourier"] for r in (last.result, offline))
    assert len(offline.nodes["read"]["spectra"].energy) == 600
    np.testing.assert_array_equal(live.chi, whole.chi)
    np.testing.assert_array_equal(live.normalised.e0, whole.normalised.e0)


def test_what_is_simulated_is_what_was_measured(tmp_path):
    foil = read_spectra([TUTORIAL / "EXAFS_Cu.dat"])
    file = simulate_scan(tmp_path / "a.h5", foil, points=500, noise=0.0, sleep=lambda _: None)
    found = read_spectra([file])
    np.testing.assert_allclose(found.energy, scan_points(foil, 500), atol=1e-6)
    straight = np.interp(found.energy, foil.energy, foil.mu[0])
    np.testing.assert_allclose(found.mu[0], straight, atol=1e-9)
    assert not found.warnings
    with pytest.raises(InputError, match="can't be written"):
        simulate_scan(Path("/proc/nowhere/a.dat"), foil, sleep=lambda _: None)


def test_a_line_that_is_half_written_is_left_for_the_next_look(tmp_path):
    file = tmp_path / "a.dat"
    file.write_text("# energy  mu\n8979.0 1.0\n8980.0 1.1\n8981.0 1.2\n8982.0 1.")
    growing = read_spectra([file], growing=True)
    assert growing.energy.tolist() == [8979, 8980, 8981]
    file.write_text("# energy  mu\n89")
    assert len(read_spectra([file], growing=True).energy) == 0
    assert "no points yet" in read_spectra([tmp_path / "none.dat"], growing=True).summary
