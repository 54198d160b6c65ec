"""Volumes whose files, or the texts beside them, are damaged: told, and never read as zeros."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import Volume, cast_volume, convert_edf, open_volume
from beamcanvas.tomography.volume.writing import place_of, write_volume

TUTORIAL = Path(__file__).parents[3] / "tutorials" / "tomography"


def written(folder: Path, format: Any) -> Path:
    data = np.random.default_rng(3).random((6, 8, 10), np.float32)
    like = Volume("", "", Path(), data.shape, "float32", (1e-6,) * 3, (0.0, 0.0, 0.0))
    return write_volume(like, place_of(folder / "v", format), format, data).path


def cut_off(file: Path) -> None:
    """Half of the image is lost; its header stays."""
    with file.open("r+b") as raw:
        header = raw.read().index(b"}\n") + 2
        raw.truncate((header + file.stat().st_size) // 2)


def test_an_edf_slice_that_is_cut_off_is_not_filled_with_zeros(tmp_path: Path) -> None:
    folder = written(tmp_path, "edf")
    cut_off(folder / "v_000003.edf")
    with pytest.raises(InputError, match=r"v_000003\.edf: this slice can't be read: it is cut off"):
        cast_volume(open_volume(folder), file=tmp_path / "cast")


def test_an_edf_projection_that_is_cut_off_is_not_converted(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(TUTORIAL / "savu_edf", tmp_path / "savu_edf"))
    cut_off(sorted(folder.glob("savu_edf0*.edf"))[3])
    with pytest.raises(InputError, match=r"savu_edf\d+\.edf: the EDF file is cut off"):
        convert_edf(folder, file=tmp_path / "new.nx")
    assert not (tmp_path / "new.nx").exists()


def test_a_slice_that_is_missing_between_others_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path, "tiff")
    assert open_volume(folder).warnings == ()
    (folder / "v_000003.tiff").unlink()
    assert open_volume(folder).warnings == (
        "Slices may be missing: after v_000002.tiff comes v_000004.tiff, and they are taken as "
        "neighbours.",
    )
    for kept in (1, 5):  # each second one is a volume, too
        (folder / f"v_{kept:06d}.tiff").unlink()
    assert open_volume(folder).warnings == ()


DAMAGE: list[Callable[[Path], Any]] = [
    lambda f: f.write_text("hello"),
    lambda f: f.write_bytes(b"\xff\xfe\x00"),
    lambda f: f.write_text("[processing_options.reconstruction]\nvoxel_size_cm = (1, 2)\n"),
    lambda f: (f.unlink(), f.mkdir()),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_text_that_is_damaged(tmp_path: Path, damage: Callable[[Path], Any]) -> None:
    file = written(tmp_path, "multitiff")
    damage(file.with_name("v_infos.txt"))
    volume = open_volume(file)
    assert volume.shape == (6, 8, 10)
    assert volume.voxel_size is None
    assert volume.warnings[0].startswith("The text beside the volume")
    file = written(tmp_path, "vol")
    damage(file.with_name("v.vol.info"))
    with pytest.raises(InputError, match=r"v\.vol\.info: "):
        open_volume(file)
