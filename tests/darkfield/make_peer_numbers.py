"""Writes data/peers.npz: what darfix 7.0.2 and darling-pypi 1.0.0 make of the tutorial's scan.

Run with a Python that has both: ``python make_peer_numbers.py`` in this folder.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import darling
import h5py
import hdf5plugin  # noqa: F401 - its filters register when imported
import numpy as np
from colorstamps import apply_stamp
from darfix._processing import noise_removal as noise
from darfix._processing.kernel_average_misorientation import (
    compute_kernel_average_misorientation,
)
from darfix._processing.moments import compute_moments

HERE = Path(__file__).parent
SCAN = HERE.parents[1] / "tutorials" / "darkfield" / "id03_111cells.h5"

with h5py.File(SCAN) as file:
    frames = file["1.1/instrument/pco_ff/image"][()][:, 8:40, 8:40]
    chi = file["1.1/instrument/chi/value"][()]
    diffry = file["1.1/instrument/diffry/data"][()]

found = {}
treated = frames.copy()
background = noise.compute_background(treated, "median")
for frame in treated:
    noise.background_subtraction(frame, background)
    noise.hot_pixel_removal(frame, 3)
    noise.threshold_removal(frame, 5, 400)
found["treated_sum"] = treated.sum(dtype=np.int64)
found["treated_hash"] = hashlib.sha256(treated.tobytes()).hexdigest()
total = treated.sum(axis=0).astype(np.float64)
for name, x in (("chi", chi), ("diffry", diffry)):
    for smooth in (False, True):
        maps = compute_moments(x, treated, total, smooth=smooth)
        for what, values in zip(("com", "fwhm", "skew", "kurt"), maps, strict=True):
            found[f"{name}_{what}{'_smooth' if smooth else ''}"] = values
maps = np.stack([found["diffry_com_smooth"], found["chi_com_smooth"]])
for radius in (1, 3):
    found[f"kam_{radius}"] = compute_kernel_average_misorientation(maps, radius)
x, y = maps
colours, _ = apply_stamp(
    y,
    x,
    "hsv",
    vmin_0=np.nanmin(y),
    vmax_0=np.nanmax(y),
    vmin_1=np.nanmin(x),
    vmax_1=np.nanmax(x),
    sat=40,
    clip="none",
    l=1000,
)
found["mosaicity"] = colours
grid = np.moveaxis(treated.reshape(26, 37, 32, 32), (0, 1), (2, 3))
motors = np.array([chi.reshape(26, 37), diffry.reshape(26, 37)], dtype=np.float32)
mean, covariance = darling.properties.moments(np.ascontiguousarray(grid), motors)
found["darling_mean"], found["darling_covariance"] = mean, covariance
np.savez_compressed(HERE / "data" / "peers.npz", **found)
