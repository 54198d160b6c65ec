"""Other formats written as NXtomo hold the same numbers."""

from __future__ import annotations

from pathlib import Path

import fabio
import h5py
import numpy as np
import pytest
import tifffile

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    convert_bliss,
    convert_edf,
    convert_tiff,
    reduce_darks_and_flats,
)
from beamcanvas.tomography.frames.projections import Projections
from beamcanvas.tomography.scan.nxtomo import read_table

from ..conftest import SHARED

INFO = """Energy= 25
Distance= 50
ScanRange= 180
TOMO_N= 90
REF_ON= 90
REF_N= 1
DARK_N= 1
Dim_1= 160
Dim_2= 24
Count_time= 1
SrCurrent= 200
PixelSize= 1
"""


@pytest.fixture(scope="module")
def frames(savu: TomoScan) -> dict[str, np.ndarray]:
    keys = read_table(savu).keys
    with h5py.File(savu.file) as root:
        data = root[f"{savu.entry}/instrument/detector/data"][()]
    return {"dark": data[keys == 2], "flat": data[keys == 1], "projection": data[keys == 0]}


@pytest.fixture
def tiffs(frames: dict[str, np.ndarray], tmp_path: Path) -> Path:
    for kind, images in frames.items():
        (tmp_path / kind).mkdir()
        for n, image in enumerate(images):
            tifffile.imwrite(tmp_path / kind / f"{kind}_{n}.tif", image)
    return tmp_path


@pytest.fixture
def edfs(frames: dict[str, np.ndarray], tmp_path: Path) -> Path:
    folder = tmp_path / "savu_"
    folder.mkdir()
    (folder / "savu_.info").write_text(INFO)
    fabio.edfimage.EdfImage(frames["dark"][0]).write(folder / "dark.edf")
    fabio.edfimage.EdfImage(frames["flat"][0]).write(folder / "refHST0000.edf")
    for n, image in enumerate(frames["projection"][:90]):
        fabio.edfimage.EdfImage(image).write(folder / f"savu_{n:04d}.edf")
    return folder


def test_tiff_folders(tiffs: Path, savu: TomoScan) -> None:
    scan = convert_tiff(
        tiffs / "projection",
        darks=tiffs / "dark",
        flats=tiffs / "flat" / "flat_0.tif",
        file=tiffs / "made",
        first_angle=-88.2,
        last_angle=91.8,
        pixel_size=1,
        energy=25,
        distance=50,
    )
    assert scan.file == tiffs / "made.nx"
    assert scan.shape == savu.shape
    assert (scan.energy, scan.distance) == (25, pytest.approx(0.05))
    assert scan.pixel_size == pytest.approx((1e-6, 1e-6))
    with Projections(reduce_darks_and_flats(scan)) as one, Projections(savu) as other:
        np.testing.assert_allclose(one.angles, other.angles)
        np.testing.assert_array_equal(one.sinograms(0, 24), other.sinograms(0, 24))


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")
def test_tiffs_of_savu_with_their_file_of_angles(tmp_path: Path) -> None:
    folder = SHARED / "savu" / "image_test"
    scan = convert_tiff(
        folder / "tiffs",
        darks=folder / "dark_00001.tiff",
        flats=folder / "flat_00001.tiff",
        angles=folder / "angles.txt",
        file=tmp_path / "savu.nx",
    )
    assert scan.shape == (91, 135, 160)
    assert scan.first_angle == pytest.approx(-88.2, abs=1e-3)
    assert scan.span == pytest.approx(182, abs=1e-3)
    assert scan.energy is None


def test_tiff_stacks_of_several_pages(tiffs: Path, frames: dict[str, np.ndarray]) -> None:
    tifffile.imwrite(tiffs / "all.tif", frames["projection"])
    scan = convert_tiff(tiffs / "all.tif", file=tiffs / "made.nx")
    assert scan.shape == (91, 24, 160)
    assert scan.span == pytest.approx(180)
    assert "The scan has no dark frames." in scan.warnings


def test_tiffs_without_numbers_come_by_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "named"
    folder.mkdir()
    names = ["e", "b", "d", "a", "c", "g", "f", "h"]
    for name in names:
        image = np.full((4, 6), ord(name), np.uint16)
        tifffile.imwrite(folder / f"{name}.tif", image)
    (folder / "._a.tif").write_bytes(b"of another system")
    scan = convert_tiff(folder, file=tmp_path / "made.nx")
    with h5py.File(scan.file) as root:
        written = root["entry0000/instrument/detector/data"][:, 0, 0]
    assert [chr(n) for n in written] == sorted(names)


