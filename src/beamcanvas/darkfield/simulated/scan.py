"""A scan of a simulated grain, as ID03 writes it.

``python -m beamcanvas.darkfield.simulated.scan FILE`` writes one to try things on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus.file import NewFile
from .grain import Grain, bent_grain


@dataclass(frozen=True)
class Motor:
    """A motor of a scan; the slowest comes first."""

    name: str
    start: float
    step: float
    size: int

    @property
    def positions(self) -> NDArray[np.float64]:
        return self.start + self.step * np.arange(self.size, dtype=np.float64)


def simulate(
    grain: Grain,
    motors: Sequence[Motor],
    *,
    background: float = 100.0,
    noise: float = 2.0,
    hot: float = 5e-4,
    drift: tuple[float, float] = (0.0, 0.0),
    jitter: float = 0.0,
    seed: int = 2,
) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """Frames of a scan, (frames, rows, columns), and the motors' positions, (motors, frames).

    Parameters
    ----------
    background:
        Counts that every pixel has.
    noise:
        Standard deviation of the camera's noise, beside that of counting.
    hot:
        Share of pixels that shine by themselves, others in each frame.
    drift:
        Rows and columns by which the sample moves from one frame to the next.
    jitter:
        Standard deviation of the positions around those asked for.
    """
    from scipy.ndimage import shift

    random = np.random.default_rng(seed)
    grids = np.meshgrid(*[m.positions for m in motors], indexing="ij")
    positions = np.stack([g.ravel() for g in grids])
    positions += random.normal(0, jitter, positions.shape) if jitter else 0.0
    number = positions.shape[1]
    frames = np.empty((number, *grain.amplitude.shape), np.uint16)
    for k in range(number):
        away = (positions[:, k, None, None] - grain.centre) / grain.width[:, None, None]
        image = grain.amplitude * np.exp(-0.5 * (away**2).sum(axis=0))
        if any(drift):
            image = shift(image, [k * d for d in drift], order=1)
        counts = random.poisson(image + background).astype(np.float32)
        counts += random.normal(0, noise, counts.shape).astype(np.float32)
        if hot:
            counts[random.random(counts.shape) < hot] += 3000
        frames[k] = np.clip(np.rint(counts), 0, 65535)
    return frames, positions


def write_scan(
    file: Path,
    frames: NDArray[Any],
    motors: Sequence[Motor],
    positions: NDArray[np.float64],
    *,
    fixed: dict[str, float] | None = None,
    zigzag: bool = False,
    compress: bool = True,
    add: bool = False,
    entry: int = 1,
    sample: str = "simulated",
) -> Path:
    """Write a scan as bliss does at ID03: the fast motor's positions beside the positioners.

    Parameters
    ----------
    fixed:
        Positions of motors that stand still.
    zigzag:
        Write every second ramp of the fast motor backwards, as it is driven then.
    compress:
        Bitshuffle with LZ4, a frame a chunk, as the detector writes.
    add:
        Add the scan to a file that is there.
    """
    import hdf5plugin

    if len(frames) != positions.shape[1]:
        raise InputError(f"{len(frames)} frames have {positions.shape[1]} positions.")
    order = np.arange(len(frames))
    fast = motors[-1].size
    if zigzag:
        ramps = order.reshape(-1, fast)
        ramps[1::2] = ramps[1::2, ::-1]
        order = ramps.ravel()
    packed = hdf5plugin.Bitshuffle(cname="lz4") if compress else {}
    new = NewFile(file, start_from=file if add else None)
    try:
        root = new.file
        root.attrs.update(NX_class="NXroot", publisher="bliss", creator="beamcanvas (simulated)")
        group = root.create_group(f"{entry}.1")
        group.attrs["NX_class"] = "NXentry"
        group["title"] = _title(motors)
        group["start_time"] = group["end_time"] = "2026-01-01T00:00:00+00:00"
        group["sample_name"] = sample
        instrument = group.create_group("instrument")
        camera = instrument.create_group("camera")
        camera.attrs["NX_class"] = "NXdetector"
        camera["type"] = "lima"
        camera.create_dataset("image", data=frames[order], chunks=(1, *frames.shape[1:]), **packed)
        measurement = group.create_group("measurement")
        import h5py

        measurement["camera"] = h5py.SoftLink(camera["image"].name)
        places = instrument.create_group("positioners")
        for name, value in (fixed or {}).items():
            places[name] = value
        for m, motor in enumerate(motors):
            where = instrument.create_group(motor.name)
            if m == len(motors) - 1:  # driven while the camera counts: its positions are counts
                where["data"] = positions[m, order]
                where.attrs["NX_class"] = "NXdetector"
                places[motor.name] = motor.start
            else:
                where["value"] = positions[m, order]
                where.attrs["NX_class"] = "NXpositioner"
                places[motor.name] = positions[m, order]
        _parameters(instrument.create_group("fscan_parameters"), motors, zigzag)
        return new.keep()
    except BaseException:
        new.discard()
        raise


def _title(motors: Sequence[Motor]) -> str:
    what = {1: "fscan", 2: "fscan2d", 3: "fscan3d"}.get(len(motors), "fscannd")
    each = " ".join(f"{m.name} {m.start:g} {m.step:g} {m.size}" for m in motors)
    return f"{what} {each} 0.5"


def _parameters(group: Any, motors: Sequence[Motor], zigzag: bool) -> None:
    group["scan_name"] = _title(motors).split()[0]
    names = {1: [""], 2: ["slow_", "fast_"]}.get(len(motors))
    if names is None:  # fscan knows two; the title has the others
        return
    for prefix, motor in zip(names, motors, strict=True):
        group[f"{prefix}motor"] = motor.name
        group[f"{prefix}start_pos"] = motor.start
        group[f"{prefix}step_size"] = motor.step
        group[f"{prefix}npoints"] = motor.size
    if len(motors) == 2:
        group["fast_motor_mode"] = "ZIGZAG" if zigzag else "REWIND"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a mosaicity scan."""
    import argparse

    parser = argparse.ArgumentParser(description="Write a simulated dark-field mosaicity scan.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--pixels", type=int, default=128)
    parser.add_argument("--steps", type=int, default=21)
    said = parser.parse_args(arguments)
    motors = [
        Motor("chi", -0.5, 1.0 / (said.steps - 1), said.steps),
        Motor("diffry", -0.5, 1.0 / (said.steps - 1), said.steps),
    ]
    frames, positions = simulate(bent_grain((said.pixels, said.pixels), 2), motors, jitter=1e-4)
    write_scan(said.file, frames, motors, positions)


if __name__ == "__main__":
    main()
