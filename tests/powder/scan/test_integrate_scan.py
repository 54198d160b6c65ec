"""Integrating scans: the same numbers as pyFAI's, and nothing lost for a bad frame."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.nexus.chunks import Buffers
from beamcanvas.nexus.simulated_scan import DATA, ScanWriter
from beamcanvas.powder import (
    Detector,
    DiffractionImage,
    Geometry,
    Mask,
    describe_variants,
    integrate_1d,
    integrate_scan,
    read_configuration,
    save_ascii,
)
from beamcanvas.powder.correction.mask import usable_mask
from beamcanvas.powder.integration.one_frame import Integrated
from beamcanvas.powder.integration.operator import Corrections, Operator, Sums
from beamcanvas.powder.integration.settings import Layout
from beamcanvas.powder.scan.results import failure_lines
from beamcanvas.powder.simulated import scan as simulated_scan
from beamcanvas.powder.simulated.scan import simulated_frames
from beamcanvas.powder.types import HC
from beamcanvas.task import Progress, task_of

#: a quarter of a Pilatus, for what needs no real frame
SMALL = Geometry(
    0.1, 0.02, 0.03, 0.02, -0.01, 0.0, HC / 30, Detector("Detector", (172e-6, 172e-6), (195, 487))
)
MONITOR = [1.0, 2.0, 4.0, 0.5, 1.0, 1.0, 3.0]


def small_frames(count: int = 7) -> list[NDArray[np.int32]]:
    return [f for f, _ in simulated_frames(count, SMALL)]


def write(
    folder: Path, frames: Sequence[NDArray[Any]], monitor: Sequence[float] = MONITOR
) -> ScanWriter:
    scan = ScanWriter(folder / "raw" / "a.h5", ("mon", "temp"), frames_per_file=3)
    for number, frame in enumerate(frames):
        scan.add(frame, mon=monitor[number % len(monitor)], temp=300.0 + number)
    return scan


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write(tmp_path, small_frames()).finish()


def data_of(file: Path, name: str = "intensity") -> NDArray[Any]:
    with h5py.File(file) as root:
        return np.asarray(root[f"1.1/pilatus_integrate/integrated/{name}"])


def run(raw: Path, **settings: Any) -> Any:
    settings = {"geometry": SMALL, "points": 300, "output": raw.parents[1] / "out.h5"} | settings
    return task_of(integrate_scan).run({"file": raw, **settings})


# -- the same as pyFAI


@pytest.mark.parametrize("splitting", ["none", "bounding box", "full"])
@pytest.mark.parametrize("azimuth_points", [0, 36])
@pytest.mark.parametrize("with_images", [False, True])
def test_the_operator_is_pyfai(
    strip: tuple[DiffractionImage, Geometry],
    splitting: str,
    azimuth_points: int,
    with_images: bool,
) -> None:
    """On a real image, with pixels that die in this frame."""
    image, geometry = strip
    random = np.random.default_rng(1)
    mask = usable_mask(image, geometry.detector)
    dark = flat = None
    if with_images:
        dark = random.random(image.shape).astype(np.float32) * 5
        flat = (1 + 0.1 * random.random(image.shape)).astype(np.float32)
    layout = Layout(
        points=800,
        azimuth_points=azimuth_points,
        radial_min=2.0,
        radial_max=28.0,
        polarization=0.99,
        splitting=splitting,  # type: ignore[arg-type]
    )
    # with another one beside it, that must leave no trace
    half = replace(layout, unit="q_nm^-1", radial_min=10.0, radial_max=40.0, azimuth_max=0.0)
    operator = Operator(geometry, [half, layout], Corrections(mask, dark, flat))
    bins = operator.bins[1]
    frame = image.data.copy()
    frame.ravel()[random.choice(frame.size, 300)] = -1
    data = np.where(frame < 0, np.nan, frame).astype(np.float32)
    expected = layout.integrate(
        geometry.pyfai(),
        data,
        mask=mask,
        dark=dark,
        flat=flat,
        variance=np.maximum(data, 1),
    )
    sums = Sums(*map(bins.of, operator(frame, Buffers(), poisson=True)))  # type: ignore[arg-type]
    seen = expected.count > 0
    np.testing.assert_array_equal(sums.normalisation > 0, seen)
    intensity = sums.signal[seen] / sums.normalisation[seen]
    sigma = np.sqrt(sums.variance[seen]) / sums.normalisation[seen]
    np.testing.assert_allclose(bins.radial, expected.radial, rtol=1e-6)
    scale = np.abs(expected.intensity).max()
    np.testing.assert_allclose(intensity, expected.intensity[seen], rtol=1e-6, atol=1e-9 * scale)
    np.testing.assert_allclose(sigma, expected.sigma[seen], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["u2", "u4", "i4", "i8", "f4", "f8"])
def test_every_type_of_counts(dtype: str) -> None:
    """And counts so high that their sum is beyond 32 bits."""
    high = 60_000 if dtype == "u2" else 2**24
    frame = np.full(SMALL.detector.shape, high, dtype)
    frame[5, 7] = np.nan if dtype[0] == "f" else np.iinfo(dtype).max if dtype[0] == "u" else -1
    layout = Layout(points=20, solid_angle=False, splitting="none")
    operator = Operator(SMALL, [layout], Corrections(np.zeros(frame.shape, bool)))
    sums = operator(frame, Buffers(), poisson=True)
    assert sums.variance is not None
    np.testing.assert_allclose(sums.signal / sums.normalisation, high, rtol=1e-12)
    np.testing.assert_allclose(sums.variance, sums.signal, rtol=1e-12)
    assert sums.normalisation.sum() == frame.size - 1


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        ({"error_model": "poisson"}, "linear operator, bounding box splitting"),
        ({"splitting": "none"}, "linear operator, no splitting"),
        ({"error_model": "azimuthal"}, "pyFAI frame by frame, bounding box splitting, CSR, Cython"),
        ({"error_model": "hybrid"}, "hybrid errors need the scatter of the pixels around a ring"),
    ],
)
def test_a_scan_is_its_images_one_by_one(raw: Path, settings: dict[str, Any], way: str) -> None:
    result = run(raw, monitor="mon", reference=2.0, **settings)
    assert way in result["scan"].engine
    for number, frame in enumerate(small_frames()):
        image = DiffractionImage(frame, frame < 0)
        one = integrate_1d(
            image, SMALL, points=300, monitor=MONITOR[number], reference=2.0, **settings
        )
        seen = one.count > 0  # type: ignore[operator]
        for name, values in (("intensity", one.intensity), ("intensity_errors", one.sigma)):
            if values is not None:
                found = data_of(result["scan"].file, name)[number]
                np.testing.assert_allclose(found[seen], values[seen], rtol=1e-6)
                assert np.isnan(found[~seen]).all()


@pytest.mark.parametrize(
    ("settings", "way"),
    [
        ({"splitting": "none"}, "pyFAI frame by frame, no splitting, CSR, Cython: azimuthal sigma"),
        ({"splitting": "full"}, "with whole pixels, as it clips no split ones and no cakes; the"),
        ({"splitting": "none", "azimuth_points": 4}, "the rest by pyFAI's matrix as a linear"),
        ({"splitting": "full", "threshold": 0.0}, "the rest by pyFAI's matrix as a linear"),
        ({"outliers": "median"}, "pyFAI frame by frame, no splitting, CSR, Cython: a median"),
    ],
)
def test_a_hot_pixel_is_left_out(tmp_path: Path, settings: dict[str, Any], way: str) -> None:
    frames = small_frames(2)
    how = {"splitting": "none", "points": 100, "outliers": "sigma clip"} | settings
    clean = run(write(tmp_path / "clean", frames).finish(), **how)
    for frame in frames:
        frame[100, 300] = 100_000
    file = write(tmp_path / "hot", frames).finish()
    hot = run(file, **how | {"outliers": "keep"})["average"].intensity
    found = run(file, **how, existing="replace")
    assert way in found["scan"].engine
    reference = clean["average"].intensity
    assert np.nanmax(np.abs(hot - reference)) > 50
    assert np.nanmax(np.abs(found["average"].intensity - reference)) < 3


def test_clipping_with_split_pixels_is_clipping_without_where_none_is_split(raw: Path) -> None:
    """The same pixels are left out, whichever way they are integrated."""
    settings: dict[str, Any] = {"splitting": "none", "points": 60, "threshold": 3.5}
    by_pyfai = run(raw, outliers="sigma clip", **settings)
    patterns = data_of(by_pyfai["scan"].file)
    cakes = run(raw, outliers="sigma clip", azimuth_points=1, existing="replace", **settings)
    difference = np.abs(data_of(cakes["scan"].file)[:, 0] / patterns - 1)
    # but for rings in which the last round of clipping still leaves something out
    assert np.mean(difference[np.isfinite(difference)] < 1e-6) > 0.9


def test_several_ways_at_once(raw: Path) -> None:
    """Each is what it would be alone, and has its own plot in the file."""
    sectors = describe_variants(
        named_sectors=["top: 60 to 120", "left: 170 to 190"], units=["2th_deg", "q_nm^-1"]
    )
    found = run(raw, monitor="mon", error_model="poisson", variants=sectors)
    names = [row.name for row in sectors.rows]
    assert list(found["scan"].variants) == names == list(found["averages"].patterns)[1:]
    with h5py.File(found["scan"].file) as root:
        assert root["/1.1"].attrs["default"] == "pilatus_integrate"
    for row in sectors.rows:
        alone = run(
            raw, monitor="mon", error_model="poisson", existing="replace",
            output=raw.parents[1] / "alone.h5", **row.changes,
        )  # fmt: skip
        mine, other = found["scan"].variants[row.name], alone["scan"]
        assert mine.unit == row.changes["unit"]
        np.testing.assert_array_equal(mine.radial, other.radial)
        for name in ("intensity", "intensity_errors"):
            with h5py.File(mine.file) as one, h5py.File(other.file) as two:
                np.testing.assert_allclose(
                    one[f"{mine.path}/{name}"], two[f"{other.path}/{name}"], rtol=1e-6
                )
        average = found["averages"].patterns[row.name]
        np.testing.assert_allclose(average.intensity, alone["average"].intensity, rtol=1e-9)
        assert average.sigma is not None


def test_the_average_is_that_of_all_counts(raw: Path) -> None:
    found = run(raw, monitor="mon", error_model="poisson")["average"]
    total = DiffractionImage(np.sum(small_frames(), axis=0), np.zeros(SMALL.detector.shape, bool))
    one = integrate_1d(total, SMALL, points=300, monitor=sum(MONITOR))
    np.testing.assert_allclose(found.intensity, one.intensity, rtol=1e-6)
    assert found.sigma is not None
    assert np.nanmedian(found.sigma) < np.nanmedian(
        data_of(raw.parents[1] / "out.h5", "intensity_errors")[0]
    )


def test_the_file_opens_as_a_plot_and_leads_to_the_raw_scan(raw: Path) -> None:
    scan = run(raw, azimuth_points=20, monitor="mon", error_model="poisson")["scan"]
    with h5py.File(scan.file) as root:
        group = root
        while "default" in group.attrs:
            group = group[group.attrs["default"]]
        assert group.name == scan.path == "/1.1/pilatus_integrate/integrated"
        assert group.attrs["signal"] == "intensity"
        assert group.attrs["axes"].tolist() == ["points", "chi", "2th"]
        assert group["intensity"].shape == group["intensity_errors"].shape == (7, 20, 300)
        assert group["normalisation"][:].tolist() == MONITOR
        assert group["2th"].attrs["units"] == "deg"
        entry = root["1.1"]
        assert entry["measurement/pilatus_integrated"] == group["intensity"]
        assert entry["measurement/mon"][:].tolist() == MONITOR
        assert entry.get("measurement/mon", getlink=True).__class__ is h5py.HardLink
        assert entry["measurement/temp"][2] == 302.0
        assert "data" in entry["instrument/pilatus"]
        assert entry["end_time"].asstr()[()].startswith("20")
        assert "Distance: 0.1" in entry["pilatus_integrate/geometry/data"].asstr()[()]
    data = scan.nxdata()
    assert data.signal.shape == (7, 20, 300)
    assert [axis.title for axis in data.axes] == ["Frame", "Azimuth (°)", "2θ (°)"]
    assert scan.summary == "scan, 7 cakes of 300 × 20 points"


def test_a_pattern_of_it_is_saved_as_any_other(raw: Path, tmp_path: Path) -> None:
    average = run(raw, error_model="poisson")["average"]
    rows = np.loadtxt(save_ascii(average, file=tmp_path / "a.xye"))
    assert rows.shape[1] == 3
    assert np.isfinite(rows).all()


def test_a_configuration_of_pyfai_is_followed(raw: Path, tmp_path: Path) -> None:
    """ID31's way: what is left at its default comes from the file, images too."""
    rng = np.random.default_rng(1)
    shape = SMALL.detector.shape
    mask, flat = rng.random(shape) < 0.1, 1 + 0.1 * rng.random(shape)
    np.save(tmp_path / "m.npy", mask.astype(np.uint8))
    np.save(tmp_path / "f.npy", flat.astype(np.float32))
    said = {
        "version": 5,
        "poni": None,
        "dist": 0.1, "poni1": 0.0, "poni2": 0.0, "wavelength": 1e-10,
        "detector": "Detector",
        "detector_config": {"pixel1": 172e-6, "pixel2": 172e-6, "max_shape": shape},
        "nbpt_rad": 120,
        "unit": "q_nm^-1",
        "method": ["no", "csc", "cython"],
        "integrator_method": "sigma_clip_ng",
        "extra_options": {"thres": 4},
        "mask_file": "m.npy",
        "flat_field": "f.npy",
        "polarization_description": [0.95, 0],
    }  # fmt: skip
    (tmp_path / "c.json").write_text(json.dumps(said))
    configuration = read_configuration(file=tmp_path / "c.json").configuration
    assert "followed for scans" in configuration.notes[0]
    found = integrate_scan(SMALL, file=raw, output=tmp_path / "out.h5", configuration=configuration)
    plain = DiffractionImage(flat, np.zeros(shape, bool))
    typed = integrate_scan(
        SMALL, Mask(mask), flat=plain, file=raw, output=tmp_path / "typed.h5", points=120,
        unit="q_nm^-1", splitting="none", outliers="sigma clip", threshold=4.0, polarization=0.95,
    )  # fmt: skip
    np.testing.assert_allclose(data_of(found.scan.file), data_of(typed.scan.file), rtol=1e-5)
    assert found.scan.settings == typed.scan.settings
    other = integrate_scan(
        SMALL, file=raw, output=tmp_path / "o.h5", configuration=configuration, points=77,
        outliers="median",
    ).scan  # fmt: skip
    assert len(other.radial) == 77
    assert "median" in other.engine


