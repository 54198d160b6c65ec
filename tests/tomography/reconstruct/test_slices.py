"""Slices of scans: their values, planes, settings, and what is said of those that can't be made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    bin_pixels,
    choose_reconstruction,
    open_scan,
    reconstruct_slices,
    reduce_darks_and_flats,
    retrieve_phase_ctf,
)
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.reconstruct import backends
from beamcanvas.tomography.reconstruct.slices import positions_in
from beamcanvas.tomography.simulated.phantom import slice_of
from beamcanvas.tomography.simulated.scan import ATTENUATION, body_half_width, simulate_scan

COLUMNS, ROWS = 96, 20


def ratio(slices: Any, truth: Any) -> float:
    size = truth.shape[-1]
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    seen = np.hypot(x, y) < 0.465 * size
    return float(slices[..., seen].mean() / truth[..., seen].mean())


@pytest.fixture
def found(simulated: TomoScan) -> TomoScan:
    return replace(simulated, centre=50.25)


@pytest.mark.parametrize("backend", ["fast", "nabu-identical"])
@pytest.mark.parametrize("binning", [1, 2])
def test_values_are_attenuations_per_centimetre(
    found: TomoScan, backend: Any, binning: int
) -> None:
    scan = choose_reconstruction(found, backend=backend)
    if binning > 1:
        scan = bin_pixels(scan, columns=binning, rows=binning)
    slices = reconstruct_slices(scan, positions=f"0:{ROWS // binning}")
    rows, size = slices.data.shape[:2]
    assert (rows, size) == (ROWS // binning, COLUMNS // binning)
    half_width = body_half_width(COLUMNS, 50.25) / binning
    truth = np.stack([slice_of(r, rows, size, half_width) for r in range(rows)]) * ATTENUATION
    assert ratio(slices.data, truth) == pytest.approx(1, abs=0.005)
    assert slices.unit == "1/cm"
    assert slices.pixel_size == pytest.approx((binning * 1e-6,) * 2)
    assert slices.nxdata().signal_title == "Attenuation (1/cm)"


def test_slices_of_a_phase_say_so(found: TomoScan) -> None:
    phase = retrieve_phase_ctf(replace(found, energy=25.0, distance=0.05))
    assert reconstruct_slices(phase).nxdata().signal_title == "Phase shift (rad/cm)"
    unknown = reconstruct_slices(replace(found, pixel_size=None))
    assert unknown.nxdata().signal_title == "Attenuation (1/pixel)"


def test_half_acquisition(tmp_path: Path) -> None:
    centre = 76.0
    file = simulate_scan(
        tmp_path / "half.nx",
        rows=2,
        columns=COLUMNS,
        projections=360,
        span=360,
        centre=centre,
        half_acquisition=True,
        photons=0,
    )
    scan = replace(reduce_darks_and_flats(open_scan(file)), centre=centre)
    slices = reconstruct_slices(scan, positions="0, 1")
    size = slices.data.shape[1]
    assert size == 2 * COLUMNS - int(2 * (COLUMNS - 1 - centre))
    half_width = body_half_width(COLUMNS, centre, half_acquisition=True)
    truth = np.stack([slice_of(r, 2, size, half_width) for r in range(2)]) * ATTENUATION
    assert ratio(slices.data, truth) == pytest.approx(1, abs=0.005)


def test_upright_slices_are_those_of_the_volume(found: TomoScan) -> None:
    scan = choose_reconstruction(found, backend="nabu-identical")
    volume = reconstruct_slices(scan, positions=f"0:{ROWS}").data
    for plane, axis in (("XZ", 1), ("YZ", 2)):
        upright = reconstruct_slices(scan, plane=plane, positions="30, 47")  # type: ignore[arg-type]
        assert np.allclose(
            upright.data, np.moveaxis(volume.take([30, 47], axis), axis, 0), atol=1e-3
        )
        assert upright.nxdata().axes[1].name == "z"
    fast = reconstruct_slices(found, plane="XZ").data
    assert np.std(fast - volume[:, 48]) < 0.1 * volume.std()


def test_settings_are_followed(found: TomoScan, tmp_path: Path) -> None:
    whole = reconstruct_slices(found).data[0]
    region = reconstruct_slices(choose_reconstruction(found, region=(10, 59, 20, 89))).data[0]
    assert np.abs(region - whole[20:90, 10:60]).max() < 0.003 * np.abs(whole).max()
    clipped = reconstruct_slices(choose_reconstruction(found, clip=True, outside=-7)).data[0]
    assert clipped[0, 0] == -7
    assert clipped[48, 48] == pytest.approx(whole[48, 48])
    smooth = reconstruct_slices(choose_reconstruction(found, filter="hann", cutoff=0.5)).data
    assert smooth.std() < whole.std()
    turned = reconstruct_slices(choose_reconstruction(found, angle_offset=90)).data[0]
    assert np.corrcoef(turned.ravel(), np.rot90(whole, 1).ravel())[0, 1] > 0.97
    np.savetxt(tmp_path / "angles.txt", np.arange(90) * 2.0)
    same = reconstruct_slices(
        choose_reconstruction(found, angles_file=tmp_path / "angles.txt")
    ).data[0]
    assert np.allclose(same, whole, atol=1e-3)
    np.savetxt(tmp_path / "axis.txt", np.full(90, 0.75))
    moved = reconstruct_slices(
        choose_reconstruction(replace(found, centre=49.5), axis_file=tmp_path / "axis.txt")
    ).data[0]
    assert np.allclose(moved, whole, atol=1e-3)


def test_positions() -> None:
    assert positions_in("middle", 9, "") == [4]
    assert positions_in("last, 3,3 ,1:8:3", 9, "") == [1, 3, 4, 7, 8]
    for text, said in (
        ("9", "Slice 9 is not among the 9 slices"),
        ("", "names no slice"),
        ("top", "'top' names no slice: give first, middle, last"),
        ("1:2:0", "names no slice"),
    ):
        with pytest.raises(InputError, match=said):
            positions_in(text, 9, "slices")


def test_what_is_missing_is_told(found: TomoScan, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the rotation axis is not known yet; find it"):
        reconstruct_slices(replace(found, centre=None))
    with pytest.raises(InputError, match=r"axis at 120 px is outside .* columns 0 to 95"):
        reconstruct_slices(replace(found, centre=120.0))
    with pytest.raises(InputError, match=r"two rows at a time need .* GB of memory"):
        reconstruct_slices(found, plane="XZ", memory=0.001)
    np.savetxt(tmp_path / "few.txt", np.arange(80))
    with pytest.raises(InputError, match="angles of 90 projections, one a line, but holds 80"):
        reconstruct_slices(choose_reconstruction(found, angles_file=tmp_path / "few.txt"))


def test_values_that_are_no_numbers_are_told(
    found: TomoScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Projections.sinograms

    def broken(self: Projections, start: int, stop: int, *rest: Any) -> Any:
        sinograms = read(self, start, stop, *rest)
        sinograms[2, 7, 11] = np.nan
        return sinograms

    monkeypatch.setattr(Projections, "sinograms", broken)
    with pytest.raises(
        InputError, match=r"1 values .* no numbers .* projection 7, row 5, column 11"
    ):
        reconstruct_slices(found, positions="3:8")


def test_a_backend_that_cannot_run_says_why(
    found: TomoScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "_WHY_NOT", {"astra": lambda: "It is Sunday."})
    assert backends.unavailable() == {"astra": "It is Sunday."}
    with pytest.raises(InputError, match=r"'astra' can't run here\. It is Sunday\."):
        choose_reconstruction(found, backend="astra")
    with pytest.raises(InputError, match="SIRT needs 'astra'"):
        choose_reconstruction(found, method="SIRT")


def test_all_backends_know_whether_they_run() -> None:
    for reason in backends.unavailable().values():
        assert reason.endswith(".")


def test_other_backends_are_not_loaded_for_one(found: TomoScan) -> None:
    """They take longer to import than a small volume to reconstruct."""
    script = f"""
