"""Reconstruction of a simulated scan on the CPU, here and by the programs used today.

    python benchmarks/tomography.py [--peers PYTHON]

Seconds of CPU, so that other work on the machine counts little, each in a process of its own
from file to file unless it says otherwise:

- a slab of 64 slices of 512 x 512 pixels from 720 projections: with the start of the process and
  what it imports; each of twenty scans that one `beamcanvas run-each` replays; on the canvas,
  a call in a process that runs already;
- one slice, as a preview on the canvas: a call in a process that runs already, against one
  nabu process a slice, as tomwer does it;
- 21 centres of one slice with five scores, against 20 slices by algotom's FBP;
- the peak of memory for a scan four times larger than what is allowed.

PYTHON is that of an environment with nabu, OpenCL for the CPU and algotom:

    pip install nabu "pyopencl[pocl]" algotom && VKFFT_BACKEND=opencl pip install pyvkfft

(with opencl-headers, ocl-icd-opencl-dev and, where pocl's wheel does not know the processor,
pocl-opencl-icd from the system). Without it only our own figures are shown.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from time import process_time

import h5py
import numpy as np

from beamcanvas import Workflow
from beamcanvas.tomography import (
    TomoScan,
    export_nabu_conf,
    find_centre,
    open_scan,
    reconstruct_slices,
    reconstruct_volume,
    reduce_darks_and_flats,
    try_centres,
)
from beamcanvas.tomography.simulated.scan import simulate_scan

COLUMNS, ROWS, PROJECTIONS, CENTRE = 512, 64, 720, 260.75
SCANS = 20  #: that one command replays
MEMORY = 0.5  #: GB that the large scan may take

VOLUME = r"""
import re, sys
from dataclasses import replace
from pathlib import Path
from beamcanvas.tomography import open_scan, reconstruct_volume, reduce_darks_and_flats
scan = replace(reduce_darks_and_flats(open_scan(sys.argv[1])), centre=float(sys.argv[3]))
memory = float(sys.argv[4]) if len(sys.argv) > 4 else None
reconstruct_volume(scan, file=sys.argv[2], existing="replace", memory=memory)
# not getrusage's, which counts the process that started this one, too
print(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""

OPENCL = """
import pyopencl
for platform in pyopencl.get_platforms():
    for device in platform.get_devices():
        print(platform.name, platform.version, device.name)
"""

ALGOTOM = """
import sys
from time import process_time
import numpy as np
from algotom.rec.reconstruction import fbp_reconstruction
sinogram = np.load(sys.argv[1])
angles = np.linspace(0, np.pi, len(sinogram), endpoint=False)
def one():
    fbp_reconstruction(sinogram, float(sys.argv[2]), angles, apply_log=False, gpu=False, ncore=1)
one()
start = process_time()
for _ in range(4):
    one()
print((process_time() - start) * 5)
"""


def cpu_of(command: list[str], where: Path) -> tuple[float, str]:
    """Seconds of CPU of a process and its children, and what it printed last."""
    before = os.times()
    done = subprocess.run(command, cwd=where, capture_output=True, text=True)
    after = os.times()
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    used = after.children_user - before.children_user
    used += after.children_system - before.children_system
    lines = done.stdout.split("\n")
    return used, next((line for line in reversed(lines) if line.strip()), "")


def replaying(folder: Path, file: Path) -> list[str]:
    """The command that reconstructs copies of a scan, one after the other."""
    scans = [folder / f"scan{n}.nx" for n in range(SCANS)]
    for scan in scans:
        shutil.copy(file, scan)
    workflow = Workflow()
    steps = [
        workflow.add(open_scan),
        workflow.add(reduce_darks_and_flats),
        workflow.add(find_centre, inputs={"centre": CENTRE}),
        workflow.add(reconstruct_volume, inputs={"existing": "replace"}),
    ]
    for one, next_one in pairwise(steps):
        workflow.link(one, next_one, {"scan": "scan"})
    scheme = str(workflow.save(folder / "slab.json"))
    command = [sys.executable, "-m", "beamcanvas", "run-each", scheme, *map(str, scans)]
    return [*command, "--folder", str(folder / "results")]


def line(what: str, ours: float, theirs: float | None, who: str) -> None:
    if theirs is None:
        print(f"{what:48s} {ours:8.3f} s")
    else:
        print(f"{what:48s} {ours:8.3f} s   {who} {theirs:8.2f} s   {theirs / ours:6.1f} x less")


def tall(scan: TomoScan, file: Path, rows: int) -> Path:
    """The same scan with its rows again and again, until there are so many."""
    with h5py.File(scan.file) as old, h5py.File(file, "w") as new:
        old.copy(scan.entry, new)
        path = f"{scan.entry}/instrument/detector/data"
        frames = old[path]
        del new[path]
        data = new.create_dataset(path, (len(frames), rows, frames.shape[2]), frames.dtype)
        for n, frame in enumerate(frames):
            data[n] = np.tile(frame, (-(-rows // len(frame)), 1))[:rows]
    return file


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", help="python of an environment with nabu and algotom")
    peers = parser.parse_args().peers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = simulate_scan(
            folder / "slab.nx",
            rows=ROWS,
            columns=COLUMNS,
            projections=PROJECTIONS,
            centre=CENTRE,
        )
        scan = replace(reduce_darks_and_flats(open_scan(file)), centre=CENTRE)
        conf = export_nabu_conf(scan, file=folder / "nabu.conf", output_folder=folder / "nabu")
        nabu = None if peers is None else [peers, "-m", "nabu.app.reconstruct", str(conf)]

        if peers is not None:
            print("nabu's OpenCL:", cpu_of([peers, "-c", OPENCL], folder)[1])
        once = [sys.executable, "-c", VOLUME, str(file), str(folder / "ours.hdf5"), str(CENTRE)]
        cpu_of(once, folder)
        ours = min(cpu_of(once, folder)[0] for _ in range(2))
        theirs = None if nabu is None else cpu_of(nabu, folder)[0]
        line("slab, file to file, a new process", ours, theirs, "nabu")
        ours = cpu_of(replaying(folder, file), folder)[0] / SCANS
        line(f"slab, file to file, each of {SCANS} by one command", ours, theirs, "nabu")
        times = []
        for _ in range(4):
            start = process_time()
            reconstruct_volume(scan, file=folder / "ours.hdf5", existing="replace")
            times.append(process_time() - start)
        line("slab, file to file, on the canvas", min(times), theirs, "nabu")

        reconstruct_slices(scan)
        times = []
        for _ in range(5):
            start = process_time()
            reconstruct_slices(scan)
            times.append(process_time() - start)
        theirs = None if nabu is None else cpu_of([*nabu, "--slice", "middle"], folder)[0]
        line("one slice, from the file", min(times), theirs, "nabu")

        times = []
        for row in (31, 32, 33):  # the last trial is remembered
            start = process_time()
            found = try_centres(scan, around=261.0, width=10, count=21, row=row)
            times.append(process_time() - start)
        theirs = None
        if peers is not None:
            from beamcanvas.tomography.frames.projections import Projections

            with Projections(scan) as projections:
                np.save(folder / "sinogram.npy", projections.sinograms(32, 33)[0])
            command = [peers, "-c", ALGOTOM, str(folder / "sinogram.npy"), str(CENTRE)]
            theirs = float(cpu_of(command, folder)[1])
        line("21 centres with scores, from the file", min(times), theirs, "algotom, 20 slices,")
        print(f"{'':48s} found {found.scan.centre} px, it is {CENTRE}")

        rows = int(4 * MEMORY * 1e9 / (2 * COLUMNS * scan.frames)) + 1
        large = tall(scan, folder / "tall.nx", rows)
        size = large.stat().st_size / 1e9
        command = [*once[:3], str(large), str(folder / "tall.hdf5"), str(CENTRE), str(MEMORY)]
        used, peak = cpu_of(command, folder)
        print(
            f"{rows} slices of a scan of {size:.2f} GB in {used:.1f} s: peak of memory "
            f"{int(peak) * 1024 / 1e9:.3f} GB, {MEMORY} GB allowed"
        )


if __name__ == "__main__":
    main()
