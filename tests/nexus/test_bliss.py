"""Reading scans as bliss writes them, finished, growing and damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.nexus.bliss import FrameReader, Scan, read_scan
from beamcanvas.nexus.chunks import Buffers, ChunkedFrames
from beamcanvas.nexus.simulated_scan import DATA, ScanWriter

SHAPE = (40, 50)
FRAMES = np.random.default_rng(3).poisson(4, (10, *SHAPE)).astype(np.int32)


def writer(file: Path, **options: Any) -> ScanWriter:
    return ScanWriter(
        file, ("mon", "temp"), frames_per_file=4, positioners={"energy": 30.0}, **options
    )


def add(scan: ScanWriter, frames: np.ndarray) -> None:
    for frame in frames:
        scan.add(frame, mon=1.0 + scan.count, temp=300.0)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    scan = writer(tmp_path / "a.h5")
    add(scan, FRAMES)
    return scan.finish()


def frames_of(scan: Scan) -> Iterator[np.ndarray]:
    buffers = Buffers()
    with FrameReader(scan) as reader:
        for start, stop in reader.blocks(0, scan.frames):
            yield from reader.read(start, stop, buffers).copy()


def test_a_finished_scan(finished: Path) -> None:
    scan = read_scan(finished, 1)
    assert scan.is_finished
    assert (scan.entry, scan.detector, scan.frames) == ("1.1", "pilatus", 10)
    assert [(p.first, p.count, p.file.name) for p in scan.parts] == [
        (0, 4, "pilatus_0000.h5"),
        (4, 4, "pilatus_0001.h5"),
        (8, 2, "pilatus_0002.h5"),
    ]
    assert list(scan.counters) == ["mon", "temp"]
    assert scan.counters["mon"].tolist() == list(range(1, 11))
    assert scan.positioners == {"energy": 30.0}
    np.testing.assert_array_equal(list(frames_of(scan)), FRAMES)


def test_a_growing_scan_shows_what_is_there(tmp_path: Path) -> None:
    scan = writer(tmp_path / "a.h5")
    assert read_scan(scan.file, 1).parts == ()
    add(scan, FRAMES[:6])
    seen = read_scan(scan.file, 1)
    assert not seen.is_finished
    assert len(seen.counters["mon"]) == 6
    with FrameReader(seen) as reader:
        assert reader.ready(0) == 6
        assert reader.ready(5) == 6
        np.testing.assert_array_equal(reader.read(5, 6, Buffers())[0], FRAMES[5])
        with pytest.raises(InputError, match=r"pilatus_0001.h5: frame 2 was never written"):
            reader.read(6, 7, Buffers())


@pytest.mark.parametrize(
    ("options", "raw"),
    [
        ({"chunks": (1, *SHAPE), **hdf5plugin.Bitshuffle(cname="lz4")}, True),
        ({"chunks": (1, *SHAPE), **hdf5plugin.Bitshuffle(cname="zstd")}, True),
        ({"chunks": (1, *SHAPE)}, True),
        ({"chunks": (1, *SHAPE), "compression": "gzip"}, False),
        ({"chunks": (4, *SHAPE), "compression": "gzip"}, False),
        ({"chunks": (3, 20, 50)}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("dtype", ["i4", "u2", "f4", ">i4"])
def test_however_it_is_packed(tmp_path: Path, options: Any, raw: bool, dtype: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as root:
        root.create_dataset("data", data=FRAMES.astype(dtype), **options)
    with h5py.File(tmp_path / "a.h5") as root:
        frames = ChunkedFrames(root["data"])
        assert frames.is_raw == (raw and dtype != ">i4")
        assert frames.written(0, 10) == 10
        buffers = Buffers()
        for start in range(0, 10, frames.together):
            stop = min(start + frames.together, 10)
            found = frames.read(start, stop, buffers)
            np.testing.assert_array_equal(found, FRAMES[start:stop])


def test_the_kinds_of_places_for_frames(tmp_path: Path, finished: Path) -> None:
    """In the file itself, behind a link to another one, and in a mosaic of two modules."""
    half = FRAMES[:, :20]
    with h5py.File(tmp_path / "raw.h5", "w") as root:
        root["data"], root["half"] = FRAMES, half
    layout = h5py.VirtualLayout((10, *SHAPE), np.int32)
    layout[:, :20] = h5py.VirtualSource("raw.h5", "half", shape=half.shape)
    layout[:, 20:] = h5py.VirtualSource("raw.h5", "data", shape=FRAMES.shape)[:, 20:]
    with h5py.File(tmp_path / "b.h5", "w") as root:
        for number in (1, 2, 3):
            root[f"{number}.1/end_time"] = "now"
        root["1.1/measurement/own"] = FRAMES
        root.create_group("2.1/measurement")["linked"] = h5py.ExternalLink("raw.h5", "/data")
        root.create_group("3.1/measurement").create_virtual_dataset("mosaic", layout)
    for number, name in ((1, "own"), (2, "linked"), (3, "mosaic")):
        scan = read_scan(tmp_path / "b.h5", number)
        assert scan.detector == name
        np.testing.assert_array_equal(list(frames_of(scan)), FRAMES)


def test_what_is_missing_is_said_in_a_sentence(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no scan 3.1 in it. Scans are 1.1"):
        read_scan(finished, 3)
    with pytest.raises(InputError, match=r"no detector 'eiger'. There is pilatus"):
        read_scan(finished, 1, detector="eiger")
    with pytest.raises(InputError, match="no such file"):
        read_scan(tmp_path / "no.h5", 1)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda p: p.unlink(), "pilatus_0001.h5 is missing"),
        (lambda p: p.write_bytes(p.read_bytes()[:3000]), "pilatus_0001.h5 is cut off"),
        (lambda p: p.write_bytes(b"no"), "pilatus_0001.h5 can't be read"),
    ],
)
def test_a_damaged_file_costs_its_own_frames(finished: Path, harm: Any, words: str) -> None:
    scan = read_scan(finished, 1)
    harm(scan.parts[1].file)
    with FrameReader(read_scan(finished, 1)) as reader:
        buffers = Buffers()
        for number in range(10):
            if 4 <= number < 8:
                with pytest.raises(InputError, match=words):
                    reader.read(number, number + 1, buffers)
            else:
                found = reader.read(number, number + 1, buffers)
                np.testing.assert_array_equal(found[0], FRAMES[number])


def test_a_damaged_chunk_is_found(finished: Path) -> None:
    scan = read_scan(finished, 1)
    with h5py.File(scan.parts[0].file, "r+") as root:
        root[DATA].id.write_direct_chunk((1, 0, 0), bytes(500))
    with (
        FrameReader(scan) as reader,
        pytest.raises(InputError, match="frame 1 is damaged: it can't be unpacked"),
    ):
        reader.read(1, 2, Buffers())


def test_two_scans_of_one_file(finished: Path) -> None:
    second = writer(finished, scan=2)
    add(second, FRAMES[::-1])
    second.finish()
    np.testing.assert_array_equal(list(frames_of(read_scan(finished, 2))), FRAMES[::-1])
    np.testing.assert_array_equal(list(frames_of(read_scan(finished, 1))), FRAMES)
