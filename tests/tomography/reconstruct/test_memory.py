"""A volume of a scan that is much larger than the memory it may take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from beamcanvas.tomography import open_volume
from beamcanvas.tomography.reconstruct.memory import rows_at_once, used_memory
from beamcanvas.tomography.simulated.scan import simulate_scan

LIMIT = 0.5  #: GB; the volume would take more, were it not for the limit

_PROCESS = """
import re, sys
from dataclasses import replace
from pathlib import Path
from beamcanvas.tomography import (
    choose_reconstruction, open_scan, reconstruct_volume, reduce_darks_and_flats
)
scan = replace(reduce_darks_and_flats(open_scan(sys.argv[1])), centre=1000.25)
scan = choose_reconstruction(scan, region=(1000, 1039, 980, 1019))
reconstruct_volume(scan, file=sys.argv[2], last_row=255, memory=float(sys.argv[3]))
# not getrusage's, which counts the process that started this one, too
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A scan of four times the limit, whose projections are a hole in the file but for a few."""
    file = simulate_scan(
        tmp_path / "large.nx", rows=4, columns=2048, projections=400, centre=1000.25
    )
    with h5py.File(file, "r+") as root:
        path = "entry0000/instrument/detector/data"
        few = root[path][()]
        times = int(LIMIT * 1e9 / (4 * len(few) * 2048)) + 1
        del root[path]
        data = root.create_dataset(path, (len(few), 4 * times, 2048), np.float32)
        for n in (*range(20), *range(len(few) - 5, len(few))):  # darks and flats among them
            data[n] = np.tile(few[n], (times, 1))
    return file


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process took at most")
def test_a_scan_four_times_larger_than_the_memory(large: Path, tmp_path: Path) -> None:
    assert large.stat().st_size > 4e9 * LIMIT
    command = [sys.executable, "-c", _PROCESS, str(large), str(tmp_path / "v.hdf5"), str(LIMIT)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) * 1024 < LIMIT * 1e9
    assert open_volume(tmp_path / "v.hdf5").shape == (256, 40, 40)


@pytest.mark.parametrize(
    ("few", "many", "limit", "expected"),
    [(5, 1, 100, 40), (5, 1, 30, 30), (1, 3, 30, 14), (5, 1, 12, 2), (50, 1, 20, 20)],
)
def test_as_many_rows_as_fit(few: int, many: int, limit: int, expected: int) -> None:
    """Whether each of a few rows takes more than each of many, or less."""

    class Slices:
        projections = SimpleNamespace(reads_whole_frames=False)

        def memory_for(self, rows: int) -> float:
            return 1e9 * rows * (many if rows >= 16 else few)

    limit_in_bytes = 1e9 * limit + used_memory() + 5e8
    assert rows_at_once(Slices(), limit_in_bytes, 40) == expected  # type: ignore[arg-type]
