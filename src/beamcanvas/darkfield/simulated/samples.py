"""The simulated scans that the tutorials walk through.

``python -m beamcanvas.darkfield.simulated.samples FOLDER`` writes them again, to the last bit.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from .grain import Grain, bent_grain
from .scan import Motor, simulate, write_scan

#: how far the drifting sample moves, rows and columns a frame
DRIFT = (0.03, -0.02)

#: Bragg angle of the monochromator for unstrained material, degrees
BRAGG = 6.68

#: largest strain of the strained sample
STRAIN = 1e-3


def write_drifting(file: Path) -> Path:
    """A mosaicity scan of a sample that drifts by seven pixels on the way."""
    motors = [Motor("chi", -0.42, 0.06, 15), Motor("diffry", -0.42, 0.06, 15)]
    grain = bent_grain((112, 112), 2, counts=500, cells=60)
    frames, positions = simulate(grain, motors, drift=DRIFT, jitter=1e-4, noise=1, background=40)
    return write_scan(file, frames, motors, positions, fixed={"obx": 263.13, "mainx": -5000.0})


def strained_grain(shape: tuple[int, int] = (80, 80)) -> Grain:
    """Compressed in the upper half and stretched in the lower one, and bent in mu."""
    grain = bent_grain(shape, 2, spread=0.1, width=0.05, counts=600, cells=25, seed=5)
    strain = STRAIN * np.linspace(-1, 1, shape[0])[:, None] * np.ones(shape)
    angle = np.degrees(np.radians(BRAGG) + strain * np.tan(np.radians(BRAGG)))
    return replace(
        grain,
        centre=np.stack([grain.centre[0], angle]),
        width=np.array([0.05, 0.0045]),
    )


def write_strained(file: Path) -> Path:
    """A scan of mu and of the monochromator."""
    motors = [Motor("mu", -0.15, 0.05, 7), Motor("ccmth", BRAGG - 0.02, 0.002, 21)]
    frames, positions = simulate(strained_grain(), motors, noise=1, background=40)
    fixed = {"obx": 263.13, "mainx": -5000.0, "obpitch": 17.9}
    return write_scan(file, frames, motors, positions, fixed=fixed)


def write_layers(file: Path) -> Path:
    """Seven layers of a grain, each a mosaicity scan of its own in one file."""
    motors = [Motor("chi", -0.4, 0.1, 9), Motor("diffry", -0.4, 0.1, 9)]
    for n, height in enumerate(np.linspace(-0.75, 0.75, 7)):
        grain = bent_grain((48, 48), 2, counts=500, cells=15, height=float(height), seed=9)
        frames, positions = simulate(grain, motors, noise=1, background=40, seed=20 + n)
        fixed = {"difftz": 0.73 + 0.002 * n, "obx": 263.13, "mainx": -5000.0}
        write_scan(
            file, frames, motors, positions, fixed=fixed, add=n > 0, entry=n + 1, sample="layers"
        )
    return file


def main(folder: Path) -> None:
    """Write all of them."""
    write_drifting(folder / "drifting_simulated.h5")
    write_strained(folder / "strained_simulated.h5")
    layers = folder / "layers_simulated.h5"
    layers.unlink(missing_ok=True)
    write_layers(layers)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
