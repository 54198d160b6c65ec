"""What a scan's file tells: frames, motors, order."""

from __future__ import annotations

import gzip
import pickle
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamcanvas.darkfield import (
    list_scans,
    open_images,
    open_scan,
    set_dimensions,
    subtract_background,
)
from beamcanvas.darkfield.read.dimensions import arrange, guess, levels, named_in_title
from beamcanvas.darkfield.simulated import Motor, write_scan
from beamcanvas.errors import InputError

from .conftest import MOTORS, TUTORIAL


def write(file: Path, frames: np.ndarray, **keywords) -> Path:
    grids = np.meshgrid(*[m.positions for m in MOTORS], indexing="ij")
    return write_scan(file, frames, MOTORS, np.stack([g.ravel() for g in grids]), **keywords)


def test_a_bliss_scan_of_id03() -> None:
    stack = open_scan(TUTORIAL / "id03_111cells.h5")
    assert stack.motors == ("chi", "diffry")
    assert stack.grid == (26, 37)
    chi, diffry = stack.dimensions
    # where the motors stood: in the middle of each frame for the one that is driven
    assert (chi.start, chi.stop) == pytest.approx((-0.58, 1.42), abs=1e-3)
    assert (diffry.start, diffry.step) == pytest.approx((7.15, 0.06), abs=1e-3)
    assert stack.fixed["obx"] > 0
    assert stack.warnings == ()


def test_all_real_files_open(shared: Path) -> None:
    names = {
        "id03_fatigue_fscan_mu_rocking.h5": {"mu": 150},
        "id03_111cells_10x_fscan2d_motordrift.h5": {"chi": 26, "diffry": 37},
        "darfix_synthetic_3d.h5": {"ccmth": 5, "chi": 8, "mu": 8},
        "darfix_NiTi_positioners_3d.h5": {"difftz": 45, "chi": 20, "diffry": 35},
        "darfix_strain_2frames.hdf5": {"obpitch": 2},
    }
    for name, dimensions in names.items():
        stack = open_scan(shared / name)
        assert dict(zip(stack.motors, stack.grid, strict=True)) == dimensions, name


def test_encoders_that_tremble(shared: Path) -> None:
    with h5py.File(shared / "darfix_silicon111_positioners_2d.h5") as file:
        positions = {name: file["positioners"][name][()] for name in file["positioners"]}
    assert guess(positions, 1891) == [("chi", 31), ("mu", 61)]


@given(
    sizes=st.lists(st.integers(2, 9), min_size=1, max_size=4),
    tremble=st.floats(0, 0.02),
    step=st.floats(1e-3, 10),
    start=st.floats(-20, 20),
    seed=st.integers(0, 100),
)
def test_any_grid_is_found_again(sizes, tremble, step, start, seed) -> None:
    random = np.random.default_rng(seed)
    grids = np.meshgrid(*[start + step * np.arange(n) for n in sizes], indexing="ij")
    positions = {
        f"motor{m}": g.ravel() + random.uniform(-1, 1, g.size) * tremble * step
        for m, g in enumerate(grids)
    }
    for values, size in zip(positions.values(), sizes, strict=True):
        assert levels(values).max() + 1 == size
    found = guess(positions, int(np.prod(sizes)))
    assert found == [(f"motor{m}", n) for m, n in enumerate(sizes)]


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("fscan2d chi -0.5 0.08 26 diffry 7 0.06 37 0.5 0.5004", [("chi", 26), ("diffry", 37)]),
        ("fscan mu 0.29 0.001 150 0.5", [("mu", 150)]),
        ("ascan diffry -23.176 -23.146 30 5", [("diffry", 31)]),
        ("amesh mu 0 1 4 chi 0 1 2 0.1", [("chi", 3), ("mu", 5)]),
        ("fscan3d ccmth 6 0.1 3 chi 0 0.1 4 mu 0 0.1 5 1", [("ccmth", 3), ("chi", 4), ("mu", 5)]),
        ("ct 0.5", []),
        ("", []),
    ],
)
def test_titles(title: str, named: list) -> None:
    assert named_in_title(title) == named


