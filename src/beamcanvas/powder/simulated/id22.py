"""Simulated scans of ID22's analyser stage, to try and to test with. Nothing here was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...output_file import replacing
from ..analyzers.rebin import AngleTable
from ..analyzers.stage import AnalyzerStage
from ..experiment.detectors import named_calibrant


def simulate_id22(
    file: Path,
    stage: AnalyzerStage,
    *,
    powder: str = "LaB6_SRM660c",
    start: float = 14.0,
    stop: float = 16.0,
    step: float = 0.002,
    rows: int = 512,
    width: float = 0.006,
    peak: float = 4.0,
    background: float = 0.002,
    monitor: float = 1e5,
    scans: int = 1,
    finished: bool = True,
    scrambled: bool = False,
    seed: int = 22,
) -> Path:
    """Write a file as BLISS does at ID22, of a powder that was never in the beam.

    Parameters
    ----------
    start, stop, step:
        Of the arm, degrees.
    width:
        Full width of each line at half its height, degrees.
    peak, background:
        Mean counts of one row in one frame on top of a line, and between lines.
    scrambled:
        Store each frame in no order at all; where each number was counted is in the file.
    """
    import h5py

    rng = np.random.default_rng(seed)
    frames = round((stop - start) / step)
    lines = np.degrees(named_calibrant(powder).two_theta(stage.wavelength))
    with replacing(file, ".h5") as (path, new), h5py.File(new, "w") as root:
        root.attrs.update(
            NX_class="NXroot", creator="beamcanvas", comment="simulated, not measured"
        )
        for number in range(1, scans + 1):
            arm = start + step * (np.arange(frames) + rng.uniform(-0.02, 0.02, frames))
            beam = np.round(monitor * (1 + 0.05 * np.sin(np.arange(frames) / 40)))
            counts = np.empty((frames, len(stage.analyzers), rows), dtype=np.int32)
            for i, crystal in enumerate(stage.analyzers):
                low, high = np.radians(arm[[0, -1]])
                table = AngleTable(stage, i, np.arange(rows, dtype=float), low, high, 1.0)
                interval, t = table.places(np.radians(arm))
                angles = np.degrees(
                    table.angles(
                        np.radians(arm)[:, None], interval[:, None], t[:, None], np.arange(rows)
                    )
                )
                angles = np.nan_to_num(angles, nan=-1e3)
                near = lines[np.clip(np.searchsorted(lines, angles), 1, len(lines) - 1)]
                below = lines[np.clip(np.searchsorted(lines, angles) - 1, 0, len(lines) - 1)]
                away = np.minimum(np.abs(near - angles), np.abs(angles - below))
                mean = peak * np.exp(-4 * np.log(2) * (away / width) ** 2) + background
                mean *= crystal.efficiency * (beam / monitor)[:, None]
                counts[:, i] = rng.poisson(mean)
            entry = root.create_group(f"{number}.1")
            entry.attrs["NX_class"] = "NXentry"
            entry["title"] = f"fscan tth {start} {step} {frames} 0.1 (simulated)"
            entry["start_time"] = "2021-06-01T12:00:00+02:00"
            if finished:
                entry["end_time"] = "2021-06-01T12:10:00+02:00"
            parameters = entry.create_group("instrument/fscan_parameters")
            parameters["motor"] = "tth"
            parameters["start_pos"] = start
            parameters["step_size"] = step
            parameters["npoints"] = frames
            parameters["step_time"] = 0.1
            positioners = entry.create_group("instrument/positioners")
            positioners["manom"] = np.degrees(stage.bragg)
            positioners["mantth"] = np.degrees(stage.deflection)
            order = np.arange(counts[0].size)
            if scrambled:
                np.random.default_rng(seed).shuffle(order)
            places = entry.create_group("instrument/eiger_roi_collection/selection")
            places["x"], places["y"] = 100 + 80 * (order // rows), 50 + order % rows
            begin = 1.6e9 + 600 * number
            measurement = entry.create_group("measurement")
            measurement["tth"] = arm
            measurement["mon"] = beam
            measurement["epoch_trig"] = begin + 0.1 * np.arange(frames)
            measurement.create_dataset(
                "eiger_roi_collection",
                data=counts.reshape(frames, -1)[:, order],
                chunks=(min(frames, 64), counts[0].size),
                compression="gzip",
                shuffle=True,
            )
            slow = root.create_group(f"{number}.2")
            slow.attrs["NX_class"] = "NXentry"
            seconds = np.arange(0, 0.1 * frames + 1)
            slow["measurement/epoch"] = begin + seconds
            slow["measurement/blower_in"] = 300 + seconds / 10
    return path
