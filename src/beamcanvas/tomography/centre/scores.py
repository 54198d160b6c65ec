"""How good a slice looks, as a number: higher is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Score = Literal["sharpness", "negativity", "contrast", "variation", "entropy"]

WORDS: Mapping[Score, str] = {
    "sharpness": "sharpest edges",
    "negativity": "fewest negative values",
    "contrast": "largest contrast (std)",
    "variation": "least variation (1/TV)",
    "entropy": "lowest entropy",
}


def scores(
    slices: NDArray[np.float32], *, same_mass: bool = True
) -> dict[Score, NDArray[np.float64]]:
    """All scores of slices (n, y, x) of one thing, each from 0, the worst, to 1, the best.

    They are of slightly smoothed slices, where noise and rings count less.

    Parameters
    ----------
    same_mass:
        The mean of the slice should be the same for all: values are counted in units of it,
        as a wrong axis or strong phase retrieval changes it. In half acquisition the slice
        gets wider step by step with the axis, and all scores with it: there they are
        counted from a straight line.
    """
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(slices, (0, 1, 1))
    found = {"variation": np.array([-_variation(s) for s in smooth])}
    if same_mass:
        mean = np.abs(smooth).mean(axis=(1, 2), keepdims=True)
        smooth /= np.where(mean > 0, mean, 1)
    low, high = (float(v) for v in np.percentile(smooth[:, ::2, ::2], (0.1, 99.9)))
    found["sharpness"] = np.array([_sharpness(s) for s in smooth])
    found["negativity"] = np.array([_negativity(s) for s in smooth])
    found["contrast"] = smooth.std(axis=(1, 2), dtype=np.float64)
    found["entropy"] = np.array([-_entropy(s, low, high) for s in smooth])
    return {name: _scaled(found[name] if same_mass else _bent(found[name])) for name in WORDS}


def _bent(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is left of values when the straight line through them is taken away."""
    steps = np.arange(len(values))
    line = np.polynomial.Polynomial.fit(steps, values, 1)
    return np.asarray(values - line(steps))


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.ones_like(values)


def _negativity(image: NDArray[np.float32]) -> float:
    """Donath, Beckmann & Schreyer, J. Opt. Soc. Am. A 23 (2006) 1048."""
    return float(np.minimum(image, 0).mean(dtype=np.float64))


def _sharpness(image: NDArray[np.float32]) -> float:
    """Squared gradients, after Tenenbaum's autofocus."""
    down = image[2:, 1:-1] - image[:-2, 1:-1]
    across = image[1:-1, 2:] - image[1:-1, :-2]
    return float(np.mean(down * down + across * across, dtype=np.float64))


def _variation(image: NDArray[np.float32]) -> float:
    return float(
        np.abs(np.diff(image, axis=0)).mean(dtype=np.float64)
        + np.abs(np.diff(image, axis=1)).mean(dtype=np.float64)
    )


def _entropy(image: NDArray[np.float32], low: float, high: float) -> float:
    counts = np.histogram(image, 256, (low, high))[0]
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
