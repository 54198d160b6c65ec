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
from darfix._core.rocking_curves import fit_rocking_curve_parallel
from darfix._decomposition.decompose import nica, nica_nmf, nmf, pca
from darfix._processing import noise_removal as noise
from darfix._processing.gradient_correction import ccmth_correction, chi_com_correction
from darfix._processing.kernel_average_misorientation import (
    compute_kernel_average_misorientation,
)
from darfix._processing.moments import compute_moments
from darfix._processing.shift_correction import apply_shift
from darfix._processing.strain import strain_ccmth_scan, strain_obpitch_scan
from skimage.transform import rescale
from sklearn.cluster import MiniBatchKMeans
from sklearn.preprocessing import StandardScaler

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

# -- what else has a preset: scaling, moving, fits, sources, domains, the gradient of the lens
some = treated[:60, :, :30]
found["rescaled_2"], found["rescaled_3"] = (
    np.array([rescale(f, 1 / n, anti_aliasing=True, preserve_range=True) for f in some]).astype(
        np.uint16
    )
    for n in (2, 3)
)
lit = np.maximum(frames[:60], 1)  # frames that shine up to their edges are enlarged by all
found["moved"] = apply_shift(lit, (0.0123, -0.0345))
small = treated[:, 10:18, 12:20].reshape(26, 37, 8, 8)
_, fits = fit_rocking_curve_parallel(small, {"diffry": diffry, "chi": chi})
for name, values in fits.items():
    found[f"fit2_{name}"] = values.squeeze()
with h5py.File(SCAN.with_name("id03_fatigue.h5")) as file:
    mu = file["1.1/instrument/mu/value"][()]
    tails = file["1.1/instrument/pco_ff/data"][()][:, 20:28, 30:42]
_, fits = fit_rocking_curve_parallel(tails, {"mu": mu})
for name, values in fits.items():
    found[f"fit1_{name}"] = values.squeeze()
# so few that scikit-learn takes no random vectors
flat = np.ascontiguousarray(treated[:481, 10:26, 10:26]).reshape(481, -1)
for name, separate in (("PCA", pca), ("NICA", nica), ("NMF", nmf), ("NICA_NMF", nica_nmf)):
    found[f"{name}_images"], found[f"{name}_curves"] = separate(flat, 3)
features = StandardScaler().fit_transform(
    np.stack([found["diffry_com"].ravel(), found["chi_com"].ravel()], axis=1)
)
found["domains"] = MiniBatchKMeans(n_clusters=4, n_init=20, random_state=0).fit_predict(features)
found["gradient_chi"] = chi_com_correction(found["chi_com"], 17.9, 0.26313, 1.5e-6)
found["gradient_ccmth"] = ccmth_correction(found["chi_com"], 1.6, -5.0, 0.26313, 1.5e-6)
found["strain_ccmth"] = strain_ccmth_scan(found["diffry_com"], None)
found["strain_obpitch"] = strain_obpitch_scan(found["diffry_com"], None)
weak = treated.copy()
noise.threshold_removal(weak, top=1.5 * np.std(weak, axis=0))
found["weak_sum"] = weak.sum(axis=0)
np.savez_compressed(HERE / "data" / "peers.npz", **found)