@given(st.text())
def test_any_title_is_read(title: str) -> None:
    assert isinstance(named_in_title(title), list)


@pytest.mark.parametrize("zigzag", [False, True])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_frames_come_in_the_order_of_the_motors(tmp_path, grain_frames, zigzag, as_bytes) -> None:
    file = write(tmp_path / "scan.h5", grain_frames, zigzag=zigzag)
    if as_bytes:  # as copies of bliss files have it
        with h5py.File(file, "a") as root:
            parameters = root["1.1/instrument/fscan_parameters"]
            for name in ("scan_name", "slow_motor", "fast_motor"):
                text = parameters[name][()]
                del parameters[name]
                parameters.create_dataset(name, data=np.bytes_(text))
    stack = open_scan(file)
    assert np.array_equal(stack.treated().frames(range(81)), grain_frames)
    for motor, values in zip(MOTORS, stack.nominal, strict=True):
        np.testing.assert_allclose(values, motor.positions, atol=1e-12)


def test_positions_alone(tmp_path, grain_frames) -> None:
    """No parameters, no title: the positions tell, in a file of anybody."""
    file = tmp_path / "plain.h5"
    grids = np.meshgrid(*[m.positions for m in MOTORS], indexing="ij")
    with h5py.File(file, "w") as root:
        root["detector/data"] = grain_frames
        for motor, grid in zip(MOTORS, grids, strict=True):
            root[f"positioners/{motor.name}"] = grid.ravel()
        root["positioners/temperature"] = np.full(81, 21.0)
    stack = open_scan(file)
    assert stack.motors == ("chi", "diffry")
    assert stack.fixed["temperature"] == 21.0


def test_frames_alone(tmp_path, grain_frames) -> None:
    file = tmp_path / "frames.h5"
    with h5py.File(file, "w") as root:
        root["some/where"] = grain_frames
    stack = open_scan(Path(f"{file}::some/where"))
    assert stack.motors == ("frame",)
    assert "numbered" in stack.warnings[0]
    said = set_dimensions(stack, motors=["chi", "mu"], sizes=[9, 9])
    assert said.grid == (9, 9)
    evenly = set_dimensions(
        stack, motors=["chi", "mu"], sizes=[9, 9], starts=[-1, 0], stops=[1, 4], zigzag=True
    )
    assert evenly.dimensions[1].step == 0.5
    second = evenly.treated().frames(range(9, 18))
    assert np.array_equal(second, grain_frames[9:18][::-1])


def test_several_scans_are_one(tmp_path, grain_frames) -> None:
    file = tmp_path / "layers.h5"
    for n in range(3):
        fixed = {"difftz": 1.5 + 0.01 * n, "current": 190.0 - n**2}
        write(file, grain_frames + n, fixed=fixed, add=n > 0, entry=n + 1)
    stack = open_scan(file, scan="1", to="3")
    assert stack.motors == ("difftz", "chi", "diffry")
    assert stack.grid == (3, 9, 9)
    np.testing.assert_allclose(stack.nominal[0], [1.5, 1.51, 1.52])
    assert np.array_equal(stack.treated().frames(range(162, 243)), grain_frames + 2)
    assert open_scan(file, scan="1", to="3", along="current").motors[0] == "current"
    assert [s.scan for s in list_scans(file)] == ["1.1", "2.1", "3.1"]
    assert list_scans(file)[0].frames == "81 × 40 × 36"


