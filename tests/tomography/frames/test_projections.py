"""Reading projections: the same numbers as nabu's flat field, in any chunks, within memory."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import ClassVar

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    Selection,
    TomoScan,
    bin_pixels,
    choose_projections,
    correct_hot_pixels,
    correct_tilt,
    double_flat_field,
    open_scan,
    reconstruct_slices,
    reduce_darks_and_flats,
    remove_rings,
    retrieve_phase,
    select_region,
    unsharp_mask,
)
from beamcanvas.tomography.frames.flatten import read_reduced
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.frames.treatment import Geometry, SinogramTreatment
from beamcanvas.tomography.scan.nxtomo import read_table
from beamcanvas.tomography.simulated.scan import simulate_scan

DATA = "entry0000/instrument/detector/data"


def radios(scan: TomoScan) -> np.ndarray:
    with Projections(scan) as projections:
        return projections.radios(0, projections.shape[0])


def sinograms(scan: TomoScan) -> np.ndarray:
    with Projections(scan) as projections:
        return projections.sinograms(0, projections.shape[1])


@pytest.mark.peer
@pytest.mark.parametrize("name", ["savu", "tooth", "simulated"])
def test_the_flat_field_is_that_of_nabu(name: str, request: pytest.FixtureRequest) -> None:
    from nabu.preproc.flatfield import FlatField

    scan: TomoScan = request.getfixturevalue(name)
    table = read_table(scan)
    frames = table.projections
    assert scan.darks is not None
    assert scan.flats is not None
    with h5py.File(scan.file) as root:
        expected = root[DATA][()][frames].astype(np.float32)
    flat = FlatField(
        expected.shape,
        dict(zip(scan.flats.frames, read_reduced(scan.flats), strict=True)),
        dict(zip(scan.darks.frames, read_reduced(scan.darks), strict=True)),
        radios_indices=frames,
        radios_srcurrent=None if table.currents is None else table.currents[frames],
        flats_srcurrent=scan.flats.currents or None,
    )
    flat.normalize_radios(expected)
    np.testing.assert_allclose(radios(scan), expected, rtol=2e-6)


def test_the_current_counts_only_where_it_is_wanted(simulated: TomoScan) -> None:
    with_it, without = radios(simulated), radios(replace(simulated, use_current=False))
    air = np.s_[45, :, :3]
    assert with_it[air].mean() == pytest.approx(1, abs=0.01)
    assert np.abs(with_it - without).max() > 0


def test_sinograms_are_minus_the_logarithm_of_radios(savu: TomoScan) -> None:
    with Projections(savu) as projections:
        whole = projections.sinograms(0, projections.shape[1])
        assert whole.shape == (24, 91, 160)
        assert whole.flags.c_contiguous
        assert whole.dtype == np.float32
        np.testing.assert_allclose(whole[:, 7], -np.log(projections.radio(7)), atol=1e-6)
        np.testing.assert_array_equal(projections.sinograms(5, 6), whole[5:6])
        assert np.rad2deg(projections.angles[[0, -1]]) == pytest.approx([-88.2, 91.8])


def test_chunks_of_rows_are_parts_of_the_whole(savu: TomoScan) -> None:
    """Every treatment sees the rows around a chunk that it needs."""
    scan = retrieve_phase(correct_hot_pixels(savu), delta_beta=1.0)
    scan = unsharp_mask(correct_tilt(scan, angle=0.5), sigma=0.7)
    for treated in (
        scan,
        double_flat_field(scan, sigma=1.0),
        bin_pixels(scan, columns=2),
        select_region(bin_pixels(scan, columns=3, rows=2), first_row=3, last_row=20),
    ):
        with Projections(treated) as projections:
            rows = projections.shape[1]
            whole = projections.sinograms(0, rows)
            for first in (0, rows // 2, rows - 2):
                part = projections.sinograms(first, first + 2)
                np.testing.assert_allclose(part, whole[first : first + 2], atol=2e-5)


def test_the_same_in_one_thread_and_in_several(savu: TomoScan) -> None:
    scan = remove_rings(savu)
    with Projections(scan, threads=1) as one, Projections(scan, threads=3) as several:
        np.testing.assert_array_equal(one.sinograms(0, 4), several.sinograms(0, 4))


def test_binning_averages_transmissions_and_scales_the_pixels(simulated: TomoScan) -> None:
    binned = bin_pixels(simulated, columns=2)
    fine, coarse = radios(simulated), radios(binned)
    expected = fine.reshape(90, 10, 2, 48, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(coarse, expected, rtol=1e-5)
    with Projections(replace(binned, centre=50.25)) as projections:
        assert projections.pixel_size == pytest.approx((2e-6, 2e-6))
        assert projections.centre == pytest.approx((50.25 + 0.5) / 2 - 0.5)
        assert projections.from_column(projections.centre) == pytest.approx(50.25)


def test_a_region_is_a_part_of_the_whole(savu: TomoScan) -> None:
    part = select_region(savu, first_row=4, last_row=9, first_column=20, last_column=99)
    np.testing.assert_array_equal(sinograms(part), sinograms(savu)[4:10, :, 20:100])
    with Projections(replace(part, centre=86.0)) as projections:
        assert projections.centre == 66.0
    turned = correct_tilt(unsharp_mask(savu), angle=2)
    np.testing.assert_allclose(
        sinograms(select_region(turned, first_row=4, last_row=9)),
        sinograms(turned)[4:10],
        atol=1e-5,
    )


def test_projections_are_chosen_by_number_and_by_angle(savu: TomoScan) -> None:
    scan = choose_projections(savu, every=2, exclude=[4], exclude_angles=[(-10.5, 10.5)])
    with Projections(scan) as projections:
        degrees = np.rad2deg(projections.angles)
        assert 4 not in projections.numbers
        assert not ((degrees > -10.5) & (degrees < 10.5)).any()
        np.testing.assert_array_equal(
            projections.sinograms(0, 1)[0], sinograms(savu)[0][projections.numbers]
        )
    with pytest.raises(InputError, match="no projection is left"):
        choose_projections(savu, exclude_angles=[(-180, 180)])
    with pytest.raises(InputError, match="no projection 91 among 91"):
        choose_projections(savu, exclude=[91])


@pytest.mark.parametrize("flips", [(True, False), (False, True), (True, True)])
def test_flips_are_undone(savu: TomoScan, flips: tuple[bool, bool]) -> None:
    turned = select_region(replace(savu, flips=flips), first_row=2, last_row=5)
    expected = radios(savu)[:, :: -1 if flips[1] else 1, :: -1 if flips[0] else 1][:, 2:6]
    np.testing.assert_array_equal(radios(turned), expected)


def test_dead_pixels_take_the_values_between_their_neighbours(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "dead.nx", rows=4, columns=32, projections=20, photons=0)
    whole = radios(reduce_darks_and_flats(open_scan(file), folder=tmp_path / "whole"))
    with h5py.File(file, "a") as root:
        keys = root["entry0000/instrument/detector/image_key_control"][()]
        root[DATA][:, :, 10:12] = 100
        root[DATA][:, :, 0] = 100
        assert (keys == 0).sum() == 20
    scan = reduce_darks_and_flats(open_scan(file), folder=tmp_path / "dead")
    assert any("12 pixels are dead" in w for w in scan.warnings)
    mended = radios(scan)
    left, right = whole[:, :, 9], whole[:, :, 12]
    np.testing.assert_allclose(mended[:, :, 10], left + (right - left) / 3, rtol=1e-5)
    np.testing.assert_array_equal(mended[:, :, 0], mended[:, :, 1])
    np.testing.assert_array_equal(mended[:, :, 13:], whole[:, :, 13:])


def test_projections_that_are_no_numbers_are_mended_too(tmp_path: Path, savu: TomoScan) -> None:
    file = tmp_path / "floats.nx"
    with h5py.File(savu.file) as old, h5py.File(file, "w") as new:
        old.copy("entry0000", new)
        frames = new[DATA][()].astype(np.float32)
        frames[40, 3, 17:19] = np.nan
        del new[DATA]
        new[DATA] = frames
    scan = replace(open_scan(file), darks=savu.darks, flats=savu.flats)
    found = radios(scan)
    assert np.isfinite(found).all()
    with Projections(scan) as projections:
        projections.sinograms(0, 2)
        assert projections.doubts == ()
        projections.sinograms(2, 5)
        (doubt,) = projections.doubts
        assert doubt.startswith("Frame 40 holds values that are no numbers")
    warned = reconstruct_slices(replace(scan, centre=86.0), positions="3").warnings
    assert doubt in warned
    with h5py.File(file, "a") as new:
        new[DATA][51] = np.nan
    with pytest.raises(InputError, match=r"floats.nx: frame 51 holds no number; declare it inv"):
        radios(scan)
    assert found[40 - 2, 3, 17] == pytest.approx(
        (2 * found[40 - 2, 3, 16] + found[40 - 2, 3, 19]) / 3, rel=1e-5
    )


def test_memory_stays_below_what_it_says(tmp_path: Path) -> None:
    file = simulate_scan(tmp_path / "big.nx", rows=64, columns=256, projections=200)
    scan = correct_hot_pixels(reduce_darks_and_flats(open_scan(file)))
    with Projections(scan, threads=2) as projections:
        for rows in (4, 32):
            said = projections.memory_for(rows)
            projections.sinograms(0, 1)
            tracemalloc.start()
            projections.sinograms(8, 8 + rows)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < said < 3 * peak


@dataclass(frozen=True)
class Slow(SinogramTreatment):
    """Takes as long as some ring removals do."""

    order: ClassVar[int] = 200
    summary: ClassVar[str] = "slow"

    def apply(self, sinogram: np.ndarray, geometry: Geometry) -> np.ndarray:
        sleep(5)
        return sinogram


def test_cancelling_does_not_wait_for_what_is_under_way(savu: TomoScan) -> None:
    with Projections(savu) as projections, pytest.raises(Cancelled):
        projections.sinograms(0, 4, Progress(is_cancelled=lambda: True))
    started = monotonic()
    progress = Progress(is_cancelled=lambda: monotonic() - started > 0.3)
    with Projections(savu.treated(Slow())) as projections, pytest.raises(Cancelled):
        projections.sinograms(0, 4, progress)
    assert monotonic() - started < 4


def test_virtual_frames_are_read_where_they_are(tmp_path: Path, savu: TomoScan) -> None:
    """An NXtomo whose frames are links to another's, in a folder beside it, by a relative path."""
    (tmp_path / "raw").mkdir()
    with h5py.File(savu.file) as root:
        frames = root[DATA][()]
    for n, part in enumerate(np.array_split(frames, 3)):
        with h5py.File(tmp_path / "raw" / f"part{n}.h5", "w") as raw:
            raw.create_dataset("a/frames", data=part, chunks=(1, *part.shape[1:]))
    linked = tmp_path / "linked.nx"
    with h5py.File(savu.file) as old, h5py.File(linked, "w") as new:
        old.copy("entry0000", new)
        del new[DATA]
        layout = h5py.VirtualLayout(frames.shape, frames.dtype)
        start = 0
        for n, part in enumerate(np.array_split(frames, 3)):
            layout[start : start + len(part)] = h5py.VirtualSource(
                f"raw/part{n}.h5", "a/frames", part.shape
            )
            start += len(part)
        new.create_virtual_dataset(DATA, layout)
    scan = replace(open_scan(linked), darks=savu.darks, flats=savu.flats)
    np.testing.assert_array_equal(radios(scan), radios(savu))
    (tmp_path / "raw" / "part1.h5").unlink()
    with pytest.raises(InputError, match=r"its frames are in .*part1.h5, which is not there"):
        Projections(scan)


