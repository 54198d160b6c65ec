"""The memory that a user allows is all that a pass over a large scan takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from beamcanvas.darkfield.simulated.scan import Motor, write_scan

_SIDE = 512
_STEPS = 20
#: what isn't counted, and doesn't grow with the frames: compiled kernels, stacks of threads
_PROGRAM = 20e6

_CHAIN = """
import re, sys
from dataclasses import replace
from pathlib import Path

from beamcanvas.darkfield import (
    compute_moments, keep_levels, open_scan, replace_hot_pixels, subtract_background,
)

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

def chain(file, limit):
    stack = replace(open_scan(Path(file)), limit=limit)
    stack = keep_levels(replace_hot_pixels(subtract_background(stack)), low=8)
    return compute_moments(stack)

chain(sys.argv[1], 10**9)
before = peak()
found = chain(sys.argv[2], int(sys.argv[3]))
print(peak() - before, found.maps["intensity"].sum())
"""


def _scan(file: Path, side: int) -> tuple[Path, int]:
    motors = [Motor(name, -0.5, 1.0 / (_STEPS - 1), _STEPS) for name in ("chi", "diffry")]
    grids = np.meshgrid(*[m.positions for m in motors], indexing="ij")
    random = np.random.default_rng(0)
    frame = random.poisson(50, (side, side)).astype(np.uint16)
    frames = np.broadcast_to(frame, (_STEPS**2, side, side)).copy()
    frames[:, side // 4 : side // 2] += np.arange(_STEPS**2, dtype=np.uint16)[:, None, None]
    return write_scan(file, frames, motors, np.stack([g.ravel() for g in grids])), frames.nbytes


def test_a_chain_on_a_stack_of_four_times_the_memory(tmp_path: Path) -> None:
    small, _ = _scan(tmp_path / "small.h5", 32)
    large, size = _scan(tmp_path / "large.h5", _SIDE)
    limit = size // 4

    def run(limit: int) -> tuple[float, float]:
        said = subprocess.run(
            [sys.executable, "-c", _CHAIN, str(small), str(large), str(limit)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "2"},
        ).stdout.split()
        return float(said[0]), float(said[1])

    used, total = run(limit)
    assert used < limit + _PROGRAM
    more, same = run(4 * size)
    assert more > 1.5 * limit + _PROGRAM  # else this shows nothing
    assert same == total
