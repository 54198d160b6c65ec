"""Integrating a whole scan, file to file, here and with ewoksxrpd.

    python benchmarks/powder_scan.py [--peer PYTHON] [--frames 200] [--big]

The scan is simulated: Poisson counts, bitshuffle and LZ4 with one frame a chunk, a virtual
dataset over several files, as bliss and LIMA write it. Both read it, integrate each frame
into 4096 points of q, divide by a monitor and write NeXus. `--peer` is a Python that has
ewoksxrpd; without it, this one. The peer runs with its own default method and with its fastest,
and with one thread a frame and with one for each core, and its best time counts.

The bound is what decoding every frame and one pass over its pixels take, with the same
threads and nothing else.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from beamcanvas.nexus.bliss import FrameReader, read_scan
from beamcanvas.nexus.chunks import Buffers
from beamcanvas.powder import Detector, Geometry, integrate_scan
from beamcanvas.powder.scan.frames import usable_cores
from beamcanvas.powder.simulated.scan import GEOMETRY, write_simulated_scan

BIG = replace(
    GEOMETRY,
    poni1=0.0812,
    poni2=0.0776,
    detector=Detector("Eiger2 4M", (75e-6, 75e-6), (2162, 2068)),
)
POINTS = 4096

PEER = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
from ewoksxrpd.tasks.integrate import IntegrateBlissScan
given = json.loads(sys.argv[1])
method, best = given.pop("method"), {}
for _ in range(given.pop("runs")):
    inputs = dict(given, integration_options={
        "method": method, "nbpt_rad": given["points"], "unit": "q_nm^-1"}, overwrite=True)
    inputs.pop("points")
    task = IntegrateBlissScan(inputs=inputs)
    start = time.perf_counter()
    task.execute()
    took = time.perf_counter() - start
    best = min(best or took, took)
print("seconds", best)
"""


def timed(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def decode_and_pass(file: Path, threads: int) -> None:
    """Every frame decoded, and its pixels read once."""
    scan = read_scan(file, 1)
    own = threading.local()

    def one(number: int) -> None:
        if not hasattr(own, "buffers"):
            own.buffers = Buffers()
        reader.read(number, number + 1, own.buffers).sum()

    with FrameReader(scan) as reader, ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(scan.frames)))


def peer(
    python: str, file: Path, geometry: Geometry, method: list[str] | str, threads: int
) -> float:
    """Seconds that ewoksxrpd takes for the scan, the better of two in one process."""
    given = {
        "filename": str(file),
        "scan": 1,
        "detector_name": "pilatus",
        "output_filename": str(file.parent / "peer.h5"),
        "detector": geometry.detector.name.replace(" ", "")
        if "Pil" in geometry.detector.name
        else "Eiger2_4M",
        "energy": geometry.energy,
        "geometry": {
            "dist": geometry.distance,
            "poni1": geometry.poni1,
            "poni2": geometry.poni2,
            "rot1": geometry.rot1,
            "rot2": geometry.rot2,
            "rot3": geometry.rot3,
        },
        "monitor_name": "mon",
        "reference": 1.0,
        "points": POINTS,
        "method": method,
        "runs": 2,
    }
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [python, "-c", PEER, json.dumps(given)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if "seconds" not in done.stdout:
        raise SystemExit(f"ewoksxrpd failed:\n{done.stderr[-2000:]}")
    return float(done.stdout.rpartition("seconds")[2])


def compare(
    name: str, geometry: Geometry, frames: int, python: str, folder: Path, runs: int
) -> None:
    cores = usable_cores()
    file = write_simulated_scan(
        folder / name / "raw.h5", frames, geometry=geometry, frames_per_file=max(frames // 4, 1)
    )

    def ours(splitting: str, error_model: str = "none") -> float:
        return timed(
            lambda: integrate_scan(
                geometry,
                file=file,
                output=folder / "ours.h5",
                existing="replace",
                points=POINTS,
                unit="q_nm^-1",
                monitor="mon",
                splitting=splitting,  # type: ignore[arg-type]
                error_model=error_model,  # type: ignore[arg-type]
            )
        )

    def theirs(method: list[str] | str) -> float:
        counts = sorted({1, cores})
        return min(peer(python, file, geometry, method, threads) for threads in counts)

    calls: dict[str, Callable[[], float]] = {
        "decoding and one pass over the pixels": lambda: timed(
            lambda: decode_and_pass(file, cores)
        ),
        "ours, no splitting": lambda: ours("none"),
        "ours, no splitting, Poisson errors": lambda: ours("none", "poisson"),
        "ours, bounding box": lambda: ours("bounding box"),
        "ewoksxrpd, no splitting, CSR (its default)": lambda: theirs("no_csr_cython"),
        "ewoksxrpd, no splitting, CSC (its fastest)": lambda: theirs(["no", "csc", "cython"]),
        "ewoksxrpd, bounding box, CSR": lambda: theirs(["bbox", "csr", "cython"]),
    }
    # in turns, so that what else the machine does hits them alike
    best = {label: call() for label, call in calls.items()}
    for _ in range(runs):
        best = {label: min(best[label], call()) for label, call in calls.items()}

    print(f"\n{name}: {frames} frames, {cores} cores")
    print(f"{'':48} frames/s   ours is faster by")
    for label, seconds in best.items():
        ratio = ""
        if label.startswith("ewoksxrpd"):
            same = "ours, bounding box" if "bounding" in label else "ours, no splitting"
            ratio = f"{seconds / best[same]:6.1f}"
        print(f"{label:48} {frames / seconds:8.1f}   {ratio}")
    whole, bound = best["ours, no splitting"], best["decoding and one pass over the pixels"]
    print(f"ours, of what decoding and one pass allow: {bound / whole:.2f}")


def memory(folder: Path) -> None:
    """Peak memory of integrating a short and a long scan, each in a process of its own."""
    print()
    for frames in (20, 400):
        file = folder / f"memory{frames}" / "raw.h5"
        write_simulated_scan(file, frames, frames_per_file=100)
        call = [sys.executable, __file__, "--memory-of", str(file)]
        print(f"peak memory, {frames} frames:", subprocess.check_output(call, text=True).strip())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, help="a Python that has ewoksxrpd")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--big", action="store_true", help="4M pixels too")
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    if given.memory_of:
        integrate_scan(GEOMETRY, file=given.memory_of, output=given.memory_of.with_name("out.h5"))
        # not ru_maxrss: that begins with what the process that started this one had
        status = Path("/proc/self/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)
        print(f"{int(peak) / 1024:.0f} MB")
        return
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare("1M", GEOMETRY, given.frames, given.peer, folder, given.runs)
        if given.big:
            frames = max(given.frames // 4, 1)
            compare("4M", BIG, frames, given.peer, folder, given.runs)
        memory(folder)


if __name__ == "__main__":
    main()