def test_a_scan_that_ended_early(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    with h5py.File(file, "a") as root:
        camera = root["1.1/instrument/camera"]
        del camera["image"]
        camera["image"] = grain_frames[:50]
    stack = open_scan(file)
    assert stack.grid == (5, 9)
    assert "ended early: 5 of 9 steps of chi are complete, 5 frames" in stack.warnings[0]
    assert np.array_equal(stack.treated().frames([44])[0], grain_frames[44])
    assert subtract_background(stack).warnings == ()  # it is told once


def test_a_scan_that_ended_in_its_first_step(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    with h5py.File(file, "a") as root:
        camera = root["1.1/instrument/camera"]
        del camera["image"]
        camera["image"] = grain_frames[:5]
    stack = open_scan(file)
    assert (stack.motors, stack.grid) == (("diffry",), (5,))
    assert "within the first step of chi" in stack.warnings[0]


def test_more_frames_than_the_scan_was_told_to_make(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    with h5py.File(file, "a") as root:
        told = root["1.1/instrument/fscan_parameters"]
        for name in [n for n in told if n.endswith("npoints")]:
            del told[name]
            told[name] = 4
        del root["1.1/title"]
    stack = open_scan(file)
    assert (stack.motors, stack.grid) == (("chi", "diffry"), (9, 9))
    assert "told to make 4 × 4 = 16 frames; there are 81: what moved" in stack.warnings[0]
    with h5py.File(file, "a") as root:
        root["1.1/instrument/chi/value"][...] = 0
        root["1.1/instrument/diffry/data"][...] = 0
    stack = open_scan(file)
    assert "numbered. Say what moved in 'Dimensions'" in stack.warnings[0]


def virtual(folder: Path, frames: np.ndarray, per_file: int = 27) -> Path:
    """A scan whose frames are in files of the detector, as bliss and LIMA write it."""
    file = write(folder / "scan.h5", frames)
    layout = h5py.VirtualLayout(frames.shape, frames.dtype)
    for n, first in enumerate(range(0, len(frames), per_file)):
        part = frames[first : first + per_file]
        name = f"camera_{n:04d}.h5"
        with h5py.File(folder / name, "w") as root:
            root["entry_0000/measurement/data"] = part
        source = h5py.VirtualSource(name, "entry_0000/measurement/data", part.shape)
        layout[first : first + len(part)] = source
    with h5py.File(file, "a") as root:
        camera = root["1.1/instrument/camera"]
        del camera["image"]
        camera.create_virtual_dataset("image", layout)
    return file


def test_a_file_of_the_detector_is_missing_at_the_end(tmp_path, grain_frames) -> None:
    file = virtual(tmp_path, grain_frames)
    assert np.array_equal(open_scan(file).treated().frames(range(81)), grain_frames)
    (tmp_path / "camera_0002.h5").unlink()
    stack = open_scan(file)
    assert stack.grid == (6, 9)
    assert "ended early" in stack.warnings[0]


def test_a_file_of_the_detector_is_missing_in_the_middle(tmp_path, grain_frames) -> None:
    file = virtual(tmp_path, grain_frames)
    (tmp_path / "camera_0001.h5").write_bytes(b"cut off")
    stack = open_scan(file)
    assert stack.grid == (9, 9)
    assert stack.warnings == ("27 frames are missing and count as empty: 27, 28, 29, 30, 31 ....",)
    frames = stack.treated().frames(range(81))
    assert not frames[27:54].any()
    assert np.array_equal(frames[54:], grain_frames[54:])


def test_edf_with_the_header_of_spec(tmp_path, shared) -> None:
    text = gzip.decompress((shared / "darfix_strain_0000.edf.gz").read_bytes())
    for n in range(3):
        moved = text.replace(b"-23.176", b"-23.1%02d" % (60 - n), 2)
        (tmp_path / f"strain_{n:04d}.edf").write_bytes(moved)
    stack = open_images(tmp_path / "strain_0000.edf")
    assert stack.shape == (3, 2048, 2048)
    assert stack.source.dtype == "uint16"
    assert stack.fixed["obpitch"] == pytest.approx(stack.fixed["obpitch"])
    assert stack.motors == ("diffry",) or "numbered" in stack.warnings[0]


def test_a_stack_goes_to_another_process(tmp_path, grain_frames) -> None:
    stack = open_scan(write(tmp_path / "scan.h5", grain_frames))
    text = pickle.dumps(stack)
    assert len(text) < 10_000  # a reference, not the frames
    again = pickle.loads(text)
    assert np.array_equal(again.treated().frames([7]), stack.treated().frames([7]))


# -- what is wrong, in one sentence


def sentence(call, *arguments, **keywords) -> str:
    with pytest.raises(InputError) as info:
        call(*arguments, **keywords)
    words = str(info.value)
    assert "\n" not in words
    assert words.endswith(".")
    return words


def test_wrong_files_and_names(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    assert "no such file" in sentence(open_scan, tmp_path / "none.h5")
    assert "no scan '7' in it. Scans with frames are 1.1" in sentence(open_scan, file, scan="7")
    words = sentence(open_scan, file, detector="pilatus")
    assert "no detector 'pilatus'. Those with frames are: camera" in words
    assert "No position of 'mu'" in sentence(open_scan, file, motors=["mu"])
    assert "nothing at 'a/b'" in sentence(open_scan, Path(f"{file}::a/b"))
    assert "comes before" in sentence(open_scan, file, scan="2", to="1")
    cut = tmp_path / "cut.h5"
    shutil.copy(file, cut)
    cut.write_bytes(cut.read_bytes()[:4000])
    assert "cut.h5" in sentence(open_scan, cut)
    text = tmp_path / "text.h5"
    text.write_text("no")
    assert "not an HDF5 file" in sentence(open_scan, text)


def test_positions_that_do_not_fit(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    with h5py.File(file, "a") as root:
        place = root["1.1/instrument/diffry"]
        values = place["data"][()]
        del place["data"]
        place["data"] = values[:70]
    stack = open_scan(file)
    assert stack.grid == (7, 9)
    assert "'diffry' has 70 positions; the scan has 81 frames" in stack.warnings[0]
    assert "7 of 9 steps of chi are complete, 7 frames" in stack.warnings[1]
    assert np.array_equal(stack.treated().frames([62])[0], grain_frames[62])
    positions = {"a": np.arange(81.0), "b": np.arange(81.0)}
    with pytest.raises(InputError, match="The dimensions 4 × 4 make 16 frames; there are 81"):
        arrange([("a", 4), ("b", 4)], positions, 81)


def test_dark_frames_of_another_shape(tmp_path, grain_frames) -> None:
    file = write(tmp_path / "scan.h5", grain_frames)
    dark = tmp_path / "dark.h5"
    with h5py.File(dark, "w") as root:
        root["data"] = np.zeros((3, 10, 10), np.uint16)
    assert "10 × 10 pixels; the scan has 40 × 36" in sentence(open_scan, file, dark_file=dark)


def test_dimensions_that_do_not_make_the_frames(grain) -> None:
    words = sentence(set_dimensions, grain, motors=["a", "b"], sizes=[9, 8])
    assert words == "The dimensions 9 × 8 make 72 frames; there are 81."
    assert "2 motors have 1 sizes" in sentence(set_dimensions, grain, sizes=[81])
    assert "named twice" in sentence(set_dimensions, grain, motors=["a", "a"])


def test_the_motor_that_moves_is_named(tmp_path) -> None:
    motors = [Motor("a", 0, 1, 3), Motor("b", 0, 1, 4), Motor("c", 0, 1, 2), Motor("d", 0, 1, 5)]
    grids = np.meshgrid(*[m.positions for m in motors], indexing="ij")
    frames = np.random.default_rng(0).integers(0, 99, (120, 4, 5)).astype(np.uint16)
    positions = np.stack([g.ravel() for g in grids])
    stack = open_scan(write_scan(tmp_path / "four.h5", frames, motors, positions))
    assert stack.motors == ("a", "b", "c", "d")
