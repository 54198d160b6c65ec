"""Where the motor was for each image: typed, in headers, in a scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fabio
import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import images_at_positions

SHAPE = (30, 40)
PLACES = [10.0, -2.5, 3.0]


def frame(number: int) -> np.ndarray:
    return np.full(SHAPE, number + 1, np.int32)


def edf(folder: Path, motors: dict[str, list[float]]) -> list[Path]:
    """Files as SPEC and bliss write them."""
    files = []
    for number in range(len(PLACES)):
        header = {
            "motor_mne": " ".join(motors),
            "motor_pos": " ".join(f"{places[number]:g}" for places in motors.values()),
        }
        files.append(folder / f"{number}.edf")
        fabio.edfimage.EdfImage(frame(number), header).write(files[-1])
    return files


def test_typed(tmp_path: Path) -> None:
    files = edf(tmp_path, {"tth": PLACES})
    found = images_at_positions(files=files, positions=[1.0, 2.0, 3.0])
    assert found.positions == (1.0, 2.0, 3.0)
    assert found.summary == "3 images, 1 to 3"
    assert found.report[1] == {"position": 2.0, "image": "1.edf"}


def test_in_headers_the_motor_that_moves(tmp_path: Path) -> None:
    files = edf(tmp_path, {"om": [7.0] * 3, "tth": PLACES, "nu": [0.0] * 3})
    found = images_at_positions(files=files)
    assert found.positions == tuple(PLACES)
    assert found.motor == "tth"
    assert [row.open().data[0, 0] for row in found.rows] == [1, 2, 3]


def test_in_headers_one_of_two_that_move(tmp_path: Path) -> None:
    files = edf(tmp_path, {"om": [1.0, 2.0, 3.0], "tth": PLACES})
    with pytest.raises(InputError, match=r"2 motors move\. Say in 'motor' which of om, tth moves"):
        images_at_positions(files=files)
    assert images_at_positions(files=files, motor="tth").positions == tuple(PLACES)
    with pytest.raises(InputError, match=r"0.edf says nothing of 'ttth'. Did you mean 'tth'"):
        images_at_positions(files=files, motor="ttth")


def test_any_number_of_a_header(tmp_path: Path) -> None:
    """As Dectris writes it: # Detector_2theta 10.0000 deg."""
    files = []
    for number, place in enumerate(PLACES):
        words = f"# Detector_distance 0.2 m\n# Detector_2theta {place:.4f} deg.\n"
        files.append(tmp_path / f"{number}.cbf")
        header = {"_array_data.header_contents": words}
        fabio.cbfimage.CbfImage(frame(number), header).write(files[-1])
    with pytest.raises(InputError, match=r"no motor is named that moves\. Give 'motor'"):
        images_at_positions(files=files)
    assert images_at_positions(files=files, motor="Detector_2theta").positions == tuple(PLACES)


def test_positioners_of_hdf5_files(tmp_path: Path) -> None:
    files = []
    for number, place in enumerate(PLACES):
        files.append(tmp_path / f"{number}.h5")
        with h5py.File(files[-1], "w") as root:
            root["1.1/measurement/pilatus"] = frame(number)[None]
            root["1.1/instrument/positioners/detx"] = place
            root["1.1/instrument/positioners/dety"] = 5.0
    found = images_at_positions(files=files)
    assert (found.motor, found.positions) == ("detx", tuple(PLACES))


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    writer = ScanWriter(
        tmp_path / "a.h5", ("mon", "tth"), positioners={"tth": 10.0, "om": 1.0}, frames_per_file=2
    )
    for number, place in enumerate(PLACES):
        writer.add(frame(number), mon=1.0 + number, tth=place)
    return writer.finish()


@pytest.mark.parametrize("motor", [None, "tth"])
def test_frames_of_a_scan(scan: Path, motor: str | None) -> None:
    found = images_at_positions(files=[scan], scan=1, motor=motor)
    assert found.positions == tuple(PLACES)
    assert found.motor == "tth"
    assert [row.open().data[0, 0] for row in found.rows] == [1, 2, 3]
    assert found.rows[1].name == "pilatus_0000.h5, frame 1"


def test_frames_that_have_no_position_are_left_out(scan: Path) -> None:
    with h5py.File(scan, "r+") as root:
        root["1.1/instrument/tth/data"][1] = np.nan
    assert images_at_positions(files=[scan], scan=1).positions == (10.0, 3.0)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"positions": [1.0]}, "There are 3 files but 1 positions: give one for each"),
    ({"files": []}, "There are no images: give 'files'"),
    ({"positions": [1.0, 2, float("nan")]}, "A position is no number"),
    ({"files": [Path("gone.edf")]}, r"There is no file gone\.edf"),
    ({"scan": 1}, "A scan is in one file, not in 3"),
]


@pytest.mark.parametrize(("change", "sentence"), BAD)
def test_what_is_wrong_is_told(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    files = edf(tmp_path, {"tth": PLACES})
    with pytest.raises(InputError, match=sentence):
        images_at_positions(**{"files": files} | change)


def test_what_is_wrong_of_a_scan(scan: Path) -> None:
    with pytest.raises(InputError, match="leave 'positions' empty"):
        images_at_positions(files=[scan], scan=1, positions=[1.0])
    with pytest.raises(InputError, match=r"no positions of a motor 'th'. Did you mean 'tth'\?"):
        images_at_positions(files=[scan], scan=1, motor="th")
    with pytest.raises(InputError, match=r"there is no scan 2.1"):
        images_at_positions(files=[scan], scan=2)
    still = scan.with_name("still.h5")
    writer = ScanWriter(still, ("mon",), scan=4)
    writer.add(frame(0), mon=1.0)
    writer.finish()
    with pytest.raises(InputError, match="no motor is named that moves"):
        images_at_positions(files=[still], scan=4)
