"""Noise, moments, fits and drift of a mosaicity scan, here and with darfix and darling.

    python benchmarks/darkfield.py [--peer PYTHON] [--size 1024] [--steps 21] [--without-drift]

The stack is simulated: steps² frames of size² pixels, uint16, in memory for everybody. `--peer`
is a Python that has darfix (and darling); its compiled kernels are warm, and each side's best
time of three counts (one for what takes darfix more than ten seconds). Two parts would take
darfix a quarter of an hour and minutes, and are smaller for both: fits of 40 × 40 pixels, from
which all pixels are extrapolated, each being fitted by itself; and the drift of every second
row and column. Time is of the clock, and both use all cores; *cpu* is the ratio of the
processors' time, which a busy machine changes less (fits of darfix run in other processes and
have none); *wanted* is the ratio of the clock that the project set itself.

Last, the whole chain from a packed file, with the memory limited to a quarter of the stack.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from beamcanvas.darkfield import (
    DarkfieldStack,
    Dimension,
    compute_moments,
    correct_drift,
    fit_rocking_curves,
    keep_levels,
    keep_region,
    open_scan,
    replace_hot_pixels,
    subtract_background,
)
from beamcanvas.darkfield.simulated import Motor, bent_grain, simulate, write_scan
from beamcanvas.darkfield.stack.memory import KEPT
from beamcanvas.darkfield.stack.source import array_source

FITTED = 40  #: rows and columns of pixels that are fitted

PEER = """
import hashlib, json, sys, time, threading, warnings
from concurrent.futures import ThreadPoolExecutor
warnings.simplefilter("ignore")
import numpy as np
import tqdm
folder, drift = sys.argv[1], sys.argv[2] == "drift"
frames = np.load(folder + "/frames.npy")
positions = np.load(folder + "/positions.npy")
steps = int(len(frames) ** 0.5)
from darfix._processing import noise_removal as noise
from darfix._processing.moments import compute_moments
found = {}
def timed(name, call, runs=3):
    times = []
    for _ in range(runs):
        start, worked = time.perf_counter(), time.process_time()
        result = call()
        times.append((time.perf_counter() - start, time.process_time() - worked))
    found[name], found["cpu " + name] = (min(t) for t in zip(*times))
    return result
noise.compute_background(frames[:3, :4, :4], "median")
few = frames[:3, :4, :4]
for x in positions: compute_moments(x[:3], few, few.sum(0).astype(float), smooth=False)
def chain():
    stack = frames.copy()
    background = noise.compute_background(stack, "median")
    def one(frame):
        noise.background_subtraction(frame, background)
        noise.hot_pixel_removal(frame, 3)
        noise.threshold_removal(frame, 5, None)
    with ThreadPoolExecutor() as pool:
        list(pool.map(one, stack))
    return stack
treated = timed("noise", chain, 1)
found["hash"] = hashlib.sha256(treated.tobytes()).hexdigest()
def moments():
    total = treated.sum(axis=0, dtype=np.float64)
    return [compute_moments(x, treated, total, smooth=False) for x in positions]
maps = timed("moments", moments)
np.save(folder + "/kurtosis.npy", maps[1][3])
try:
    import darling
    last = np.ascontiguousarray(np.moveaxis(treated, 0, -1))
    grid = last.reshape(*treated.shape[1:], steps, steps)
    motors = positions.reshape(2, steps, steps).astype(np.float32)
    darling.properties.moments(grid[:4, :4], motors)
    timed("darling", lambda: darling.properties.moments(grid, motors))
    del grid, last
except ImportError:
    pass
from darfix._core.rocking_curves import fit_rocking_curve_parallel
from darfix._processing.rocking_curve.fit_options import RockingCurveFitOptions
FITTED
patch = np.ascontiguousarray(treated[:, first:first + size, first:first + size])
axes = {"diffry": positions[1], "chi": positions[0]}
options = RockingCurveFitOptions()
data = patch.reshape(steps, steps, size, size)
fit_rocking_curve_parallel(data[:, :, :4, :4], axes, options)
timed("fits", lambda: fit_rocking_curve_parallel(data, axes, options), 1)
if drift:
    from darfix._processing.shift_correction import shift_detection
    half = treated[:, ::2, ::2] if treated.shape[1] > 512 else treated
    timed("drift", lambda: shift_detection(np.ascontiguousarray(half), 50), 1)
