"""What is read, and what lies beside what is written, outlives every step that may replace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    Volume,
    add_darks_and_flats,
    cast_volume,
    export_nabu_conf,
    open_scan,
    open_volume,
    plan_volume,
    reconstruct_volume,
    reduce_darks_and_flats,
    save_scan,
    stitch_volumes,
)
from beamcanvas.tomography.simulated.scan import simulate_scan
from beamcanvas.tomography.volume.reading import VolumeData
from beamcanvas.tomography.volume.writing import place_of, write_volume

Step = Callable[[TomoScan, Volume, Path], Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    simulate_scan(folder / "scan.hdf5", rows=4, columns=32, projections=30)
    return folder


@pytest.fixture
def scan(made: Path, tmp_path: Path) -> TomoScan:
    shutil.copy(made / "scan.hdf5", tmp_path)
    scan = reduce_darks_and_flats(open_scan(tmp_path / "scan.hdf5"), folder=tmp_path / "reduced")
    return replace(scan, centre=15.5)


@pytest.fixture
def volume(scan: TomoScan, tmp_path: Path) -> Volume:
    return reconstruct_volume(scan, file=tmp_path / "slices.hdf5")


def linked_over_its_frames(scan: TomoScan, volume: Volume, folder: Path) -> None:
    linked = save_scan(scan, file=folder / "linked.nx")
    save_scan(linked, file=scan.file, existing="replace")


#: what would write over what it reads
OVER_ITSELF: dict[str, Step] = {
    "save": lambda s, v, f: save_scan(s, file=s.file, existing="replace"),
    "save linked": linked_over_its_frames,
    "add": lambda s, v, f: add_darks_and_flats(s, s, file=s.file, existing="replace"),
    "volume": lambda s, v, f: reconstruct_volume(s, file=s.file, existing="replace"),
    "volume, no suffix": lambda s, v, f: reconstruct_volume(s, file=f / "scan", existing="replace"),
    "volume over darks": lambda s, v, f: reconstruct_volume(
        s, file=f / "reduced" / "scan_darks.hdf5", existing="replace"
    ),
    "plan": lambda s, v, f: plan_volume(s, file=s.file, existing="replace"),
    "cast": lambda s, v, f: cast_volume(
        v, file=f / "reduced" / ".." / "slices.hdf5", format="hdf5", existing="replace"
    ),
    "stitch": lambda s, v, f: stitch_volumes([v, v], overlap=1, file=v.path, existing="replace"),
    "nabu.conf": lambda s, v, f: export_nabu_conf(s, file=s.file),
}

#: what would put a folder of slices where other things are
OVER_OTHERS: dict[str, Step] = {
    "volume": lambda s, v, f: reconstruct_volume(s, file=f, format="tiff", existing="replace"),
    "cast": lambda s, v, f: cast_volume(v, file=f, existing="replace"),
    "cast over chunks": lambda s, v, f: cast_volume(
        v, file=v.path.with_suffix(""), existing="replace"
    ),
    "stitch": lambda s, v, f: stitch_volumes(
        [v, v], overlap=1, file=f, format="edf", existing="replace"
    ),
}


def contents(folder: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "linked.nx"}


@pytest.mark.parametrize("name", OVER_ITSELF)
def test_what_is_read_is_not_replaced(
    name: str, scan: TomoScan, volume: Volume, tmp_path: Path
) -> None:
    before = contents(tmp_path)
    with pytest.raises(InputError, match="is made of this file; choose another name"):
        OVER_ITSELF[name](scan, volume, tmp_path)
    assert contents(tmp_path) == before


def test_a_name_without_suffix_does_not_hide_the_scan(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "scan.nx"
    shutil.copy(made / "scan.hdf5", file)
    before = file.read_bytes()
    with pytest.raises(InputError, match="is made of this file"):
        save_scan(open_scan(file), file=tmp_path / "scan", existing="replace")
    assert file.read_bytes() == before


@pytest.mark.parametrize("name", OVER_OTHERS)
def test_a_folder_with_other_files_is_not_replaced(
    name: str, scan: TomoScan, volume: Volume, tmp_path: Path
) -> None:
    before = contents(tmp_path)
    with pytest.raises(InputError, match="a folder with more than a volume's slices in it"):
        OVER_OTHERS[name](scan, volume, tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("format", ["tiff", "edf"])
def test_a_folder_of_slices_is_replaced(
    format: Any, scan: TomoScan, volume: Volume, tmp_path: Path
) -> None:
    for _ in range(2):
        made = cast_volume(
            volume, dtype="float32", file=tmp_path / "cast", format=format, existing="replace"
        )
    assert made.volume.shape == volume.shape


def test_a_volume_without_its_chunks_is_not_zeros(scan: TomoScan, tmp_path: Path) -> None:
    """HDF5 itself gives zeros for a chunk that was taken away or is damaged."""
    volume = reconstruct_volume(scan, file=tmp_path / "v.hdf5")
    chunk = tmp_path / "v" / "v_000000.hdf5"
    with VolumeData(volume) as data:
        kept = chunk.read_bytes()
        chunk.unlink()
        for read in (lambda: data.frames(0, 1), lambda: data.cut(1, 2)):
            with pytest.raises(
                InputError, match=r"its slices 0 to 3 are in .*, which is not there"
            ):
                read()
    with pytest.raises(InputError, match=r"its slices 0 to 3 are in .*, which is not there"):
        open_volume(volume.path)
    chunk.write_bytes(kept[: len(kept) // 2])
    with pytest.raises(InputError, match=r"v_000000\.hdf5: .* it is cut off"):
        cast_volume(volume, file=tmp_path / "cast")


@pytest.mark.parametrize("format", ["hdf5", "multitiff", "vol", "tiff", "edf"])
def test_what_another_wrote_meanwhile_is_kept(volume: Volume, tmp_path: Path, format: Any) -> None:
    place = place_of(tmp_path / "new", format)

    def slices() -> Iterator[Any]:
        yield from np.zeros((3, 32, 32), np.float32)
        if format in ("tiff", "edf"):
            place.mkdir()
            (place / "new_000000.tiff").write_text("another's")
        else:
            place.write_text("another's")
        yield np.zeros((32, 32), np.float32)

    with pytest.raises(InputError, match="is there already"):
        write_volume(volume, place, format, slices())
    left = place / "new_000000.tiff" if place.is_dir() else place
    assert left.read_text() == "another's"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("format", ["multitiff", "vol"])
def test_no_volume_without_what_says_its_size(
    volume: Volume, tmp_path: Path, format: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("beamcanvas.tomography.volume.writing._write_metadata", full)
    with pytest.raises(InputError, match="No space left on device"):
        cast_volume(volume, dtype="float32", file=tmp_path / "new", format=format)
    assert not [p for p in tmp_path.iterdir() if "new" in p.name]


def test_what_lies_where_the_chunks_are_put_stays(scan: TomoScan, tmp_path: Path) -> None:
    """A volume sample.hdf5 has its chunks in the folder sample, which may be the measurement's."""
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "raw.h5").write_text("the only copy")
    for _ in range(2):
        reconstruct_volume(scan, file=tmp_path / "sample.hdf5", existing="replace")
    assert (folder / "raw.h5").read_text() == "the only copy"
    shutil.copy(scan.file, folder / "sample_0001.hdf5")
    with pytest.raises(InputError, match=r"sample_0001\.hdf5 is there and no part of a volume"):
        reconstruct_volume(scan, file=tmp_path / "sample.hdf5", existing="replace")
    assert (folder / "sample_0001.hdf5").exists()