# -- what is bad costs itself


def test_each_bad_frame_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    monitor = [1.0, 0.0, np.nan, 1.0, 1.0, 1.0, 1.0]
    scan = write(tmp_path, small_frames(), monitor)
    with h5py.File(scan.file_of(6), "r+") as root:
        root[DATA].id.write_direct_chunk((0, 0, 0), bytes(99))
    scan.file_of(3).unlink()
    result = run(scan.finish(), monitor="mon")["scan"]
    assert failure_lines(result.failures) == [
        "frame 1: The monitor 'mon' is 0.",
        "frame 2: The monitor 'mon' is nan.",
        "frames 3 to 5: scan0001/pilatus_0001.h5 is missing.",
        "frame 6: scan0001/pilatus_0002.h5: frame 0 is damaged: it can't be unpacked.",
    ]
    assert result.summary == "scan, 7 patterns of 300 points, 6 failed"
    assert result.warnings[0].startswith("6 of 7 frames are missing in the result: frame 1: The")
    found = data_of(result.file)
    assert np.isfinite(found[0]).any()
    assert np.isnan(found[1:]).all()
    with h5py.File(result.file) as root:
        assert root["1.1/pilatus_integrate/failed"].asstr()[1].startswith("frame 2")


def test_a_chunk_that_was_never_written_and_one_of_the_files_cut_off(tmp_path: Path) -> None:
    """The virtual dataset of the scan shows zeros there; they are not taken for counts."""
    scan = write(tmp_path, small_frames())
    with h5py.File(scan.file_of(0), "r+") as root:
        frames = root[DATA]
        kept = [frames.id.read_direct_chunk((n, 0, 0))[1] for n in range(2)]
        settings = {"chunks": frames.chunks, "maxshape": frames.maxshape, "dtype": frames.dtype}
        filters = {"compression": hdf5plugin.Bitshuffle()}
        folder, name = DATA.rsplit("/", 1)
        del root[DATA]
        fresh = root[folder].create_dataset(name, (3, *SMALL.detector.shape), **settings, **filters)
        for n, chunk in enumerate(kept):
            fresh.id.write_direct_chunk((n, 0, 0), chunk)
    cut = scan.file_of(3)
    cut.write_bytes(cut.read_bytes()[:-5000])
    result = run(scan.finish())["scan"]
    assert failure_lines(result.failures) == [
        "frame 2: scan0001/pilatus_0000.h5: frame 2 was never written.",
        "frames 3 to 5: scan0001/pilatus_0001.h5 is cut off.",
    ]
    found = np.isfinite(data_of(result.file)).any(axis=1)
    assert found.tolist() == [True, True, False, False, False, False, True]