print("found", json.dumps(found))
"""


Times = tuple[float, float]  #: of the clock, and of the processors


def best(call: Callable[[], Any], runs: int = 3) -> tuple[Times, Any]:
    """The shortest of some times, and what came out."""
    times, result = [], None
    for _ in range(runs):
        start, worked = time.perf_counter(), time.process_time()
        result = call()
        times.append((time.perf_counter() - start, time.process_time() - worked))
    return (min(t[0] for t in times), min(t[1] for t in times)), result


def memory_of(call: Callable[[], Any]) -> float:
    """Most memory that this process had more than before while it did something, bytes."""

    def now() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    start = most = now()
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(0.005):
            most = max(most, now())

    looking = threading.Thread(target=look)
    looking.start()
    call()
    done.set()
    looking.join()
    return float(most - start)


def simulated(size: int, steps: int) -> tuple[np.ndarray, np.ndarray, list[Motor]]:
    """A grain of 256² pixels, side by side until the frame is full."""
    motors = [Motor(m, -0.5, 1.0 / (steps - 1), steps) for m in ("chi", "diffry")]
    small = min(size, 256)
    frames, positions = simulate(bent_grain((small, small), 2), motors)
    times = -(-size // small)
    whole = np.tile(frames, (1, times, times))[:, :size, :size]
    return np.ascontiguousarray(whole), positions, motors


def stack_of(frames: np.ndarray, positions: np.ndarray, motors: list[Motor]) -> DarkfieldStack:
    return DarkfieldStack(
        source=array_source(frames),
        dimensions=tuple(
            Dimension(m.name, m.size, m.start, float(m.positions[-1])) for m in motors
        ),
        positions=positions,
        order=np.arange(len(frames)),
    )


def chain(stack: DarkfieldStack) -> DarkfieldStack:
    """The noise chain as darfix does it."""
    stack = subtract_background(stack, darfix_compatible=True)
    return keep_levels(replace_hot_pixels(stack, darfix_compatible=True), low=5)


def whole(stack: DarkfieldStack) -> np.ndarray:
    """All treated frames, in new memory."""
    out = np.empty(stack.shape, np.uint16)

    def take(numbers: range, block: np.ndarray) -> None:
        out[numbers.start : numbers.stop] = block

    # as if nobody had asked before: the background is found each time
    again = replace(stack, operations=(*chain(replace(stack, operations=())).operations,))
    again.treated().each_frames(take)  # type: ignore[arg-type]
    return out


def ask_peer(python: str, folder: Path, first: int, drift: bool) -> dict[str, Any]:
    program = PEER.replace("FITTED", f"first, size = {first}, {FITTED}")
    done = subprocess.run(
        [python, "-c", program, str(folder), "drift" if drift else "no"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith("found "):
            return json.loads(line.removeprefix("found "))
    raise SystemExit(f"The peer failed: {done.stderr[-2000:]}")


def measured(
    frames: np.ndarray, positions: np.ndarray, motors: list[Motor], folder: Path, said: Any
) -> np.ndarray:
    """Times of each part, here and at the peer's; a map of the whole chain."""
    stack = stack_of(frames, positions, motors)
    ours: dict[str, Times] = {}
    above = memory_of(lambda: compute_moments(chain(stack))) / frames.nbytes
    ours["both"], of_chain = best(lambda: compute_moments(chain(stack)))
    ours["noise"], treated = best(lambda: whole(chain(stack)))
    plain = stack_of(treated, positions, motors)
    ours["moments"], moments = best(lambda: compute_moments(plain))
    first = min(said.size, 256) // 2 - FITTED // 2
    patch = keep_region(plain, left=first, right=first + FITTED, top=first, bottom=first + FITTED)
    ours["fits"], _ = best(lambda: fit_rocking_curves(patch, least=15))
    half = plain
    if said.size > 512:
        half = stack_of(np.ascontiguousarray(treated[:, ::2, ::2]), positions, motors)
    ours["drift"], _ = best(lambda: correct_drift(half))
    theirs: dict[str, Any] = {}
    if said.peer:
        np.save(folder / "frames.npy", frames)
        np.save(folder / "positions.npy", positions)
        theirs = ask_peer(said.peer, folder, first, not said.without_drift)
        for which in ("", "cpu "):
            theirs[f"{which}both"] = theirs[f"{which}noise"] + theirs[f"{which}moments"]
    drifting = half.shape[1]
    rows = (
        ("noise chain, whole stack written", "noise", "noise", 30),
        ("all moments of two motors", "moments", "moments", 8),
        ("  against darling's mean and covariance", "moments", "darling", 5),
        (f"2D fits of {FITTED} x {FITTED} pixels", "fits", "fits", 15),
        (f"drift searched for, {drifting} x {drifting} pixels", "drift", "drift", 20),
        ("noise chain and moments, nothing written", "both", "both", None),
    )
    print(f"{'':42}{'here':>9}{'peer':>9}{'ratio':>8}{'wanted':>8}{'cpu':>8}")
    for words, own, other, wanted in rows:
        peer = theirs.get(other)
        clock, worked = ours[own]
        more = f"{peer:8.2f}s{peer / clock:7.1f}x" if peer else ""
        if peer:
            more += f"{wanted:7d}x" if wanted else " " * 8
        if peer and other != "fits":
            more += f"{theirs['cpu ' + other] / worked:7.1f}x"
        print(f"{words:42}{clock:8.3f}s{more}")
    if theirs:
        share = said.size**2 / FITTED**2
        print(
            f"extrapolated, fits of all {said.size} x {said.size} pixels: "
            f"{share * ours['fits'][0]:.0f} s here, {share * theirs['fits']:.0f} s at the peer"
        )
        same = hashlib.sha256(treated.tobytes()).hexdigest() == theirs["hash"]
        kurtosis = np.load(folder / "kurtosis.npy")
        away = np.nanmax(np.abs(kurtosis - moments.maps["diffry kurtosis"]))
        print(f"noise chain equal to darfix's to the bit: {'yes' if same else 'NO'}")
        print(f"largest difference of the kurtosis: {away:.1e}")
    print(f"memory above the stack for noise and moments: {above:.2f} of it (wanted: 0.2)")
    return of_chain.maps["chi FWHM"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", help="a Python that has darfix and darling")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=21)
    parser.add_argument("--without-drift", action="store_true")
    said = parser.parse_args()
    small, positions, motors = simulated(64, said.steps)
    warm = chain(stack_of(small, positions, motors))
    whole(warm), compute_moments(warm), fit_rocking_curves(keep_region(warm, right=4, bottom=4))
    correct_drift(warm)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames, positions, motors = simulated(said.size, said.steps)
        limit = frames.nbytes // 4
        print(f"stack {len(frames)} x {said.size} x {said.size}, {frames.nbytes / 1e6:.0f} MB")
        expected = measured(frames, positions, motors, folder, said)
        (folder / "frames.npy").unlink(missing_ok=True)
        file = write_scan(folder / "scan.h5", frames, motors, positions)
        KEPT.clear()
        packed = replace(open_scan(file), limit=limit)
        found: list[np.ndarray] = []
        start = time.perf_counter()
        del frames
        used = memory_of(lambda: found.append(compute_moments(chain(packed)).maps["chi FWHM"]))
        took = time.perf_counter() - start
        equal = np.allclose(found[0], expected, equal_nan=True)
        print(
            f"the same from a packed file, a quarter of the stack ({limit / 1e6:.0f} MB) allowed: "
            f"{took:.1f} s, {used / 1e6:.0f} MB used, {'equal' if equal else 'NOT EQUAL'}"
        )


if __name__ == "__main__":
    main()
