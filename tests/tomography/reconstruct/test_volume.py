"""Volumes by chunks: whole or not at all, resumed, in bounded memory, spread over workers."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from tomoscan.factory import Factory

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    TomoScan,
    Volume,
    assemble_volume,
    choose_reconstruction,
    open_volume,
    plan_volume,
    reconstruct_part,
    reconstruct_slices,
    reconstruct_volume,
)
from beamcanvas.tomography.reconstruct import memory as memory_module
from beamcanvas.tomography.reconstruct import volume as volume_module
from beamcanvas.tomography.reconstruct.engine import Slices
from beamcanvas.tomography.volume.reading import VolumeData
from beamcanvas.tomography.volume.writing import WORDS

ROWS = 20


@pytest.fixture
def found(simulated: TomoScan) -> TomoScan:
    return replace(simulated, centre=50.25)


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of six rows, whatever the memory."""
    monkeypatch.setattr(volume_module, "rows_at_once", lambda *_: 6)


def voxels(volume: Volume) -> Any:
    with VolumeData(volume) as data:
        return data.frames(0, data.shape[0])


def left_over(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.name.startswith("."))


@pytest.mark.usefixtures("few_rows")
def test_chunks_are_one_volume(found: TomoScan, tmp_path: Path) -> None:
    volume = reconstruct_volume(found, file=tmp_path / "v.hdf5", first_row=1, last_row=18)
    assert volume.shape == (18, 96, 96)
    assert [p.name for p in sorted((tmp_path / "v").iterdir())] == [
        "v_000001.hdf5",
        "v_000007.hdf5",
        "v_000013.hdf5",
    ]
    slices = reconstruct_slices(found, positions="1:19").data
    assert np.abs(voxels(volume) - slices).max() < 2e-3 * np.abs(slices).max()
    again = open_volume(volume.path)
    assert (again.shape, again.scan) == (volume.shape, found.identifier)
    assert again.voxel_size == pytest.approx((1e-6,) * 3)
    assert again.position == pytest.approx((0, 0, 0), abs=1e-12)
    theirs = Factory.create_tomo_object_from_identifier(volume.identifier)
    assert theirs.load_data().shape == volume.shape
    assert tuple(theirs.voxel_size) == pytest.approx((1e-6,) * 3)
    with h5py.File(tmp_path / "v" / "v_000007.hdf5") as root:
        options = root["entry/reconstruction/configuration/processing_options/reconstruction"]
        assert options["position"][0] == pytest.approx(0)
    # it may be moved as a whole
    (tmp_path / "elsewhere").mkdir()
    for name in ("v", "v.hdf5"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    assert voxels(open_volume(tmp_path / "elsewhere" / "v.hdf5"))[17].any()


@pytest.mark.usefixtures("few_rows")
def test_a_cancelled_volume_goes_on_to_the_same(
    found: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = voxels(reconstruct_volume(found, file=tmp_path / "straight"))
    stop_at = [0.5]
    done = [0.0]

    def report(fraction: float | None, words: str) -> None:
        done[0] = fraction or 0.0

    stopping = Progress(report, lambda: done[0] > stop_at[0])
    with pytest.raises(Cancelled):
        reconstruct_volume(found, file=tmp_path / "v", progress=stopping)
    assert not (tmp_path / "v.hdf5").exists()
    assert left_over(tmp_path) == []
    parts = sorted((tmp_path / "v").iterdir())
    assert 1 <= len(parts) < 4
    before = [p.stat().st_mtime_ns for p in parts]
    # more memory than the first time: the chunks stay as they were begun
    monkeypatch.setattr(volume_module, "rows_at_once", lambda *_: 20)
    resumed = reconstruct_volume(found, file=tmp_path / "v")
    assert [p.stat().st_mtime_ns for p in parts] == before
    assert np.array_equal(voxels(resumed), straight)
    seen: list[str] = []
    reconstruct_volume(found, file=tmp_path / "v", progress=Progress(lambda _, w: seen.append(w)))
    assert seen == ["It is there already"]


@pytest.mark.usefixtures("few_rows")
def test_a_volume_goes_on_in_less_memory(
    found: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = voxels(reconstruct_volume(found, file=tmp_path / "v"))
    last = max((tmp_path / "v").glob("v_*.hdf5"))
    rows = 6 * (len(straight) // 6)
    last.unlink()
    (tmp_path / "v.hdf5").unlink()
    monkeypatch.setattr(volume_module, "rows_at_once", lambda *_: 2)
    made: list[tuple[int, int]] = []
    whole = Slices.rows

    def spied(self: Slices, start: int, stop: int, progress: Progress) -> Any:
        made.append((start, stop))
        return whole(self, start, stop, progress)

    monkeypatch.setattr(Slices, "rows", spied)
    assert np.allclose(voxels(reconstruct_volume(found, file=tmp_path / "v")), straight, atol=1e-4)
    assert made == [(n, min(n + 2, len(straight))) for n in range(rows, len(straight), 2)]


def test_nothing_is_overwritten_unless_asked(found: TomoScan, tmp_path: Path) -> None:
    first = reconstruct_volume(found, file=tmp_path / "v", last_row=3)
    other = replace(found, centre=48.0)
    with pytest.raises(InputError, match=r"v\.hdf5 is there already and was made otherwise"):
        reconstruct_volume(other, file=tmp_path / "v", last_row=3)
    kept = voxels(first)
    reconstruct_volume(other, file=tmp_path / "v", last_row=3, existing="replace")
    assert not np.array_equal(voxels(first), kept)
    (tmp_path / "mine.hdf5").write_text("notes")
    with pytest.raises(InputError, match="there already"):
        reconstruct_volume(found, file=tmp_path / "mine")
    assert (tmp_path / "mine.hdf5").read_text() == "notes"


@pytest.mark.parametrize("format", WORDS)
def test_every_format(found: TomoScan, tmp_path: Path, format: Any) -> None:
    if format == "jp2":
        with pytest.raises(InputError, match="uint8 or uint16 values, not float32"):
            reconstruct_volume(found, file=tmp_path / "v", format=format, last_row=2)
        return
    expected = reconstruct_slices(found, positions="0:4").data
    volume = reconstruct_volume(found, file=tmp_path / "v", format=format, last_row=3)
    assert np.allclose(voxels(volume), expected, atol=1e-3 * expected.max())
    assert open_volume(Path(volume.identifier)).shape == volume.shape
    assert left_over(tmp_path) == []
    with pytest.raises(InputError, match="there already"):
        (reconstruct_volume(replace(found, centre=48.0), file=tmp_path / "v", format=format))


@pytest.mark.usefixtures("few_rows")
def test_workers_make_parts(found: TomoScan, tmp_path: Path) -> None:
    plan = plan_volume(found, file=tmp_path / "v")
    assert len(plan.chunks) == 4
    with pytest.raises(InputError, match="4 of 4 chunks are missing, the first one of rows 0 to 5"):
        assemble_volume(plan)
    parts = [reconstruct_part(plan, part=n, parts=3) for n in (1, 2, 3)]
    volume = assemble_volume(*parts)
    assert np.array_equal(
        voxels(volume), voxels(reconstruct_volume(found, file=tmp_path / "straight"))
    )
    with pytest.raises(InputError, match="no part 4 of 3"):
        reconstruct_part(plan, part=4, parts=3)


def test_no_room_is_told_before_the_work(
    found: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("beamcanvas.output_file.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match=r"needs 0\.737 MB, and only 0\.001 MB are free"):
        reconstruct_volume(found, file=tmp_path / "v")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(
        InputError, match=r"two rows .* need .* GB of memory, more than the 0\.01 GB"
    ):
        reconstruct_volume(found, file=tmp_path / "v", memory=0.01)
    with pytest.raises(InputError, match="Rows 5 to 20 are not among the 20"):
        reconstruct_volume(found, file=tmp_path / "v", first_row=5, last_row=20)


def test_the_disk_fills_up(
    found: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", full)
    with pytest.raises(
        InputError, match=r"v_000000\.hdf5 can't be written: No space left on device\."
    ):
        reconstruct_volume(found, file=tmp_path / "v")
    assert not list(tmp_path.rglob("*.hdf5"))


_KILLED = """
import sys
from dataclasses import replace
from beamcanvas.tomography import open_scan, reduce_darks_and_flats, reconstruct_volume
from beamcanvas.tomography.reconstruct import volume
volume.rows_at_once = lambda *_: 2
scan = replace(reduce_darks_and_flats(open_scan(sys.argv[1])), centre=50.25)
reconstruct_volume(scan, file=sys.argv[2])
"""


def test_a_killed_process_leaves_no_half_file(
    found: TomoScan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_module, "rows_at_once", lambda *_: 2)
    straight = voxels(reconstruct_volume(found, file=tmp_path / "straight"))
    target = tmp_path / "v.hdf5"
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(found.file), str(target)])
    while process.poll() is None and not list((tmp_path / "v").glob("v_*.hdf5")):
        time.sleep(0.005)
    process.kill()
    process.wait()
    for file in (tmp_path / "v").glob("v_*.hdf5"):
        with h5py.File(file) as root:
            assert root["entry/reconstruction/results/data"].shape == (2, 96, 96)
    assert np.array_equal(voxels(reconstruct_volume(found, file=target)), straight)


def test_memory_is_planned_for(simulated: TomoScan) -> None:
    used = memory_module.used_memory()
    assert 0 < used < memory_module.free_memory() * 100


def test_settings_are_kept_with_the_volume(found: TomoScan, tmp_path: Path) -> None:
    scan = choose_reconstruction(found, filter="hann", cutoff=0.8)
    reconstruct_volume(scan, file=tmp_path / "v", last_row=1)
    with h5py.File(tmp_path / "v.hdf5") as root:
        said = root["entry/reconstruction/configuration/beamcanvas"]
        assert said["filter"].asstr()[()] == "hann"
        assert said["cutoff"][()] == 0.8
        assert said["rotation_axis"][()] == 50.25
