"""Many scans in one go, with one that fails among them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    Scans,
    TomoScan,
    choose_reconstruction,
    open_scan,
    open_volume,
    reconstruct_scans,
)
from beamcanvas.tomography.simulated.scan import simulate_scan


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Scans:
    folder = tmp_path_factory.mktemp("several")
    for name, centre, columns, span in (
        ("first", 24.5, 48, 180),
        ("moved", 26.0, 48, 180),
        ("short", 24.5, 48, 60),
        ("wide", 31.0, 64, 180),
    ):
        file = folder / f"{name}.nx"
        simulate_scan(
            file, rows=12, columns=columns, projections=60, centre=centre, span=span, photons=0
        )
    files = ("first", "moved", "short", "wide")
    return Scans(tuple(open_scan(folder / f"{name}.nx") for name in files))


def test_each_is_done_and_failures_are_told(
    several: Scans, simulated: TomoScan, tmp_path: Path
) -> None:
    example = choose_reconstruction(simulated, filter="hann")
    done = reconstruct_scans(several, example, make="both", folder=tmp_path, position="6")
    first, moved, short, wide = done.states
    assert [s.darks_and_flats for s in done.states] == ["done"] * 4
    for state, axis in ((first, 24.5), (moved, 26.0), (wide, 31.0)):
        assert float(state.rotation_axis.split()[0]) == pytest.approx(axis, abs=0.8)
        assert (state.slice, state.volume, state.problem) == ("done", "done", "")
    assert (short.rotation_axis, short.slice) == ("–", "–")
    assert "no projection is opposite" in short.problem
    assert done.slices is not None
    assert done.slices.names == ("first", "moved", "wide")
    assert done.slices.data.shape == (3, 64, 64)
    assert np.isnan(done.slices.data[0, 0, 0])
    assert np.isfinite(done.slices.data[2]).all()
    assert done.slices.nxdata().signal.ndim == 3
    assert done.volumes is not None
    assert [v.path.name for v in done.volumes] == [f"{n}_vol.hdf5" for n in done.slices.names]
    assert open_volume(tmp_path / "wide_vol.hdf5").shape == (12, 64, 64)


def test_the_axis_of_the_example(several: Scans, simulated: TomoScan) -> None:
    two = Scans(several.scans[:2])
    done = reconstruct_scans(two, replace(simulated, centre=24.5), centre="as in the example")
    assert [s.rotation_axis for s in done.states] == ["24.50 px", "24.50 px"]
    assert done.volumes is None
    unknown = reconstruct_scans(two, simulated, centre="as in the example")
    assert "rotation axis of the example, body, is not known" in unknown.states[0].problem
    assert unknown.slices is None
    with pytest.raises(InputError, match="no scan to reconstruct"):
        reconstruct_scans(Scans(()), simulated)