def stored(savu: TomoScan, file: Path, **how: object) -> TomoScan:
    """The scan with its frames stored in another way."""
    with h5py.File(savu.file) as old, h5py.File(file, "w") as new:
        old.copy("entry0000", new)
        frames = new[DATA][()]
        del new[DATA]
        new.create_dataset(DATA, data=frames, **how)
    return replace(open_scan(file), darks=savu.darks, flats=savu.flats)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"chunks": (1, 24, 160)},
        {"chunks": (1, 24, 160), "compression": "gzip", "shuffle": True},
        {"chunks": (8, 5, 40), "compression": "gzip"},
        {"chunks": (1, 24, 160), "compression": 32008, "compression_opts": (0, 2)},
    ],
    ids=["whole", "by frame", "gzip", "blocks", "bitshuffle"],
)
def test_frames_however_they_are_stored(
    savu: TomoScan, tmp_path: Path, how: dict[str, object]
) -> None:
    import hdf5plugin  # noqa: F401 - registers bitshuffle

    scan = stored(savu, tmp_path / "other.nx", **how)
    np.testing.assert_array_equal(radios(scan), radios(savu))
    with Projections(scan) as projections:
        np.testing.assert_array_equal(projections.sinograms(7, 9), sinograms(savu)[7:9])


def test_frames_that_are_damaged_or_were_never_written(savu: TomoScan, tmp_path: Path) -> None:
    how = {"chunks": (1, 24, 160), "compression": "gzip"}
    scan = stored(savu, tmp_path / "damaged.nx", **how)
    with h5py.File(scan.file, "a") as root:
        root[DATA].id.write_direct_chunk((40, 0, 0), b"this is no frame")
    with pytest.raises(
        InputError, match=r"damaged.nx: frames \d+ to \d+ can.t be read; the file may be"
    ):
        sinograms(scan)
    with h5py.File(scan.file, "a") as root:
        frames = root[DATA][:30]
        del root[DATA]
        data = root.create_dataset(DATA, (93, 24, 160), np.uint16, chunks=(1, 24, 160))
        data[:30] = frames
    with pytest.raises(InputError, match=r"damaged.nx: frame \d+ was never written"):
        sinograms(scan)