def test_what_is_wrong_with_tiffs(tiffs: Path) -> None:
    projections, made = tiffs / "projection", tiffs / "made.nx"
    with pytest.raises(InputError, match="there are no TIFF files in this folder"):
        convert_tiff(tiffs, file=made)
    with pytest.raises(InputError, match=r"no such folder \(darks\)"):
        convert_tiff(projections, darks=tiffs / "nowhere", file=made)
    (tiffs / "angles.txt").write_text("1\n2\n3\n")
    with pytest.raises(InputError, match="has 3 angles but there are 91 projections"):
        convert_tiff(projections, angles=tiffs / "angles.txt", file=made)
    (tiffs / "angles.txt").write_text("no angle\n")
    with pytest.raises(InputError, match="no angles can be read"):
        convert_tiff(projections, angles=tiffs / "angles.txt", file=made)
    tifffile.imwrite(tiffs / "small.tif", np.zeros((3, 4), np.uint16))
    with pytest.raises(InputError, match="has 3 × 4 pixels, the projections 24 × 160"):
        convert_tiff(projections, flats=tiffs / "small.tif", file=made)
    (projections / "projection_7.tif").write_bytes(b"II*\0 not at all")
    with pytest.raises(InputError, match=r"projection_7\.tif: this TIFF file can't be read"):
        convert_tiff(projections, file=made)
    assert not made.exists()


def test_an_edf_folder(edfs: Path, savu: TomoScan, capsys: pytest.CaptureFixture[str]) -> None:
    scan = convert_edf(edfs)
    assert capsys.readouterr().out == ""  # nxtomomill would print there
    assert scan.file == edfs.with_name("savu_.nx")
    assert scan.shape == (90, 24, 160)
    assert (scan.energy, scan.distance) == (25, 0.05)
    with Projections(reduce_darks_and_flats(scan)) as one, Projections(savu) as other:
        np.testing.assert_allclose(one.sinograms(3, 5), other.sinograms(3, 5)[:, :90], atol=1e-6)


def test_what_is_wrong_with_edf_folders(edfs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        convert_edf(tmp_path / "nowhere")
    with pytest.raises(InputError, match="there are no EDF files"):
        convert_edf(tmp_path)
    (edfs / "savu_.info").unlink()
    with pytest.raises(InputError, match="nxtomomill can't convert this folder: "):
        convert_edf(edfs)
    assert [p.name for p in tmp_path.iterdir()] == ["savu_"]


def test_a_bliss_file(tmp_path: Path) -> None:
    """Simulated by nxtomomill's own tests: two scans with darks and flats."""
    from nxtomomill.tests.utils.bliss import MockBlissAcquisition

    made = MockBlissAcquisition(
        n_sample=1,
        n_sequence=2,
        n_scan_per_sequence=1,
        n_darks=2,
        n_flats=3,
        output_dir=str(tmp_path / "raw"),
    )
    file = Path(made.samples[0].sample_file)
    scans = convert_bliss(file, folder=tmp_path / "nx")
    assert [s.name for s in scans.scans] == ["sample_0_0000", "sample_0_0001"]
    assert [s.shape for s in scans.scans] == [(10, 64, 64)] * 2
    assert scans.scans[0].energy == 19
    assert scans.scans[0].distance == pytest.approx(0.1)
    scan = reduce_darks_and_flats(scans.scans[1])
    with Projections(scan) as projections:
        assert projections.radio(9).shape == (64, 64)
    with pytest.raises(InputError, match="it is there already"):
        convert_bliss(file, folder=tmp_path / "nx")
    assert len(list((tmp_path / "nx").glob("*.nx"))) == 2
    assert not list((tmp_path / "nx").glob(".*"))
    (tmp_path / "nothing.h5").write_bytes(b"")
    with pytest.raises(InputError, match="this is not an HDF5 file"):
        convert_bliss(tmp_path / "nothing.h5")
    with h5py.File(tmp_path / "empty.h5", "w") as root:
        root["x"] = 1
    with pytest.raises(InputError, match="nxtomomill"):
        convert_bliss(tmp_path / "empty.h5")
