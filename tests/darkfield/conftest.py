"""Scans to test with: the tutorials', always; the shared folder's, where it is; simulated ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.darkfield import DarkfieldStack, Dimension
from beamcanvas.darkfield.simulated import Motor, bent_grain, simulate
from beamcanvas.darkfield.stack.source import array_source

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared" / "data" / "dfxm"
TUTORIAL = REPOSITORY / "tutorials" / "darkfield"
DATA = Path(__file__).parent / "data"

MOTORS = [Motor("chi", -0.4, 0.1, 9), Motor("diffry", -0.4, 0.1, 9)]


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not here")
    return SHARED


def stack_of(frames: np.ndarray, **positions: np.ndarray) -> DarkfieldStack:
    """A stack in memory; positions of each motor, the slowest first, one for each step."""
    grids = np.meshgrid(*positions.values(), indexing="ij")
    return DarkfieldStack(
        source=array_source(frames),
        dimensions=tuple(
            Dimension(name, len(p), float(p[0]), float(p[-1])) for name, p in positions.items()
        ),
        positions=np.stack([g.ravel() for g in grids]),
        order=np.arange(len(frames)),
    )


@pytest.fixture(scope="session")
def grain_frames() -> np.ndarray:
    frames, _ = simulate(bent_grain((40, 36), 2, counts=300, cells=10), MOTORS, background=50)
    return frames


@pytest.fixture
def grain(grain_frames: np.ndarray) -> DarkfieldStack:
    """A small simulated mosaicity scan."""
    return stack_of(grain_frames, **{m.name: m.positions for m in MOTORS})


@pytest.fixture
def make_stack() -> Callable[..., DarkfieldStack]:
    return stack_of