@settings(max_examples=40)
@given(data=st.data())
def test_any_part_of_a_scan_is_that_part_of_its_frames(savu: TomoScan, data: st.DataObject) -> None:
    """Region, binning, flips, every n-th, left out: against plain indexing of all frames."""

    def part(count: int) -> tuple[int, int]:
        start = data.draw(st.integers(0, count - 4))
        return start, data.draw(st.integers(start + 4, count))

    chosen = Selection(
        rows=part(24),
        columns=part(160),
        binning=(data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))),
        every=data.draw(st.integers(1, 5)),
        start=data.draw(st.integers(0, 9)),
        excluded=tuple(data.draw(st.lists(st.integers(0, 90), max_size=5))),
    )
    flips = data.draw(st.booleans()), data.draw(st.booleans())
    assert chosen.rows is not None
    assert chosen.columns is not None
    high, wide = chosen.binning
    numbers = [n for n in range(chosen.start, 91, chosen.every) if n not in chosen.excluded]
    frames = radios(savu)[numbers][:, :: -1 if flips[1] else 1, :: -1 if flips[0] else 1]
    frames = frames[:, slice(*chosen.rows), slice(*chosen.columns)]
    rows, columns = frames.shape[1] // high, frames.shape[2] // wide
    cells = frames[:, : rows * high, : columns * wide]
    cells = cells.reshape(-1, rows, high, columns, wide).mean(axis=(2, 4))
    start = data.draw(st.integers(0, rows - 1))
    stop = data.draw(st.integers(start + 1, rows))
    with Projections(replace(savu, selection=chosen, flips=flips)) as projections:
        found = projections.sinograms(start, stop)
    expected = -np.log(cells[:, start:stop]).transpose(1, 0, 2)
    np.testing.assert_allclose(found, expected, atol=2e-6)
