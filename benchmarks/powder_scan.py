"""Integrating a whole scan, file to file, here and with ewoksxrpd.

    python benchmarks/powder_scan.py [--peer PYTHON] [--frames 300] [--big]

The scan is simulated: Poisson counts, bitshuffle and LZ4 with one frame a chunk, a virtual
dataset over several files, as bliss and LIMA write it. Both read it, integrate each frame
into 4096 points of q, divide by a monitor and write NeXus. `--peer` is a Python that has
ewoksxrpd; without it, this one. The peer runs as it comes, with its default method and a thread
for each core, and with that method and its fastest at whichever is faster, a thread for each
core or one alone. The first
scan of a geometry, for which both make their engine, is not in the best time of either. Seconds
of processors are told beside those on the clock: others may be at work on the machine.

The bound is what decoding every frame with the library and one pass over its pixels take, with
the same threads and nothing else. Ours doesn't call that decoder, but sorts LZ4's bits into
pixels by itself and leaves out those that are zero, so it may take less.
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
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from beamcanvas.nexus.bliss import FrameReader, read_scan
from beamcanvas.nexus.chunks import Buffers
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import Detector, Geometry, integrate_scan
from beamcanvas.powder.scan.frames import usable_cores
from beamcanvas.powder.simulated.scan import GEOMETRY, simulated_frames

BIG = replace(
    GEOMETRY,
    poni1=0.0812,
    poni2=0.0776,
    detector=Detector("Eiger2 4M", (75e-6, 75e-6), (2162, 2068)),
)
POINTS = 4096
_TURNS = 3  #: of what takes a second, for one of what takes minutes
_DISTINCT = 20  #: frames that are simulated; a scan repeats them

PEER = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
from ewoksxrpd.tasks.integrate import IntegrateBlissScan
given = json.loads(sys.argv[1])
method, best = given.pop("method"), [9e9, 9e9]
for _ in range(given.pop("runs")):
    inputs = dict(given, integration_options={
        "method": method, "nbpt_rad": given["points"], "unit": "q_nm^-1",
        "error_model": given["error_model"]}, overwrite=True)
    inputs.pop("points"), inputs.pop("error_model")
    task = IntegrateBlissScan(inputs=inputs)
    start = time.perf_counter(), time.process_time()
    task.execute()
    took = time.perf_counter() - start[0], time.process_time() - start[1]
    best = list(map(min, best, took))
print("seconds", *best)
"""