def test_frames_of_nan(tmp_path: Path) -> None:
    """A pixel without a number is left out of its frame; a frame without any is listed."""
    frames = [frame.astype(np.float32) for frame in small_frames(3)]
    frames[0][60:70, 100:120] = np.nan
    frames[1][:] = np.nan
    frames[2][3, 3] = np.inf
    result = run(write(tmp_path, frames).finish())
    assert failure_lines(result["scan"].failures) == [
        "frame 1: No pixel that is used holds a measurement."
    ]
    clean = small_frames(3)
    marked = DiffractionImage(clean[0], np.isnan(frames[0]))
    one = integrate_1d(marked, SMALL, points=300)
    seen = one.count > 0  # type: ignore[operator]
    found = data_of(result["scan"].file)
    np.testing.assert_allclose(found[0][seen], one.intensity[seen], rtol=1e-6)
    assert np.isfinite(result["average"].intensity).any()


def test_a_dataset_that_is_cut_off(raw: Path) -> None:
    raw.write_bytes(raw.read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"a\.h5: the HDF5 file can't be opened: it is cut off"):
        run(raw)


def test_marked_and_saturated_pixels_are_left_out(tmp_path: Path) -> None:
    """A hot or dead pixel changes nothing; without being told, a saturated one does."""
    frames = [np.full(SMALL.detector.shape, 50, np.uint32)]
    frames[0][60:70, 100] = 2**32 - 1
    frames[0][20, 30] = 5000
    file = write(tmp_path, frames).finish()
    kept = data_of(run(file, solid_angle=False)["scan"].file)
    assert np.nanmax(kept) > 51
    left = run(file, solid_angle=False, saturation=5000, existing="replace")
    np.testing.assert_allclose(data_of(left["scan"].file), 50, rtol=1e-6)
    exact = run(
        file, solid_angle=False, saturation=5000, error_model="azimuthal", existing="replace"
    )
    np.testing.assert_allclose(data_of(exact["scan"].file), 50, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scan": 4}, "no scan 4.1 in it. Scans are 1.1"),
        ({"detector": "eiger"}, "no detector 'eiger'"),
        ({"monitor": "i0"}, "no counter 'i0'. It has mon, temp"),
        ({"monitor": "mon, -1"}, "monitor should be above zero: it is -1"),
        ({"mask": Mask(np.zeros((3, 4), bool))}, "mask has 3 × 4 pixels but the geometry's"),
        ({"mask": Mask(np.ones((195, 487), bool))}, "mask leaves no pixel"),
        ({"outliers": "median", "azimuth_points": 3}, "takes the median of patterns only"),
        (
            {"outliers": "sigma clip", "error_model": "hybrid"},
            "Sigma clipping with split pixels, or of cakes, has no error model 'hybrid'",
        ),
        ({"radial_min": 9, "radial_max": 3}, "radial range is empty"),
        (
            {
                "geometry": replace(
                    SMALL, detector=Detector("Detector", (172e-6, 172e-6), (487, 195))
                )
            },
            "frame has 195 × 487 pixels .* has 487 × 195: one is turned, its rows are the other's",
        ),
        (
            {"dark": DiffractionImage(np.ones((9, 9)), np.zeros((9, 9), bool))},
            "dark image has 9 × 9",
        ),
        (
            {
                "geometry": replace(
                    SMALL, detector=Detector("Pilatus 1M", (1e-4, 1e-4), (1043, 981))
                )
            },
            "detector's frame has 195 × 487 pixels but the geometry's detector has 1043 × 981",
        ),
    ],
)
def test_wrong_settings_have_their_sentence(raw: Path, settings: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        run(raw, **settings)
    assert [p.name for p in raw.parents[1].iterdir()] == ["raw"]


def test_a_scan_of_which_nothing_is_left(tmp_path: Path) -> None:
    scan = write(tmp_path, small_frames(2), [0.0])
    with pytest.raises(InputError, match=r"no frame of scan 1.1 .* Frames 0 to 1: The monitor"):
        run(scan.finish(), monitor="mon")
    assert not (tmp_path / "out.h5").exists()


# -- the result file


def test_a_result_is_not_overwritten_unless_told(raw: Path, tmp_path: Path) -> None:
    file = run(raw)["scan"].file
    before = file.read_bytes()
    with pytest.raises(InputError, match=r"holds /1.1/pilatus_integrate already: choose 'replace'"):
        run(raw)
    assert file.read_bytes() == before
    run(raw, existing="replace", points=200)
    assert data_of(file).shape == (7, 200)
    assert file.stat().st_size < 1.2 * len(before)
    with pytest.raises(InputError, match="is the scan itself"):
        run(raw, output=raw)


def test_scans_share_a_result_file(raw: Path) -> None:
    second = ScanWriter(raw, ("mon",), scan=2)
    second.add(small_frames(1)[0], mon=1.0)
    second.finish()
    file = run(raw)["scan"].file
    first = data_of(file)
    run(raw, scan=2)
    np.testing.assert_array_equal(data_of(file), first)
    with h5py.File(file) as root:
        assert root["2.1/pilatus_integrate/integrated/intensity"].shape == (1, 300)
        assert root.attrs["default"] == "2.1"


def test_cancelling_leaves_nothing(raw: Path, tmp_path: Path) -> None:
    said: list[str] = []
    progress = Progress(lambda _, words: said.append(words), lambda: "Frame 1 of 7" in said)
    with pytest.raises(Cancelled):
        integrate_scan(SMALL, file=raw, output=tmp_path / "out.h5", progress=progress)
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]


