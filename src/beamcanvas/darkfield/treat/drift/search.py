"""Searching for the drift that makes the sum of a scan's frames sharpest.

The sum of moved frames needs no moving: in Fourier space each frame gets a phase, and by
Parseval's theorem the sharpness of the sum is a sum over spatial frequencies.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ....task import Progress
from ...stack import DarkfieldStack

if TYPE_CHECKING:
    from .correct import Drift

_MOST = 32  #: images that stand for the scan
_FINEST = 0.25  #: largest spatial frequency that is looked at, 1/px
_ZONE = 5.0  #: pixels around a pixel that are its surroundings


def find_shift(
    stack: DarkfieldStack,
    index: NDArray[np.intp],
    drift: Drift,
    given: tuple[float | None, float | None],
    reach: float,
    progress: Progress,
) -> Drift:
    """The drift, and how certain it is."""
    images, places = _sums(stack, index, progress.part(0.0, 0.4))
    sharpness = _Sharpness.of(images, places, progress.part(0.4, 0.5))
    last = max(float(index.max()), 1.0)
    best = _search(sharpness, given, last, reach, progress)
    halves = [
        _search(sharpness.part(k), given, last, reach, progress, near=best)
        for k in (0, 1)
        if len(images) >= 4
    ]
    doubt = (
        [abs(a - b) / 2 for a, b in zip(*halves, strict=True)] if len(halves) == 2 else [0.0, 0.0]
    )
    before = sharpness(0.0, 0.0)
    progress(1.0, "Drift found")
    return replace(
        drift,
        dy=best[0],
        dx=best[1],
        doubt_y=doubt[0],
        doubt_x=doubt[1],
        gain=sharpness(*best) / before if before else 1.0,
    )


def _sums(
    stack: DarkfieldStack, index: NDArray[np.intp], progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Sums of runs of frames, (runs, rows, columns), and the mean index of each."""
    slowest = stack.grid[0] if len(stack.grid) > 1 else len(index)
    runs = min(slowest, _MOST)
    number = len(index)
    # whole steps of the slowest motor stay together
    edges = np.round(np.linspace(0, slowest, runs + 1)).astype(int) * (number // slowest)
    places = np.array([index[a:b].mean() for a, b in pairwise(edges)])
    images = np.zeros((runs, *stack.shape[1:]), np.float32)

    def work(top: int, bottom: int, block: NDArray[np.float32]) -> None:
        for k in range(runs):
            block[edges[k] : edges[k + 1]].sum(axis=0, out=images[k, top:bottom])

    stack.treated().each_band(work, progress, "Adding up the frames", kept=images.nbytes)
    return images, places


class _Sharpness:
    """How sharp the sum of images is when each is moved in proportion to its place.

    What rocks through a bent grain is a bright zone, and it moves without any drift. So each
    image is compared with its own surroundings, and only the texture within the zone counts.
    """

    def __init__(
        self,
        waves: NDArray[np.complex64],
        places: NDArray[np.float64],
        fy: NDArray[np.float64],
        fx: NDArray[np.float64],
    ) -> None:
        self.waves, self.places, self.fy, self.fx = waves, places, fy, fx

    @classmethod
    def of(
        cls, images: NDArray[np.float32], places: NDArray[np.float64], progress: Progress
    ) -> _Sharpness:
        """That of images which stand for the frames at some places of the scan."""
        from scipy.ndimage import gaussian_filter

        _, rows, columns = images.shape
        window = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
        window = window.astype(np.float32)
        fy = np.asarray(np.fft.fftfreq(rows), dtype=np.float64)
        fx = np.asarray(np.fft.rfftfreq(columns), dtype=np.float64)
        keep_y, keep_x = np.abs(fy) <= _FINEST, fx <= _FINEST
        dark = 0.2 * float(np.percentile(images[:, ::4, ::4], 99.0)) or 1.0
        waves = []
        for image in progress.each(images, "Looking for texture"):
            surroundings = gaussian_filter(image, _ZONE, truncate=3)
            texture = (image - surroundings) / (np.abs(surroundings) + dark) * window
            waves.append(np.fft.rfft2(texture)[np.ix_(keep_y, keep_x)].astype(np.complex64))
        return cls(np.array(waves), places, fy[keep_y], fx[keep_x])

    def part(self, first: int) -> _Sharpness:
        """That of every second image."""
        return _Sharpness(self.waves[first::2], self.places[first::2], self.fy, self.fx)

    @property
    def coarse(self) -> _Sharpness:
        """That of what is coarse in the images: enough to know where to look."""
        y, x = np.abs(self.fy) <= _FINEST / 2, self.fx <= _FINEST / 2
        waves = np.ascontiguousarray(self.waves[:, y][:, :, x])
        return _Sharpness(waves, self.places, self.fy[y], self.fx[x])

    def __call__(self, dy: float, dx: float) -> float:
        turn = -2j * np.pi
        py = np.exp(turn * dy * np.outer(self.places, self.fy)).astype(np.complex64)
        px = np.exp(turn * dx * np.outer(self.places, self.fx)).astype(np.complex64)
        total = np.einsum("kyx,ky,kx->yx", self.waves, py, px, optimize=False)
        return float((total.real**2 + total.imag**2).sum())


def _search(
    sharpness: _Sharpness,
    given: tuple[float | None, float | None],
    last: float,
    reach: float,
    progress: Progress,
    near: tuple[float, float] | None = None,
) -> tuple[float, float]:
    from scipy.optimize import minimize

    free = [g is None for g in given]

    def whole(values: NDArray[np.float64]) -> tuple[float, float]:
        left = iter(values)
        dy, dx = (next(left) / last if g is None else g for g in given)
        return float(dy), float(dx)

    def blur(values: NDArray[np.float64], of: _Sharpness = sharpness) -> float:
        progress(None, "Searching for the drift")
        return -of(*whole(values))

    if near is None:
        steps = np.arange(-reach, reach + 1e-9, max(reach / 8, 1.0))
        grid = np.stack(np.meshgrid(*[steps] * sum(free), indexing="ij"), -1).reshape(-1, sum(free))
        coarse = sharpness.coarse
        start = min(grid, key=lambda values: blur(values, coarse))
    else:
        start = np.array([n * last for n, f in zip(near, free, strict=True) if f])
    simplex = np.vstack([start, start + np.diag([1.0] * len(start))])
    found = minimize(
        blur,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-7 * -blur(start), "initial_simplex": simplex},
    )
    return whole(found.x)
