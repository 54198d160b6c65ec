"""Volumes in other numbers, and joined."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from tomoscan.esrf.scan.nxtomoscan import NXtomoScan

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    TomoScan,
    Volume,
    bin_pixels,
    cast_volume,
    choose_reconstruction,
    edit_scan,
    open_volume,
    reconstruct_volume,
    reduce_darks_and_flats,
    save_scan,
    select_region,
    stitch_volumes,
)
from beamcanvas.tomography.volume.reading import VolumeData
from beamcanvas.tomography.volume.writing import write_volume

RNG = np.random.default_rng(5)
WHOLE = RNG.normal(10, 2, (30, 20, 16)).astype(np.float32)


def make(folder: Path, name: str, data: Any, start: Any = (0, 0, 0)) -> Volume:
    voxel = np.array((2e-6, 1e-6, 1e-6))
    position = (np.array(start) + np.array(data.shape) / 2) * voxel * (-1, 1, 1)
    like = Volume("", "", Path(), data.shape, "float32", tuple(voxel), tuple(position))
    return write_volume(like, folder / f"{name}.hdf5", "hdf5", iter(data))


def voxels(volume: Volume | None) -> Any:
    assert volume is not None
    with VolumeData(volume) as data:
        return data.frames(0, data.shape[0])


def test_whole_numbers_span_the_range(tmp_path: Path) -> None:
    volume = make(tmp_path, "v", WHOLE)
    cast = cast_volume(volume, low=5.0, high=15.0, dtype="uint8")
    assert cast.volume.path == tmp_path / "cast_volume" / "v"
    expected = np.clip(np.rint((WHOLE - 5) * 25.5), 0, 255)
    assert np.abs(voxels(cast.volume).astype(int) - expected).max() <= 1
    assert voxels(cast.volume).dtype == np.uint8
    assert cast.volume.voxel_size == pytest.approx(volume.voxel_size)
    assert cast.volume.position == pytest.approx(volume.position)
    assert open_volume(cast.volume.path).voxel_size == pytest.approx(volume.voxel_size)
    by_share = cast_volume(volume, format="hdf5", file=tmp_path / "c", low_percentile=1)
    low, high = np.percentile(WHOLE, (1, 99.9))
    assert by_share.histogram.low == pytest.approx(low)
    assert by_share.histogram.high == pytest.approx(high)
    assert by_share.histogram.share_inside == pytest.approx(0.989, abs=0.01)
    assert by_share.histogram.counts.sum() == WHOLE.size
    assert (voxels(by_share.volume) == 65535).mean() == pytest.approx(0.001, abs=0.0006)
    assert by_share.histogram.nxdata().lines["range"] == pytest.approx([low, high])


@pytest.mark.parametrize("format", ["multitiff", "jp2", "edf", "tiff", "hdf5"])
def test_formats(tmp_path: Path, format: Any) -> None:
    big = np.repeat(np.repeat(WHOLE, 3, 1), 3, 2)
    cast = cast_volume(make(tmp_path, "v", big), format=format, file=tmp_path / "out")
    assert voxels(cast.volume).shape == big.shape
    assert cast.volume.dtype == "uint16"


def test_what_cannot_be_cast_is_told(tmp_path: Path) -> None:
    volume = make(tmp_path, "v", WHOLE)
    for options, said in (
        ({"low": 5.0, "high": 5.0}, r"highest value \(5\) should be above the lowest \(5\)"),
        ({"format": "vol"}, "holds float32 values, not uint16"),
        ({"format": "jp2", "dtype": "float32"}, "uint8 or uint16 values, not float32"),
        ({"format": "hdf5", "file": volume.path}, "is made of this file"),
    ):
        with pytest.raises(InputError, match=said):
            cast_volume(volume, **options)  # type: ignore[arg-type]
    nothing = make(tmp_path, "nan", np.full((2, 3, 3), np.nan, np.float32))
    with pytest.raises(InputError, match="holds no number"):
        cast_volume(nothing)
    with pytest.raises(Cancelled):
        cast_volume(volume, progress=Progress(is_cancelled=lambda: True))
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["nan.hdf5", "v.hdf5"]


@pytest.mark.parametrize(("axis", "along"), [("z", 0), ("y", 1)])
@pytest.mark.parametrize("by", ["position", "overlap"])
def test_parts_of_a_whole_are_joined_to_it(tmp_path: Path, axis: Any, along: int, by: str) -> None:
    cuts = [(0, 9), (6, 14), (12, WHOLE.shape[along])]
    if by == "overlap":
        cuts = [(0, 9), (6, 15), (12, WHOLE.shape[along])]
    parts = []
    for n, (start, stop) in enumerate(cuts):
        at = [0, 0, 0]
        at[along] = start
        parts.append(make(tmp_path, f"v{n}", WHOLE.take(range(start, stop), along), at))
    options: dict[str, Any] = {"overlap": 3} if by == "overlap" else {}
    if by == "position":
        parts = [parts[1], parts[2], parts[0]]  # in any order
    for strategy in ("cosinus weights", "linear weights", "mean", "closest", "higher signal"):
        joined = stitch_volumes(
            parts, axis=axis, strategy=strategy, file=tmp_path / "j", existing="replace", **options
        )
        assert np.allclose(voxels(joined.volume), WHOLE, atol=1e-5)
    assert joined.volume is not None
    assert joined.volume.position == pytest.approx(
        tuple(np.array(WHOLE.shape) / 2 * (-2e-6, 1e-6, 1e-6))
    )
    assert joined.seams.overlaps == ((6, 9), (12, 14 if by == "position" else 15))
    assert joined.seams.nxdata().lines["overlap"][:2] == [6, 9]
    assert stitch_volumes(parts, axis=axis, **options).volume is None


def test_nabu_stitches_the_same_way_up(simulated: TomoScan, tmp_path: Path) -> None:
    """Of two parts of a volume, it takes the one that is higher for the first slices."""
    from tomoscan.factory import Factory

    scan = replace(simulated, centre=50.25)
    parts = [
        reconstruct_volume(scan, file=tmp_path / f"v{first}", first_row=first, last_row=last)
        for first, last in ((0, 11), (8, 19))
    ]
    boxes = [
        Factory.create_tomo_object_from_identifier(v.identifier).get_bounding_box(axis="z")
        for v in parts
    ]
    assert boxes[0].min > boxes[1].min  # nabu sorts by this, the highest first
    joined = stitch_volumes(parts[::-1])
    assert joined.seams.starts == (0, 8)


@pytest.mark.parametrize("system", ["McStas", "ESRF"])
def test_scans_at_two_heights_are_stitched_by_where_the_sample_was(
    simulated: TomoScan, tmp_path: Path, system: str
) -> None:
    assert simulated.pixel_size is not None
    size = 1e3 * simulated.pixel_size[0]
    up = "y_translation" if system == "McStas" else "z_translation"
    whole = reconstruct_volume(replace(simulated, centre=50.25), file=tmp_path / "whole")
    volumes = []
    for name, height in (("low", -3.0), ("high", 2.0)):
        file = tmp_path / f"{name}.nx"
        moved = edit_scan(simulated, **{up: height * size, "x_translation": 0.5 * size})
        saved = save_scan(moved, file=file)
        with h5py.File(file, "a") as root:
            root["entry0000"].attrs["NeXus_Coordinate_System"] = system
        known = NXtomoScan(str(file), "entry0000")
        expected = [float(np.mean(getattr(known, f"{axis}_translation") or 0.0)) for axis in "zyx"]
        saved = replace(reduce_darks_and_flats(saved), centre=50.25)
        volume = reconstruct_volume(saved, file=tmp_path / name)
        assert volume.position == pytest.approx(expected)
        volumes.append(volume)
    joined = stitch_volumes(volumes)
    assert joined.seams.starts == (0, 5)
    # the same rows of the detector, whether they are a region or asked for
    scan = select_region(replace(simulated, centre=50.25), first_row=4, last_row=9)
    region = reconstruct_volume(bin_pixels(scan, columns=1, rows=2), file=tmp_path / "region")
    assert whole.position is not None
    assert region.position is not None
    rows = simulated.shape[1]
    middle = ((rows - 1) / 2 - 6.5) * simulated.pixel_size[0]
    assert region.position[0] == pytest.approx(whole.position[0] + middle)


def test_regions_of_a_slice_know_where_they_are(simulated: TomoScan, tmp_path: Path) -> None:
    scan = replace(simulated, centre=50.25)
    whole = reconstruct_volume(
        choose_reconstruction(scan, backend="nabu-identical"), file=tmp_path / "whole", last_row=2
    )
    assert whole.position is not None
    assert whole.position[1:] == (0, 0)
    parts = [
        reconstruct_volume(
            choose_reconstruction(scan, backend="nabu-identical", region=(0, 95, top, bottom)),
            file=tmp_path / f"y{top}",
            last_row=2,
        )
        for top, bottom in ((0, 59), (50, 95))
    ]
    joined = stitch_volumes(parts[::-1], axis="y", file=tmp_path / "joined")
    assert joined.volume is not None
    assert joined.volume.position == pytest.approx(whole.position)
    np.testing.assert_allclose(voxels(joined.volume), voxels(whole), rtol=1e-4, atol=1e-4)


def test_weights_lead_from_one_to_the_other(tmp_path: Path) -> None:
    low = make(tmp_path, "low", np.zeros((6, 4, 5), np.float32))
    high = make(tmp_path, "high", np.ones((6, 4, 5), np.float32), (2, 0, 0))
    found = {
        strategy: stitch_volumes(first=low, second=high, strategy=strategy).seams.image[2:6, 0]  # type: ignore[arg-type]
        for strategy in ("linear weights", "cosinus weights", "mean", "closest", "higher signal")
    }
    assert found["linear weights"] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert found["cosinus weights"] == pytest.approx([0, 0.25, 0.75, 1])
    assert found["mean"] == pytest.approx([0.5] * 4)
    assert found["closest"] == pytest.approx([0, 0, 1, 1])
    assert found["higher signal"] == pytest.approx([1] * 4)


def test_the_place_and_the_brightness_are_found(tmp_path: Path) -> None:
    first = make(tmp_path, "a", WHOLE[:18])
    second = make(tmp_path, "b", 2 * WHOLE[12:], (14, 0, 0))  # two voxels off
    joined = stitch_volumes([first, second], search=4, match=True, file=tmp_path / "j")
    assert joined.seams.starts == (0, 12)
    assert np.allclose(voxels(joined.volume), WHOLE, rtol=1e-4)


@pytest.mark.parametrize("strategy", ["cosinus weights", "linear weights", "mean", "closest"])
@pytest.mark.parametrize("size", [2, 7])
def test_weights_are_those_of_nabu(tmp_path: Path, strategy: Any, size: int) -> None:
    from nabu.stitching import overlap as nabu

    kernel = nabu.ImageStichOverlapKernel(
        stitching_axis=0,
        frame_unstitched_axis_size=1,
        stitching_strategy=nabu.OverlapStitchingStrategy(strategy),
        overlap_size=size,
    )
    kernel.compute_weights()
    ones = np.ones((9, 4, 5), np.float32)
    low, high = make(tmp_path, "low", ones), make(tmp_path, "high", 3 * ones)
    joined = stitch_volumes(first=low, second=high, overlap=size, strategy=strategy)
    expected = (kernel.weights_img_1 + 3 * kernel.weights_img_2).ravel()
    assert joined.seams.image[9 - size : 9, 2] == pytest.approx(expected, abs=1e-6)


def test_the_higher_signal_is_the_higher_value_as_in_nabu(tmp_path: Path) -> None:
    """Not the one farther from zero: a dark streak is no signal."""
    from nabu.stitching.overlap import compute_image_higher_signal

    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, (2, 6, 4, 5)).astype(np.float32)
    low, high = make(tmp_path, "low", a), make(tmp_path, "high", b)
    joined = stitch_volumes(
        first=low, second=high, overlap=3, strategy="higher signal", file=tmp_path / "both"
    )
    assert joined.volume is not None
    with VolumeData(joined.volume) as data:
        found = data.frames(3, 6)
    assert found == pytest.approx(compute_image_higher_signal(a[3:], b[:3]))


@pytest.mark.parametrize("strategy", ["cosinus weights", "linear weights", "mean", "closest"])
def test_an_overlap_of_one_voxel_keeps_the_values(tmp_path: Path, strategy: Any) -> None:
    # nabu's linear weights of one voxel are 1 and 1, so that it doubles
    low, high = make(tmp_path, "low", WHOLE[:9]), make(tmp_path, "high", WHOLE[8:20])
    joined = stitch_volumes(first=low, second=high, overlap=1, strategy=strategy)
    assert joined.seams.image == pytest.approx(WHOLE[:20, 10], abs=1e-5)


@pytest.mark.parametrize("asked", range(1, 20, 3))
def test_stitching_stops_wherever_it_is_asked(tmp_path: Path, asked: int) -> None:
    parts = [make(tmp_path, "a", WHOLE[:18]), make(tmp_path, "b", WHOLE[12:], (12, 0, 0))]
    left = iter(range(asked))
    progress = Progress(is_cancelled=lambda: next(left, None) is None)
    with pytest.raises(Cancelled):
        stitch_volumes(parts, search=3, file=tmp_path / "joined.hdf5", progress=progress)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.hdf5", "b.hdf5"]


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    a = make(tmp_path, "a", WHOLE[:9])
    far = make(tmp_path, "far", WHOLE[:9], (20, 0, 0))
    narrow = make(tmp_path, "narrow", WHOLE[:9, :, :5], (6, 0, 0))
    for parts, options, said in (
        ([a], {}, "at least two"),
        ([a, far], {}, "a.hdf5 and far.hdf5 don't overlap: 11 voxels lie between"),
        ([a, narrow], {}, "differ across the stitching axis"),
        ([a, replace(far, position=None)], {}, "far.hdf5: its position is not known"),
        ([a, replace(far, voxel_size=(1, 1, 1))], {}, "voxels of different sizes"),
        ([a, far], {"overlap": 9}, "overlap by more than a neighbour does"),
    ):
        with pytest.raises(InputError, match=said):
            stitch_volumes(parts, **options)  # type: ignore[arg-type]
