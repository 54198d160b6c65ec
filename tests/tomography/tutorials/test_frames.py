"""The tutorials of frames and conversions, replayed headless, give what their pages say."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.execution import run
from beamcanvas.tomography import open_scan
from beamcanvas.tomography.frames.projections import Projections

from ..conftest import TUTORIAL


@pytest.fixture
def replayed(tmp_path: Path) -> Any:
    """Runs a scheme of a copy of the tutorials; gives its outputs by node."""
    folder = tmp_path / "tomography"
    shutil.copytree(TUTORIAL, folder)

    def replay(name: str) -> dict[Any, dict[str, Any]]:
        return dict(run(folder / name).nodes)

    return replay


def test_flat_field(replayed: Any, tmp_path: Path) -> None:
    nodes = replayed("flat_field.ows")
    assert nodes["open"]["scan"].summary == "savu, 91 projections of 24 × 160 over 182°"
    reduced = nodes["reduce"]["scan"]
    assert reduced.darks.file == tmp_path / "tomography" / "results" / "savu_darks.hdf5"
    with Projections(nodes["flat"]["scan"]) as plain:
        assert plain.radio(0)[:, :10].mean() == pytest.approx(0.69, abs=0.005)
    brightness = nodes["normalise"]["brightness"].values
    assert (brightness.min(), brightness.max()) == pytest.approx((0.650, 0.689), abs=5e-4)
    with Projections(nodes["hot"]["scan"]) as treated:
        edges = treated.radios(0, 91)[:, :, :10]
        np.testing.assert_allclose(edges.mean(axis=(1, 2)), 1, atol=1e-3)
    assert nodes["compare"]["difference"].image.std() == pytest.approx(0.141, abs=5e-4)


def test_copy_darks_and_flats(replayed: Any) -> None:
    nodes = replayed("copy_darks_and_flats.ows")
    assert nodes["no_flats"]["scan"].warnings == (
        "The scan has no dark frames.",
        "The scan has no flat frames.",
    )
    copied, complete = nodes["copy"]["scan"], nodes["raw"]["scan"]
    assert copied.warnings == ()
    assert (complete.raw_darks, complete.raw_flats, complete.frames) == (1, 1, 95)
    assert open_scan(complete.file) == complete
    with Projections(copied) as one, Projections(nodes["reduce"]["scan"]) as other:
        np.testing.assert_array_equal(one.radio(30), other.radio(30))


def test_convert(replayed: Any) -> None:
    nodes = replayed("convert.ows")
    tiff, edf = nodes["both"]["scans"].scans
    assert tiff.shape == edf.shape == (31, 16, 160)
    assert (tiff.span, edf.span) == (pytest.approx(186), pytest.approx(180))
    assert (tiff.raw_darks, tiff.raw_flats) == (edf.raw_darks, edf.raw_flats) == (1, 1)
    assert (tiff.energy, edf.energy) == (25, 25)
    with Projections(tiff) as one, Projections(edf) as other:
        np.testing.assert_allclose(one.sinograms(0, 16), other.sinograms(0, 16), atol=1e-6)


def test_many_scans(replayed: Any, tmp_path: Path) -> None:
    nodes = replayed("many_scans.ows")
    states = nodes["each"]["states"]
    assert [row["File"] for row in states] == ["savu", "tooth"]
    assert all(state.startswith("done") for row in states for state in list(row.values())[1:-1])
    assert nodes["each"]["verdict"] == "2 of 2 done"
    results = tmp_path / "tomography" / "results" / "many"
    assert sorted(p.name for p in results.iterdir()) == ["savu.h5", "states.csv", "tooth.h5"]
