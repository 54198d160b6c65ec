"""Grains that shine together: taking a scan apart into a few images and their curves."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack
from ..stack.cores import left_alone

_TOGETHER = 10  #: rounds of NMF after which it is asked how far it is

Method = Literal["PCA", "NMF", "NICA", "NICA+NMF"]


@dataclass(frozen=True, eq=False)
class Components:
    """Images whose mixtures make the frames of a scan.

    Attributes
    ----------
    images:
        (components, rows, columns).
    curves:
        How much of each is in each frame, (frames, components).
    shares:
        Singular values of the scan, largest first, as parts of their sum.
    """

    images: NDArray[np.float64]
    curves: NDArray[np.float64]
    shares: NDArray[np.float64]
    method: str
    stack: DarkfieldStack
    axes: tuple[Axis, Axis]

    @property
    def summary(self) -> str:
        number, rows, columns = self.images.shape
        return f"{number} components ({self.method}), {rows} × {columns} pixels"

    def nxdata(self) -> NXData:
        """The images, one component after the other."""
        number = np.arange(1, len(self.images) + 1)
        return NXData(
            name="components",
            label="Component",
            signal=self.images,
            axes=(Axis(name="component", values=number), *self.axes),
            title=self.method,
            pixels=True,
        )

    def curve_nxdata(self) -> dict[str, NXData]:
        """How much of each component is in each frame."""
        axis = Axis(name="frame", values=np.arange(len(self.curves)))
        if len(self.stack.dimensions) == 1:
            d = self.stack.dimensions[0]
            axis = Axis(name=d.motor, values=self.stack.positions[0], unit=d.unit)
        return {
            f"component {n + 1}": NXData(signal=self.curves[:, n], name="weight", axes=(axis,))
            for n in range(self.curves.shape[1])
        }

    def scree_nxdata(self) -> NXData:
        """The share of each singular value: how many components stand out."""
        number = np.arange(1, len(self.shares) + 1)
        return NXData(
            signal=100 * self.shares,
            name="share",
            label="Share of the singular values",
            unit="%",
            axes=(Axis(name="component", values=number, label="Component"),),
            log=True,
        )


@task(title="Separate sources", output="components", requires="darkfield")
def separate_sources(
    stack: DarkfieldStack,
    *,
    method: Annotated[
        Method,
        Param(
            words={
                "PCA": "principal components",
                "NMF": "non-negative factors (NMF)",
                "NICA": "non-negative independent components (NICA)",
                "NICA+NMF": "NICA, then NMF",
            }
        ),
    ] = "NICA+NMF",
    number: Annotated[
        int | None, Param(ge=1, le=50, auto="those above 1 %", label="Components")
    ] = None,
    rounds: Annotated[int, Param(ge=1, le=10_000, more=True)] = 300,
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> Components:
    """Separate grains that overlap by the frames in which they shine (blind source separation).

    Each frame is taken as a mixture of a few images. PCA finds those that explain most; NMF
    such that neither images nor weights are negative (scikit-learn); NICA such that images
    are as independent as they can be without being negative (Plumbley, IEEE Trans. Neural
    Netw. 14 (2003) 534).

    Parameters
    ----------
    stack:
        The frames, after their background was taken away.
    method:
        How to separate.
    number:
        How many images; by itself as many as have more than 1 % of the singular values' sum.
    rounds:
        Rounds of improving, at most.
    darfix_compatible:
        Separate as darfix does: PCA of the differences from the mean frame, NICA in 500 small
        steps, and NMF in 100 rounds or, after NICA, 500.

    Raises
    ------
    InputError
        When nothing shines, there are fewer frames than components, or the treated frames
        don't fit into the memory that was set, except for PCA.
    """
    frames, rows, columns = stack.shape
    if number is not None and number > frames:
        raise InputError(f"{frames} frames hold no {number} components.")
    size = frames * rows * columns * 4
    if (method != "PCA" or darfix_compatible) and size > stack.limit:
        raise InputError(
            f"{method} works on all frames at once: {size / 1e9:.1f} GB, and "
            f"{stack.limit / 1e9:.1f} GB are allowed. Bin them, cut them, or allow more."
        )
    values, vectors = _principal(stack, progress.part(0.0, 0.4))
    if not values[0] > 0:
        raise InputError("No frame has any signal: there is nothing to separate.")
    shares = values / values.sum()
    count = number or max(int((shares > 0.01).sum()), 1)
    curves = vectors[:, :count]
    images = _projected(stack, curves, progress.part(0.4, 0.6))
    if darfix_compatible:
        from .components_as_darfix import separate_as_darfix

        data = _all(stack, progress.part(0.6, 0.7))
        images, curves = separate_as_darfix(data, method, count, progress.part(0.7, 1.0))
    elif method != "PCA":
        data = _all(stack, progress.part(0.6, 0.7)).astype(np.float32, copy=False)
        if method != "NMF":
            images, curves = _nica(images, curves, rounds, progress.part(0.7, 0.8))
        if method != "NICA":
            start = None if method == "NMF" else (curves, images)
            images, curves = _nmf(data, count, rounds, start, progress)
    return Components(
        images=images.reshape(count, rows, columns),
        curves=curves,
        shares=shares[: min(len(shares), 50)],
        method=method,
        stack=stack,
        axes=stack.pixel_axes,
    )


def _principal(
    stack: DarkfieldStack, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Singular values and left vectors of the frames as rows, without all of them at once."""
    frames = stack.shape[0]
    products = np.zeros((frames, frames))
    lock = Lock()

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        flat = block.reshape(frames, -1).astype(np.float32)
        part = flat @ flat.T
        with lock:
            products[...] += part

    stack.treated().each_band(work, progress, "Comparing frames", makes=2)
    squares, vectors = np.linalg.eigh(products)
    order = np.argsort(squares)[::-1]
    vectors = vectors[:, order]
    # a component's weights are positive where it is strong
    vectors *= np.sign(vectors.sum(axis=0) + 1e-300)
    return np.sqrt(np.maximum(squares[order], 0.0)), vectors


