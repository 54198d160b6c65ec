"""Steps that are said first and taken later, by bands or by frames: always the same numbers."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import gaussian_filter1d, median_filter

from beamcanvas.darkfield import (
    bin_pixels,
    correct_drift,
    keep_levels,
    keep_region,
    keep_significant,
    keep_weak_beam,
    leave_out_pixels,
    open_scan,
    project,
    replace_hot_pixels,
    save_stack,
    set_pixel_size,
    smooth_along_motors,
    subtract_background,
)
from beamcanvas.darkfield.kernels.median import median_over_frames
from beamcanvas.darkfield.stack.memory import KEPT
from beamcanvas.darkfield.stack.source import array_source
from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress

from .conftest import DATA, TUTORIAL, stack_of


def treated(stack) -> np.ndarray:
    """The treated frames by bands of rows, after a look that they are the same by frames."""
    rows = np.empty(stack.shape, np.float32)

    def work(top: int, bottom: int, block: np.ndarray) -> None:
        assert block.dtype == stack.treated().dtype
        rows[:, top:bottom] = block

    stack.treated().each_band(work)
    numbers = [0, len(rows) // 2, len(rows) - 1]
    np.testing.assert_array_equal(stack.treated().frames(numbers), rows[numbers])
    middle = stack.shape[1] // 2
    np.testing.assert_array_equal(stack.treated().curve(middle, 3), rows[:, middle, 3])
    return rows


def test_nothing_to_do(grain, grain_frames) -> None:
    np.testing.assert_array_equal(treated(grain), grain_frames)


@pytest.mark.parametrize("method", ["median", "mean"])
@pytest.mark.parametrize("frames", [80, 81])
def test_background(grain_frames, method, frames) -> None:
    data = grain_frames[:frames]
    stack = stack_of(data, frame=np.arange(frames))
    ground = getattr(np, method)(data, axis=0)
    for compatible, rounded in ((False, np.rint), (True, np.floor)):
        found = treated(subtract_background(stack, method=method, darfix_compatible=compatible))
        wanted = np.maximum(data.astype(int) - rounded(ground).astype(int), 0)
        np.testing.assert_array_equal(found, wanted)


def test_background_of_dark_frames_and_images(grain, grain_frames, tmp_path) -> None:
    dark = np.random.default_rng(3).integers(40, 60, (5, 40, 36)).astype(np.uint16)
    with_dark = replace(grain, dark=array_source(dark))
    wanted = np.maximum(grain_frames - np.median(dark, axis=0), 0)
    np.testing.assert_array_equal(treated(subtract_background(with_dark, of="dark")), wanted)
    np.save(tmp_path / "dark.npy", np.median(dark, axis=0))
    by_image = subtract_background(grain, of="image", image=tmp_path / "dark.npy")
    np.testing.assert_array_equal(treated(by_image), wanted)
    by_number = treated(subtract_background(grain, of="number", counts=50))
    np.testing.assert_array_equal(by_number, np.maximum(grain_frames.astype(int) - 50, 0))
    # the dark frames go through what was done before them
    cut = keep_region(with_dark, left=3, right=30, top=5, bottom=35)
    np.testing.assert_array_equal(
        treated(subtract_background(cut, of="dark")), wanted[:, 5:35, 3:30]
    )


def test_hot_pixels(grain, grain_frames) -> None:
    found = treated(replace_hot_pixels(grain))
    median = np.stack([median_filter(f, 3, mode="nearest") for f in grain_frames])
    changed = found != grain_frames
    np.testing.assert_array_equal(found[changed], median[changed])
    hot = grain_frames > median + 2000  # what the simulation put there
    assert hot.any()
    assert changed[hot].all()
    assert (changed & ~hot).mean() < 5e-4  # and hardly a pixel of the grain


def test_hot_pixels_as_darfix_finds_them(grain, grain_frames) -> None:
    found = treated(replace_hot_pixels(grain, darfix_compatible=True))
    for frame, result in zip(grain_frames, found, strict=True):
        median = median_filter(frame, 3, mode="nearest")
        excess = frame.astype(int) - median
        np.testing.assert_array_equal(result, np.where(excess > excess.std(), median, frame))


def test_counting_noise_is_left_alone() -> None:
    noise = np.random.default_rng(0).poisson(100, (4, 100, 100)).astype(np.uint16)
    stack = stack_of(noise, frame=np.arange(4))
    ours = treated(replace_hot_pixels(stack)) != noise
    theirs = treated(replace_hot_pixels(stack, darfix_compatible=True)) != noise
    assert ours.mean() < 1e-4
    assert theirs.mean() > 0.1


def test_noise_chain_is_darfix_s_to_the_bit() -> None:
    peers = np.load(DATA / "peers.npz")
    stack = keep_region(
        open_scan(TUTORIAL / "id03_111cells.h5"), left=8, right=40, top=8, bottom=40
    )
    stack = subtract_background(stack, darfix_compatible=True)
    stack = replace_hot_pixels(stack, darfix_compatible=True)
    stack = keep_levels(stack, low=5, high=400)
    frames = stack.treated().rows(0, 32)
    assert frames.dtype == np.uint16
    assert frames.sum(dtype=np.int64) == peers["treated_sum"]
    assert hashlib.sha256(frames.tobytes()).hexdigest() == str(peers["treated_hash"])


def test_levels(grain, grain_frames) -> None:
    found = treated(keep_levels(grain, low=60, high=200))
    inside = (grain_frames >= 60) & (grain_frames <= 200)
    np.testing.assert_array_equal(found, np.where(inside, grain_frames, 0))


def test_signal_to_noise_keeps_the_tails(grain, grain_frames) -> None:
    certain = treated(keep_significant(grain, primary=8, secondary=8)) > 0
    found = treated(keep_significant(grain, primary=8, secondary=3))
    kept = found > 0
    assert (kept & certain == certain).all()
    assert kept.sum() > 1.2 * certain.sum()
    ground = np.median(grain_frames, axis=0)
    np.testing.assert_allclose(found[kept], (grain_frames - ground)[kept])
    outside = ~certain.any(axis=0)
    assert outside.any()
    assert not kept[:, outside].any()


def test_weak_beam(grain, grain_frames) -> None:
    found = treated(keep_weak_beam(grain, factor=1.5))
    limit = 1.5 * grain_frames.std(axis=0, dtype=np.float64)
    np.testing.assert_array_equal(found, np.where(grain_frames > limit, 0, grain_frames))


def test_region_and_binning(grain, grain_frames) -> None:
    cut = keep_region(grain, left=2, right=35, top=3, bottom=40)
    np.testing.assert_array_equal(treated(cut), grain_frames[:, 3:40, 2:35])
    small = bin_pixels(cut, size=4)
    assert small.shape == (81, 9, 8)
    wanted = grain_frames[:, 3:39, 2:34].reshape(81, 9, 4, 8, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(treated(small), wanted, rtol=1e-6)


def test_mask(grain, grain_frames, tmp_path) -> None:
    mask = np.zeros((40, 36), np.uint8)
    mask[5:9, 30:] = 1
    np.save(tmp_path / "mask.npy", mask)
    found = treated(leave_out_pixels(grain, file=tmp_path / "mask.npy", runs=[[1, 2, 5]]))
    mask[1, 2:5] = 1
    np.testing.assert_array_equal(found, np.where(mask, 0, grain_frames))


def test_projection_and_smoothing(grain, grain_frames) -> None:
    grid = grain_frames.reshape(9, 9, 40, 36)
    onto = project(grain, keep=["diffry"])
    assert onto.motors == ("diffry",)
    np.testing.assert_array_equal(treated(onto), grid.sum(axis=0))
    smooth = treated(smooth_along_motors(grain, width=0.7, motor="chi"))
    wanted = gaussian_filter1d(grid.astype(np.float32), 0.7, axis=0, mode="constant")
    np.testing.assert_allclose(smooth, wanted.reshape(81, 40, 36), rtol=1e-6)
    # what comes after knows the motors that are left
    assert project(project(grain, keep=["chi", "diffry"]), keep=["chi"]).grid == (9,)


@pytest.mark.parametrize("grow", [False, True])
def test_frames_move_by_fractions(grow) -> None:
    ramp = np.add.outer(3.0 * np.arange(20), 5.0 * np.arange(16)).astype(np.float32)
    stack = stack_of(np.stack([ramp] * 4), frame=np.arange(4))
    moved = correct_drift(stack, dy=0.25, dx=-0.5, grow=grow).stack
    frames = treated(moved)
    assert moved.shape == (4, 21, 18) if grow else (4, 20, 16)
    below, left = (0, 2) if grow else (0, 0)
    for k, frame in enumerate(frames):
        # a plane moves by exactly so much, away from its edges
        inner = np.s_[below + 3 : below + 17, left + 3 : left + 12]
        wanted = ramp[3:17, 3:12] - 3 * 0.25 * k + 5 * 0.5 * k
        np.testing.assert_allclose(frame[inner], wanted, rtol=1e-6)


def test_large_counts_survive_a_move() -> None:
    """darfix moves in 16-bit integers: 40000 becomes something else there."""
    frames = np.full((3, 12, 12), 40000, np.uint16)
    moved = treated(correct_drift(stack_of(frames, frame=np.arange(3)), dy=0.5, dx=0.0).stack)
    np.testing.assert_allclose(moved[:, 4:8], 40000)


def test_a_drift_is_found_again() -> None:
    stack = open_scan(TUTORIAL / "drifting_simulated.h5")
    stack = keep_levels(replace_hot_pixels(subtract_background(stack)), low=20)
    _, drift = correct_drift(stack)
    assert (drift.dy, drift.dx) == pytest.approx((-0.03, 0.02), abs=0.003)  # 0.7 px at the end
    assert max(drift.doubt_y, drift.doubt_x) < 0.003
    assert drift.gain > 1.1
    assert drift.warnings == ()
    given_dy = correct_drift(stack, dy=-0.03).drift
    assert given_dy.dy == -0.03
    assert given_dy.dx == pytest.approx(0.02, abs=0.003)


def test_pixel_size_follows_what_is_cut_and_binned(grain) -> None:
    known = replace(grain, fixed={"mainx": -5000.0, "obx": 263.13})
    whole = set_pixel_size(known, optical=3.25)
    y, x = whole.pixel_axes
    assert abs(y.values[1] - y.values[0]) == pytest.approx(0.1805, abs=1e-4)
    assert x.values[0] == -x.values[-1] > 0  # mirrored, zero in the middle
    cut = keep_region(whole, left=4, right=20, top=8, bottom=40)  # not square
    np.testing.assert_allclose(cut.pixel_axes[0].values, y.values[8:40])
    np.testing.assert_allclose(cut.pixel_axes[1].values, x.values[4:20])
    binned = bin_pixels(cut, size=2)
    np.testing.assert_allclose(binned.pixel_axes[0].values, y.values[8:40].reshape(-1, 2).mean(1))
    with pytest.raises(InputError, match="'mainx' stood"):
        set_pixel_size(grain)


def test_pixels_without_the_lens_are_angles(grain) -> None:
    far = replace(grain, fixed={"mainx": -5000.0, "ffz": 1600.0})
    stack = set_pixel_size(far, optical=51, lens=False)
    # as darfix has them at the middle of the frame, where its pixels are on the grid
    y = (np.arange(36) - 18) * 0.051
    z = 1600 + (np.arange(40) - 20) * 0.051
    eta = np.degrees(np.arctan2(y, 1600))
    two_theta = np.degrees(np.arctan2(z, 5000))
    rows, columns = stack.pixel_axes
    assert (rows.title, columns.title) == ("2θ (°)", "η (°)")
    np.testing.assert_allclose(rows.values, two_theta + 0.5 * np.diff(two_theta)[0], atol=1e-7)
    np.testing.assert_allclose(columns.values, eta + 0.5 * np.diff(eta)[0], atol=1e-7)
    with pytest.raises(InputError, match="'ffz' stood"):
        set_pixel_size(grain, lens=False)


# -- one pass, in parts


def long_chain(stack):
    stack = keep_region(stack, left=1, right=35, top=2, bottom=38)
    stack = replace_hot_pixels(subtract_background(stack))
    stack = correct_drift(keep_levels(stack, low=8), dy=0.11, dx=-0.07).stack
    return smooth_along_motors(bin_pixels(stack, size=2), width=0.5)


@pytest.mark.parametrize("limit", [1, 20_000, 100_000, 10**9])
def test_any_memory_gives_the_same(tmp_path, grain_frames, limit) -> None:
    from .test_reading import write

    KEPT.clear()
    stack = open_scan(write(tmp_path / "scan.h5", grain_frames))
    whole = treated(long_chain(stack))
    KEPT.clear()
    np.testing.assert_array_equal(treated(long_chain(replace(stack, limit=limit))), whole)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize(
    "treat",
    [
        lambda s: keep_region(s, left=3),
        subtract_background,
        replace_hot_pixels,
        lambda s: leave_out_pixels(s, runs=[[3, 4, 5]]),
        keep_levels,
        keep_significant,
        keep_weak_beam,
        bin_pixels,
        lambda s: bin_pixels(s, darfix_compatible=True),
        lambda s: correct_drift(s, dy=0.1, dx=0.1).stack,
        lambda s: smooth_along_motors(s, width=0.5),
        lambda s: project(s, keep=["diffry"]),
        long_chain,
    ],
)
def test_saved_frames_are_the_treated_ones(tmp_path, grain_frames, treat, dtype) -> None:
    """Whatever the treatment makes of their type, and whether it needs all of them or not."""
    from .test_reading import write

    stack = treat(open_scan(write(tmp_path / "scan.h5", grain_frames.astype(dtype))))
    again = open_scan(save_stack(stack, file=tmp_path / "treated.h5"))
    np.testing.assert_array_equal(treated(again), treated(stack))


def test_in_another_process(tmp_path, grain) -> None:
    chain = long_chain(grain)
    again = pickle.loads(pickle.dumps(chain))
    assert again.history == chain.history
    np.testing.assert_array_equal(treated(again), treated(chain))


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 7))),
    st.booleans(),
)
def test_the_median_is_exact(values, as_floats) -> None:
    if as_floats:
        values = (values.astype(np.float32) - 30000) / 7
    wanted = np.median(values.astype(np.float64), axis=0)
    np.testing.assert_array_equal(median_over_frames(values), wanted)


def test_a_cancel_is_heard(grain) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 2

    frames = long_chain(grain).treated()
    with pytest.raises(Cancelled):
        frames.each_band(lambda *_: None, Progress(None, cancelled))


def test_nan_counts_as_nothing(make_stack) -> None:
    frames = np.ones((3, 4, 4), np.float64)
    frames[1, 2, 2] = np.nan
    found = treated(make_stack(frames, frame=np.arange(3)))
    assert found[1, 2, 2] == 0
    assert found.sum() == 47


# -- what is wrong, in one sentence


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda s: keep_region(s, left=30, right=20), "hold no pixel"),
        (lambda s: bin_pixels(s, size=50), "hold no block of 50 × 50"),
        (lambda s: subtract_background(s, of="dark"), "without dark frames"),
        (lambda s: subtract_background(s, of="image"), "Name the image file"),
        (lambda s: subtract_background(s, of="image", image=Path("no.npy")), "no such file"),
        (lambda s: keep_levels(s, low=5, high=2), "below the lower limit"),
        (lambda s: keep_significant(s, primary=2, secondary=3), "must not be above"),
        (lambda s: leave_out_pixels(s, runs=[[0, 0, 99]]), "no run of pixels"),
        (lambda s: leave_out_pixels(s, runs=[[n, 0, 36] for n in range(40)]), "leaves no pixel"),
        (lambda s: project(s, keep=["mu"]), "'mu' did not move in this scan; chi, diffry did"),
        (lambda s: project(s, keep=[]), "at least one motor"),
        (lambda s: smooth_along_motors(s, motor="mu"), "did not move"),
        (lambda s: correct_drift(s, dy=5, dx=0), "outside the image"),
    ],
)
def test_wrong_words(grain, call, words) -> None:
    with pytest.raises(InputError, match=words):
        call(grain)
