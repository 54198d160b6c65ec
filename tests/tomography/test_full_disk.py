"""A disk that fills up while a file is written: one sentence, nothing half, and life goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from beamcanvas.tomography import TomoScan

#: a file system of its own, as small as it is said to be, that only this process sees
SMALL = 'mount -t tmpfs -o size=150k small "$0" && exec "$@"'

#: HDF5 must live on as well: without care it crashes the process after such a failure
PROGRAM = """
import sys
from dataclasses import replace
from pathlib import Path
import numpy as np, tifffile
import beamcanvas.output_file
from beamcanvas.errors import InputError
from beamcanvas.tomography import *

scan = replace(reduce_darks_and_flats(open_scan(sys.argv[1])), centre=50.25)
folder = Path(sys.argv[2])
volume = reconstruct_volume(scan, file=folder / "volume.hdf5")
tiffs = folder / "tiffs"
tiffs.mkdir()
for n in range(5):
    tifffile.imwrite(tiffs / f"{n}.tif", np.full((200, 300), n, np.uint16))
new = folder / "new"
steps = [
    lambda: reconstruct_volume(scan, file=new / "v"),
    lambda: reconstruct_volume(scan, file=new / "v", format="vol"),
    *(
        lambda f=f: cast_volume(volume, file=new / "c", format=f, dtype="float32")
        for f in ("hdf5", "multitiff", "vol")
    ),
    lambda: stitch_volumes([volume, volume], overlap=2, file=new / "s"),
    lambda: save_scan(scan, file=new / "s", frames="copy"),
    lambda: concatenate_scans(Scans((scan, scan)), file=new / "j", frames="copy"),
    lambda: convert_tiff(tiffs, file=new / "t"),
]
free = beamcanvas.output_file.disk_usage
for usage in (lambda folder: free("/"), free):  # others take the room meanwhile; there is none
    beamcanvas.output_file.disk_usage = usage
    for step in steps:
        try:
            step()
            print("it was written")
        except InputError as error:
            print(error, *(path for path in new.rglob("*")))
new = folder / "large"
for step in steps:
    step()
print("and now it is")
"""


def small(folder: Path) -> list[str]:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("no file system of its own can be had without unshare")
    start = [unshare, "--map-root-user", "--mount", "sh", "-c", SMALL, str(folder)]
    if subprocess.run([*start, "true"], capture_output=True).returncode:
        pytest.skip("no file system of its own can be had here")
    return start


def test_a_disk_that_fills_up(simulated: TomoScan, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    done = subprocess.run(
        [*small(new), sys.executable, "-c", PROGRAM, str(simulated.file), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *sentences, last = done.stdout.splitlines()
    assert last == "and now it is"
    count = len(sentences) // 2
    assert count == 9
    for sentence in sentences[:count]:
        assert sentence.startswith(str(new))
        assert sentence.endswith("can't be written: No space left on device.")
    for sentence in sentences[count:]:
        assert sentence.startswith(str(new))
        assert sentence.endswith(f"are free in {new}.")