def _projected(
    stack: DarkfieldStack, curves: NDArray[np.float64], progress: Progress
) -> NDArray[np.float64]:
    frames, rows, columns = stack.shape
    images = np.empty((curves.shape[1], rows, columns))

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        flat = block.reshape(frames, -1).astype(np.float64)
        images[:, top:bottom] = (curves.T @ flat).reshape(len(images), -1, columns)

    treated = stack.treated()
    treated.each_band(work, progress, "Making images", kept=images.nbytes, makes=4)
    return images.reshape(len(images), -1)


def _all(stack: DarkfieldStack, progress: Progress) -> NDArray[Any]:
    """All frames as rows."""
    frames, rows, columns = stack.shape
    treated = stack.treated()
    whole = np.empty((frames, rows, columns), treated.dtype)

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        whole[:, top:bottom] = block

    treated.each_band(work, progress, "Treating frames", kept=whole.nbytes)
    return whole.reshape(frames, rows * columns)


def _nica(
    images: NDArray[np.float64], curves: NDArray[np.float64], rounds: int, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn whitened principal images until none is negative, as far as that goes."""
    covariance = np.cov(images) if len(images) > 1 else np.array([[images.var()]])
    scale, axes = np.linalg.eigh(np.atleast_2d(covariance))
    white = axes @ np.diag(1 / np.sqrt(np.maximum(scale, 1e-12 * scale.max()))) @ axes.T
    whitened = white @ images
    turn = np.eye(len(images))
    step = 0.3
    before = np.inf
    for n in range(rounds):
        if n % 10 == 0:
            progress(n / rounds, "Separating")
        sources = turn @ whitened
        negative = np.minimum(sources, 0.0)
        error = float((negative**2).mean())
        if before - error < 1e-9 * max(error, 1e-12):
            step *= 0.5
            if step < 1e-4:
                break
        before = error
        pull = (negative @ sources.T - sources @ negative.T) / whitened.shape[1]
        turn = _rotation(-step * pull) @ turn
    sources = np.abs(turn @ whitened)
    weights = np.abs(curves @ np.linalg.inv(turn @ white))
    return sources, weights


def _rotation(skew: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.linalg import expm

    return np.asarray(expm(skew))


def _nmf(
    data: NDArray[np.float32],
    count: int,
    rounds: int,
    start: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factors, improved some rounds at a time so that a cancel is heard."""
    import warnings

    from sklearn.decomposition import non_negative_factorization
    from sklearn.exceptions import ConvergenceWarning

    data = np.maximum(data, 0)
    weights = images = None
    if start is not None:
        weights, images = (np.ascontiguousarray(n, dtype=np.float32) for n in start)

    def improve() -> tuple[Any, Any, int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found: tuple[Any, Any, int] = non_negative_factorization(
                data,
                W=weights,
                H=images,
                n_components=count,
                init="nndsvda" if weights is None else "custom",
                max_iter=_TOGETHER,
                random_state=0,
            )
        return found

    for done in range(0, rounds, _TOGETHER):
        progress(0.8 + 0.2 * done / rounds, "Separating")
        weights, images, used = left_alone(improve, progress)
        if used < _TOGETHER:
            break
    return np.asarray(images, dtype=np.float64), np.asarray(weights, dtype=np.float64)
