"""Adding up frames: the same as the matrix and as pyFAI, however they are packed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from beamcanvas.errors import InputError
from beamcanvas.nexus.chunks import Buffers, ChunkedFrames, Packed
from beamcanvas.powder import Detector, Geometry
from beamcanvas.powder.image.opening import invalid_pixels
from beamcanvas.powder.integration.operator import Corrections, Operator, Sums
from beamcanvas.powder.integration.settings import Layout
from beamcanvas.powder.integration.shares import Boxes, Columns, Unsplit
from beamcanvas.powder.types import HC

#: pixels are no multiple of eight, nor of a block
SMALL = Geometry(
    0.1, 0.02, 0.03, 0.02, -0.01, 0.0, HC / 30, Detector("Detector", (172e-6, 172e-6), (195, 487))
)
SHAPE = SMALL.detector.shape
NONE = Corrections(np.zeros(SHAPE, bool))


def counts(dtype: str, most: int = 40, seed: int = 0) -> NDArray[Any]:
    """Counts with what a detector marks: some pixels, and a gap."""
    random = np.random.default_rng(seed)
    frame = random.poisson(random.random(SHAPE) * most).astype(dtype)
    kind = np.dtype(dtype).kind
    mark = np.nan if kind == "f" else np.iinfo(dtype).max if kind == "u" else -1
    frame[:, 240:247] = mark
    frame.ravel()[random.choice(frame.size, 50)] = mark
    return frame


def packed(folder: Path, frame: NDArray[Any], **options: Any) -> Packed | NDArray[Any]:
    options = options or dict(hdf5plugin.Bitshuffle(cname="lz4"))
    with h5py.File(folder / "a.h5", "w") as root:
        root.create_dataset("data", data=frame[None], chunks=(1, *frame.shape), **options)
    with h5py.File(folder / "a.h5") as root:
        return ChunkedFrames(root["data"]).read_packed(0, Buffers())


def gap() -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, bool)
    mask[:, 240:247] = True
    return mask


def same(found: Sums, expected: Sums) -> None:
    np.testing.assert_allclose(found.signal, expected.signal, rtol=1e-12)
    np.testing.assert_allclose(found.normalisation, expected.normalisation, rtol=1e-12)
    np.testing.assert_allclose(found.variance, expected.variance, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["u2", "i4", "f4"])
@pytest.mark.parametrize(
    ("splitting", "azimuth_points", "form"),
    [
        ("none", 0, Unsplit),
        ("none", 30, Unsplit),
        ("bounding box", 0, Boxes),
        ("bounding box", 30, Columns),
        ("full", 0, Columns),
    ],
)
def test_a_packed_frame_is_pyfai(
    tmp_path: Path, dtype: str, splitting: Any, azimuth_points: int, form: type
) -> None:
    random = np.random.default_rng(1)
    layout = Layout(
        points=300,
        azimuth_points=azimuth_points,
        unit="q_nm^-1",
        radial_min=5,
        radial_max=50,
        polarization=0.95,
        splitting=splitting,
    )
    dark = random.random(SHAPE).astype(np.float32)
    flat = (1 + 0.2 * random.random(SHAPE)).astype(np.float32)
    operator = Operator(SMALL, [layout], Corrections(gap(), dark, flat))
    assert isinstance(operator._shares[0], form)
    frame = counts(dtype)
    frame[100:110, 50:200] = 200  # saturated
    frame[20:30, 5] = 130
    data = np.where(invalid_pixels(frame) | (frame >= 140), np.nan, frame).astype(np.float32)
    expected = layout.integrate(
        SMALL.pyfai(),
        data,
        mask=gap(),
        dark=dark,
        flat=flat,
        error_model=None,
        variance=np.maximum(data, 1),
    )
    as_read = packed(tmp_path, frame)
    assert isinstance(as_read, Packed)
    sums = operator(as_read, Buffers(), poisson=True, saturation=140)
    same(operator(frame, Buffers(), poisson=True, saturation=140), sums)
    seen = expected.count > 0
    signal, variance, norm = (operator.bins[0].of(values) for values in sums)
    np.testing.assert_array_equal(norm > 0, seen)
    intensity = signal[seen] / norm[seen]
    scale = np.abs(expected.intensity).max()
    np.testing.assert_allclose(intensity, expected.intensity[seen], rtol=1e-6, atol=1e-7 * scale)
    np.testing.assert_allclose(
        np.sqrt(variance[seen]) / norm[seen], expected.sigma[seen], rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i4", "f8"])
@pytest.mark.parametrize(
    "options",
    [
        dict(hdf5plugin.Bitshuffle(cname="lz4")),
        dict(hdf5plugin.Bitshuffle(cname="lz4", nelems=64)),
        dict(hdf5plugin.Bitshuffle(cname="lz4", nelems=2**17)),  # more than a frame
        dict(hdf5plugin.Bitshuffle(cname="zstd")),
        {"compression": "gzip"},
        {"fletcher32": False},
    ],
)
@pytest.mark.parametrize("most", [40, 30_000])
def test_however_it_is_packed(tmp_path: Path, dtype: str, options: Any, most: int) -> None:
    """Few bits or many, in blocks of any size."""
    operator = Operator(SMALL, [Layout(points=300, splitting="none")], Corrections(gap()))
    frame = counts(dtype, most if dtype != "u1" else 100)
    expected = operator(frame.copy(), Buffers(), poisson=True)
    clean = np.where(invalid_pixels(frame) | gap(), 0, frame).astype(float)
    assert expected.signal.sum() == clean.sum()
    same(operator(packed(tmp_path, frame, **options), Buffers(), poisson=True), expected)


def eight(folder: Path, dtype: str, most: int = 3000) -> list[Packed]:
    """Frames that differ: few bits, many, and other pixels marked in each."""
    most = 40 if dtype == "u1" else most
    found = [packed(folder, counts(dtype, most if n % 3 else 40, seed=n)) for n in range(8)]
    assert all(isinstance(frame, Packed) for frame in found)
    return found  # type: ignore[return-value]


NO = "none", "f4"  #: what doesn't go at once


@pytest.mark.parametrize("poisson", [False, True])
@pytest.mark.parametrize("saturation", [None, 30])
@pytest.mark.parametrize("most", [40, 3000])
@pytest.mark.parametrize(
    ("splitting", "dtype"),
    [(s, d) for s in ("bounding box", "none") for d in ("u1", "u4", "i4", "f4") if (s, d) != NO],
)
def test_eight_frames_at_once_are_each_of_them(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    splitting: Any,
    dtype: str,
    most: int,
    saturation: float | None,
    poisson: bool,
) -> None:
    monkeypatch.setattr("beamcanvas.powder.integration.shares._MOST", 5000)  # less than a frame
    dark = np.random.default_rng(1).random(SHAPE)
    operator = Operator(SMALL, [Layout(points=300, splitting=splitting)], Corrections(gap(), dark))
    frames = eight(tmp_path, dtype, most)
    options: Any = {"poisson": poisson, "saturation": saturation}
    together = operator.together(frames, Buffers(), **options)
    assert together is not None
    for frame, found in zip(frames, together, strict=True):
        for values, expected in zip(found, operator(frame, Buffers(), **options), strict=True):
            np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("splitting", ["bounding box", "none"])
def test_what_does_not_go_at_once(tmp_path: Path, splitting: Any) -> None:
    """It is left to who adds frames each for itself."""
    operator = Operator(SMALL, [Layout(points=30, splitting=splitting)], NONE)
    frames = eight(tmp_path, "i4")
    assert operator.together(frames, Buffers()) is not None
    below = counts("i4")
    below[0, 0] = -3
    damaged = frames[3]._replace(data=frames[3].data[:-1].copy())
    for other in (packed(tmp_path, below), damaged, packed(tmp_path, counts("u2")), counts("i4")):
        assert operator.together([*frames[:7], other], Buffers()) is None
    assert operator.together(frames[:7], Buffers()) is None
    two = [Layout(points=30), Layout(points=40)]
    cake = [Layout(points=30, azimuth_points=8)]
    for layouts in two, cake:
        assert Operator(SMALL, layouts, NONE).together(frames, Buffers()) is None
    floats = eight(tmp_path, "f4")
    assert (operator.together(floats, Buffers()) is None) == (splitting == "none")


def test_numbers_that_no_loop_is_compiled_for() -> None:
    operator = Operator(SMALL, [Layout(points=30, splitting="none")], NONE)
    frame = np.random.default_rng(0).integers(0, 9, SHAPE)
    expected = operator(frame, Buffers(), poisson=True)
    for other in (frame.astype("f2"), frame.astype(">i4"), frame.T.copy().T):
        same(operator(other, Buffers(), poisson=True), expected)
    frame.flags.writeable = False
    same(operator(frame, Buffers(), poisson=True), expected)


@pytest.mark.parametrize("splitting", ["none", "bounding box", "full"])
def test_negative_counts(splitting: Any) -> None:
    """-1 and -2 mark pixels, unless lower ones show that counts go below zero."""
    operator = Operator(SMALL, [Layout(points=30, solid_angle=False, splitting=splitting)], NONE)
    frame = np.full(SHAPE, 7, np.int32)
    frame[50:60] = -2
    sums = operator(frame, Buffers(), poisson=True)
    np.testing.assert_allclose(sums.signal, 7 * sums.normalisation, rtol=1e-9)
    frame[50, 0] = -3
    sums = operator(frame, Buffers(), poisson=True)
    assert sums.signal.sum() == pytest.approx(frame.sum())
    assert sums.normalisation.sum() == pytest.approx(frame.size)


def test_a_direct_beam_leaves_no_trace_elsewhere() -> None:
    """The steps of split pixels cancel out, however bright some of them are."""
    layout = Layout(points=1000, solid_angle=False)
    operator = Operator(SMALL, [layout], NONE)
    frame = counts("i4")
    frame[110:125, 165:180] = 2**30
    data = np.where(frame < 0, np.nan, frame)
    expected = layout.integrate(
        SMALL.pyfai(), data.astype(np.float32), variance=np.maximum(data, 1).astype(np.float32)
    )
    signal, variance, norm = operator(frame, Buffers(), poisson=True)
    seen = expected.count > 0
    intensity = signal[seen] / norm[seen]
    np.testing.assert_allclose(intensity, expected.intensity[seen], rtol=1e-6)
    assert variance is not None
    np.testing.assert_allclose(
        np.sqrt(variance[seen]) / norm[seen], expected.sigma[seen], rtol=1e-5
    )


def test_a_frame_of_another_shape_is_refused() -> None:
    operator = Operator(SMALL, [Layout(points=30)], NONE)
    with pytest.raises(InputError, match="The frame has 195 × 486 pixels"):
        operator(np.zeros((195, 486), np.int32), Buffers())


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_damaged_is_said(tmp_path: Path, seed: int) -> None:
    """Nothing is read beyond what is there."""
    operator = Operator(SMALL, [Layout(points=30, splitting="none")], NONE)
    whole = packed(tmp_path, counts("u4", 3000))
    assert isinstance(whole, Packed)
    random = np.random.default_rng(seed)
    for _ in range(20):
        length = int(random.integers(0, whole.data.size))
        with pytest.raises(InputError, match="frame 0 is damaged"):
            operator(whole._replace(data=whole.data[:length].copy()), Buffers())
    with pytest.raises(InputError, match="is damaged"):
        operator(whole._replace(data=np.append(whole.data, whole.data[:1])), Buffers())
    refused = 0
    for _ in range(50):
        data = whole.data.copy()
        data[random.integers(0, data.size, 20)] = random.integers(0, 256, 20)
        try:
            assert np.isfinite(operator(whole._replace(data=data), Buffers()).signal).all()
        except InputError:
            refused += 1
    assert refused