def write_scan(file: Path, frames: int, geometry: Geometry = GEOMETRY) -> Path:
    """A scan as bliss writes it, in four files of the detector."""
    writer = ScanWriter(file, ("mon",), frames_per_file=max(frames // 4, 1))
    distinct = list(simulated_frames(min(frames, _DISTINCT), geometry))
    for number in range(frames):
        frame, monitor = distinct[number % len(distinct)]
        writer.add(frame, mon=monitor)
    return writer.finish()


class Cost(NamedTuple):
    """Seconds on the clock, and of all processors."""

    clock: float
    processors: float

    def least(self, other: Cost) -> Cost:
        return Cost(*map(min, self, other))


def timed(call: Callable[[], Any]) -> Cost:
    """What one call takes."""
    clock, processors = time.perf_counter(), time.process_time()
    call()
    return Cost(time.perf_counter() - clock, time.process_time() - processors)


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
    python: str,
    file: Path,
    geometry: Geometry,
    method: list[str] | str,
    error_model: str | None,
    threads: int,
) -> Cost:
    """What ewoksxrpd takes for the scan, the better of two in one process."""
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
        "error_model": error_model,
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
    clock, processors = done.stdout.rpartition("seconds")[2].split()
    return Cost(float(clock), float(processors))


def compare(
    name: str, geometry: Geometry, frames: int, python: str, folder: Path, runs: int
) -> None:
    cores = usable_cores()
    file = write_scan(folder / name / "raw.h5", frames, geometry)

    def ours(splitting: str, error_model: str = "none") -> Cost:
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

    @cache
    def run(turn: int, method: tuple[str, ...], error_model: str | None, threads: int) -> Cost:
        named = list(method) if len(method) > 1 else method[0]
        return peer(python, file, geometry, named, error_model, threads)

    def theirs(turn: int, *method: str, error_model: str | None = None) -> Cost:
        return reduce(Cost.least, [run(turn, method, error_model, n) for n in {1, cores}])

    bound = "decoding and one pass over the pixels"
    plain, poisson, boxes = "no splitting", "no splitting, Poisson errors", "bounding box"
    mine: dict[str, Callable[[], Cost]] = {
        bound: lambda: timed(lambda: decode_and_pass(file, cores)),
        plain: lambda: ours("none"),
        poisson: lambda: ours("none", "poisson"),
        boxes: lambda: ours("bounding box"),
    }
    default = "no_csr_cython"
    peers: dict[str, tuple[str, Callable[[int], Cost]]] = {
        "as it comes": (plain, lambda turn: run(turn, (default,), None, cores)),
        "its default method": (plain, lambda turn: theirs(turn, default)),
        "CSC (its fastest)": (plain, lambda turn: theirs(turn, "no", "csc", "cython")),
        "Poisson errors": (poisson, lambda turn: theirs(turn, default, error_model="poisson")),
        "bounding box, CSR": (boxes, lambda turn: theirs(turn, "bbox", "csr", "cython")),
    }
    first = {label: call() for label, call in mine.items()}
    turns: list[dict[str, Cost]] = []
    others: dict[str, Cost] = {}
    for run_number in range(runs):
        # in turns, so that what else the machine does hits them alike
        for label, (_, call_peer) in peers.items():
            turns += [{label: call() for label, call in mine.items()} for _ in range(_TURNS)]
            cost = call_peer(run_number)
            others[label] = cost.least(others.get(label, cost))
    least = {label: reduce(Cost.least, [turn[label] for turn in turns]) for label in mine}
    # ours are more and shorter, so the shortest of them has luck that the peer's can't have
    usual = {label: float(np.median([turn[label].clock for turn in turns])) for label in mine}

    def line(label: str, cost: Cost, words: str = "") -> None:
        each = 1000 * cost.processors / frames
        print(f"{label:44} {frames / cost.clock:7.1f} {each:9.2f} ms   {words}")

    print(f"\n{name}: {frames} frames, {cores} cores{'':14} frames/s   processors a frame")
    line(bound, least.pop(bound))
    for label, cost in least.items():
        ratios = np.median([np.divide(turn[bound], turn[label]) for turn in turns], axis=0)
        more = first[label].processors - cost.processors
        words = "{:.2f} of that on the clock, {:.2f} of processors".format(*ratios)
        line(f"ours, {label}", cost, f"{words}; {more:.1f} s more the first time")
    for label, (same, _) in peers.items():
        ratios = np.divide(others[label], (usual[same], least[same].processors))
        words = "ours is {:.1f} times faster on the clock, {:.1f} of processors".format(*ratios)
        line(f"ewoksxrpd, {label}", others[label], words)


def alone(folder: Path, frames: int) -> None:
    """Integrating a short and a long scan, each in a process of its own; once not compiled yet."""
    print()
    for count, compiled in ((frames, "new"), (frames, "kept"), (4 * frames, "kept")):
        file = folder / f"alone{count}" / "raw.h5"
        if not file.exists():
            write_scan(file, count)
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "compiled")}
        call = [sys.executable, __file__, "--alone", str(file)]
        words = subprocess.check_output(call, text=True, env=environment).strip()
        print(f"a process for {count} frames, {compiled} compiled code: {words}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", default=sys.executable, help="a Python that has ewoksxrpd")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--big", action="store_true", help="4M pixels too")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    if given.alone:
        cost = timed(
            lambda: integrate_scan(
                GEOMETRY,
                file=given.alone,
                output=given.alone.with_name("out.h5"),
                existing="replace",
            )
        )
        # not ru_maxrss: that begins with what the process that started this one had
        status = Path("/proc/self/status").read_text()
        peak = next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)
        words = f"{cost.clock:.1f} s, {cost.processors:.1f} of processors"
        print(f"{words}, {int(peak) / 1024:.0f} MB at most")
        return
    np.seterr(all="ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare("1M", GEOMETRY, given.frames, given.peer, folder, given.runs)
        if given.big:
            compare("4M", BIG, given.frames, given.peer, folder, given.runs)
        alone(folder, given.frames)


if __name__ == "__main__":
    main()