def test_frames_under_way_do_not_grow_with_the_scan(tmp_path: Path) -> None:
    """However slow the writing is, few frames wait for it."""
    from beamcanvas.powder.scan.frames import integrate_frames

    begun: list[int] = []
    most = 0

    class Reader:
        def read(self, start: int, stop: int, buffers: Buffers) -> NDArray[Any]:
            begun.append(start)
            return np.zeros((1, 2, 2))

    def integrate(*_: Any) -> Integrated:
        nothing = np.zeros(3)
        return Integrated(nothing, None, Sums(nothing, None, nothing))

    blocks = ((n, n + 1) for n in range(300))
    frames = integrate_frames(Reader(), blocks, lambda _: 1.0, integrate, 3)  # type: ignore[arg-type]
    for number, done in enumerate(frames):
        assert done.number == number
        most = max(most, len(begun) - number)
    assert number == 299
    assert most <= 4 * 8  # a job of eight for each of three threads, and one that waits


# -- while it is being measured


def follow(tmp_path: Path, write_rest: Callable[[ScanWriter], None], **settings: Any) -> Any:
    """Integrate a scan of which the rest is written by another process or thread."""
    scan = write(tmp_path, small_frames()[:2])
    said = threading.Event()
    progress = Progress(lambda _, words: said.set() if "Waiting" in words else None)

    def grow() -> None:
        said.wait(30)
        write_rest(scan)

    other = threading.Thread(target=grow)
    other.start()
    try:
        return integrate_scan(
            SMALL,
            file=scan.file,
            output=tmp_path / "out.h5",
            points=300,
            progress=progress,
            **settings,
        )
    finally:
        other.join()