import sys
from beamcanvas.tomography import open_scan, choose_reconstruction
choose_reconstruction(open_scan({str(found.file)!r}))
print([name for name in ("astra", "nabu", "pyopencl", "numba") if name in sys.modules])
"""
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize("backend", ["nabu", "astra"])
@pytest.mark.parametrize("centred", [True, False])
def test_other_backends_agree(found: TomoScan, backend: Any, centred: bool) -> None:
    if backend in backends.unavailable():
        pytest.skip(backends.unavailable()[backend])
    ours = reconstruct_slices(
        choose_reconstruction(found, backend="nabu-identical", centred=centred, clip=True)
    ).data
    theirs = reconstruct_slices(
        choose_reconstruction(found, backend=backend, centred=centred, clip=True)
    ).data
    tolerance = 1e-4 if backend == "nabu" else 0.2
    assert np.std(ours - theirs) < tolerance * np.std(ours)


@pytest.mark.parametrize("method", ["SIRT", "CGLS", "MLEM"])
def test_iterative_methods(found: TomoScan, method: Any) -> None:
    if "astra" in backends.unavailable():
        pytest.skip(backends.unavailable()["astra"])
    scan = choose_reconstruction(found, backend="astra", method=method, iterations=30)
    slices = reconstruct_slices(scan, positions="8:12")
    half_width = body_half_width(COLUMNS, 50.25)
    truth = np.stack([slice_of(r, ROWS, COLUMNS, half_width) for r in range(8, 12)])
    assert ratio(slices.data, truth * ATTENUATION) == pytest.approx(1, abs=0.02)
