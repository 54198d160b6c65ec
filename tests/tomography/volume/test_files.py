"""Volumes in their files: every format comes back, tomoscan reads it, damage is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tomoscan.factory import Factory

from beamcanvas.errors import InputError
from beamcanvas.tomography import Volume, open_volume, open_volumes
from beamcanvas.tomography.volume.reading import VolumeData
from beamcanvas.tomography.volume.writing import WORDS, place_of, write_volume

FORMATS = [*WORDS]


def like(data: Any) -> Volume:
    return Volume(
        "",
        "",
        Path(),
        data.shape,
        str(data.dtype),
        (1e-6, 2e-6, 3e-6),
        (0.1, 0.0, -0.2),
        "hdf5:scan:/x.nx?path=entry",
        "1/cm",
    )


def some(format: str) -> Any:
    rng = np.random.default_rng(3)
    if format == "jp2":
        return rng.integers(0, 65535, (4, 33, 40)).astype(np.uint16)
    return rng.random((4, 5, 6), dtype=np.float32)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_comes_back(tmp_path: Path, format: Any) -> None:
    data = some(format)
    written = write_volume(like(data), place_of(tmp_path / "v", format), format, iter(data))
    for file in (written.path, Path(written.identifier)):
        volume = open_volume(file)
        assert (volume.shape, volume.dtype, volume.format) == (data.shape, str(data.dtype), format)
        assert volume.identifier == written.identifier
        if format != "vol":  # which knows one size only
            assert volume.voxel_size == pytest.approx((1e-6, 2e-6, 3e-6))
            assert volume.position == pytest.approx((0.1, 0, -0.2))
            assert volume.scan == "hdf5:scan:/x.nx?path=entry"
            assert volume.unit == "1/cm"
        with VolumeData(volume) as read:
            assert np.array_equal(read.frames(0, 4), data)
            assert np.array_equal(read.frames(2, 3), data[2:3])
            for axis in range(3):
                assert np.array_equal(read.cut(axis, 2), data.take(2, axis))
                assert np.array_equal(read.cut(axis, 2, 3), data.take(2, axis)[::3, ::3])
    theirs = Factory.create_tomo_object_from_identifier(written.identifier)
    assert tuple(theirs.get_volume_shape()) == data.shape
    assert np.array_equal(theirs.load_data(), data)
    if format != "vol":
        theirs.load_metadata()
        assert theirs.voxel_size == pytest.approx((1e-6, 2e-6, 3e-6))
        assert theirs.position == pytest.approx((0.1, 0, -0.2))
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("format", ["tiff", "edf", "jp2"])
def test_several_volumes_in_one_folder_are_told_apart(tmp_path: Path, format: Any) -> None:
    """Also where one's name begins as the other's."""
    first = some(format)
    second = first[::-1]
    folder = tmp_path / "both"
    folder.mkdir()
    for name, data in (("a", first), ("a_b", second)):
        made = write_volume(like(data), tmp_path / name, format, iter(data))
        for file in made.path.iterdir():
            file.rename(folder / file.name)
    with pytest.raises(InputError, match=r"several volumes; choose one: .*=a, .*=a_b\."):
        open_volume(folder)
    word = made.identifier.partition(":")[0]
    for name, data in (("a", first), ("a_b", second)):
        named = Path(f"{word}:volume:{folder}?file_prefix={name}")
        slice_ = next(f for f in folder.iterdir() if f.stem == f"{name}_000002")
        for volume in (open_volume(named), open_volume(slice_)):
            assert volume.identifier == str(named)
            assert volume.voxel_size == pytest.approx((1e-6, 2e-6, 3e-6))
            with VolumeData(volume) as read:
                assert np.array_equal(read.frames(0, 4), data)


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_overwritten_unless_asked(tmp_path: Path, format: Any) -> None:
    data = some(format)
    place = place_of(tmp_path / "v", format)
    write_volume(like(data), place, format, iter(data))
    with pytest.raises(InputError, match="is there already"):
        write_volume(like(data), place, format, iter(data))
    write_volume(like(data), place, format, iter(data[::-1]), existing="replace")
    with VolumeData(open_volume(place)) as read:
        assert np.array_equal(read.frames(0, 1)[0], data[-1])


@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_leaves_nothing(tmp_path: Path, format: Any) -> None:
    data = some(format)

    def breaks() -> Any:
        yield data[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match=r"can't be written.*No space left"):
        write_volume(like(data), place_of(tmp_path / "v", format), format, breaks())
    assert list(tmp_path.iterdir()) == []


@given(
    arrays(
        np.float32,
        st.tuples(*[st.integers(1, 5)] * 3),
        elements=st.floats(width=32, allow_nan=False),
    )
)
def test_any_values(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    for format in ("hdf5", "multitiff", "vol"):
        place = place_of(folder / "v", format)  # type: ignore[arg-type]
        write_volume(like(data), place, format, iter(data))  # type: ignore[arg-type]
        with VolumeData(open_volume(place)) as read:
            assert np.array_equal(read.frames(0, len(data)), data)


def test_a_slice_stands_for_its_folder(tmp_path: Path) -> None:
    data = some("tiff")
    write_volume(like(data), tmp_path / "v", "tiff", iter(data))
    assert open_volume(tmp_path / "v" / "v_000002.tiff").shape == data.shape
    several = open_volumes([tmp_path / "v", tmp_path / "v"])
    assert [v.path.name for v in several] == ["v", "v"]


def test_what_is_no_volume_is_told(tmp_path: Path) -> None:
    import h5py

    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("no volume")
    (tmp_path / "broken.tiff").write_bytes(b"II*\0broken")
    (tmp_path / "lonely.vol").write_bytes(b"1234")
    (tmp_path / "short.vol").write_bytes(b"1234")
    (tmp_path / "short.vol.info").write_text("NUM_X = 2\nNUM_Y = 2\nNUM_Z = 2\n")
    for name, more in (("other", "BYTEORDER = HIGHBYTEFIRST"), ("odd", "voxelSize = one")):
        (tmp_path / f"{name}.vol").write_bytes(b"1234")
        info = f"NUM_X = 1\nNUM_Y = 1\nNUM_Z = 1\n{more}\n"
        (tmp_path / f"{name}.vol.info").write_text(info)
    with h5py.File(tmp_path / "none.hdf5", "w") as root:
        root["results/data"] = 1.0
    for name, said in (
        ("absent.hdf5", "no such file"),
        ("empty", "no TIFF, JPEG 2000 or EDF slices"),
        ("text.txt", "not a volume that can be read"),
        ("broken.tiff", "can't be read"),
        ("lonely.vol", r"lonely\.vol\.info that says its size is missing"),
        ("short.vol", "has 4 bytes, but short.vol.info says 2 × 2 × 2 voxels"),
        ("other.vol", "its bytes are in another order"),
        ("odd.vol", "voxelSize should be a number"),
        ("none.hdf5", "no reconstructed volume"),
    ):
        with pytest.raises(InputError, match=said):
            open_volume(tmp_path / name)
    with pytest.raises(InputError, match="'hdf6' is no kind of volume"):
        open_volume(Path("hdf6:volume:/x"))
    with pytest.raises(InputError, match="at least one"):
        open_volumes([])