def test_a_scan_is_followed_until_it_ends(tmp_path: Path) -> None:
    """Another process writes it, as at a beamline; the result can be read all the time."""
    program = """
import sys, time
from pathlib import Path
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder.simulated.scan import SMALL, simulated_frames
raw, go_on = map(Path, sys.argv[1:])
scan = ScanWriter(raw, ("mon",), frames_per_file=4)
for number, (frame, monitor) in enumerate(simulated_frames(9, SMALL)):
    while number == 3 and not go_on.exists():
        time.sleep(0.02)
    scan.add(frame, mon=monitor)
scan.finish()
"""
    raw, out, go_on = tmp_path / "raw" / "a.h5", tmp_path / "out.h5", tmp_path / "go on"
    seen: list[int] = []

    def look(_: float | None, words: str) -> None:
        if out.exists():
            seen.append(len(data_of(out)))
        if words == "Waiting for frame 4":
            go_on.touch()

    with subprocess.Popen([sys.executable, "-c", program, str(raw), str(go_on)]) as other:
        while not raw.exists():
            assert other.poll() is None
        found = integrate_scan(
            simulated_scan.SMALL, file=raw, output=out, monitor="mon", progress=Progress(look)
        )
    assert found.scan.is_complete
    assert found.scan.failures == {}
    assert found.scan.frames == 9
    assert np.isfinite(data_of(out)).any(axis=1).all()
    assert sorted(seen) == seen
    assert 3 in seen, "the first frames were there before the others were measured"


def test_waiting_ends(tmp_path: Path) -> None:
    found = follow(tmp_path, lambda scan: None, wait=0.3)
    assert not found.scan.is_complete
    assert found.scan.summary == "scan, 2 patterns of 300 points, not complete"
    assert found.scan.warnings == ("Scan 1.1 has not ended: no frame came for 0.3 s.",)
    with h5py.File(found.scan.file) as root:
        assert "end_time" not in root["1.1"]


def test_a_scan_without_any_frame(tmp_path: Path) -> None:
    scan = write(tmp_path, [])
    with pytest.raises(InputError, match=r"scan 1.1 got no frame within 0.1 s"):
        run(scan.file, wait=0.1)
