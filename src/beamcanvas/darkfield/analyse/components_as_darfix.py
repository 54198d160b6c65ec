"""Sources separated as darfix 7 separates them, to compare with what was separated by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...task import Progress
from ..stack.cores import left_alone

_RATE = 0.03  #: of turning, each round

#: images (components, pixels) and curves (frames, components)
Separated = tuple[NDArray[np.float64], NDArray[np.float64]]


def separate_as_darfix(
    data: NDArray[Any], method: str, number: int, progress: Progress
) -> Separated:
    """Images and curves of frames as rows, (frames, pixels).

    PCA takes the mean frame away. NICA (Plumbley, IEEE Trans. Neural Netw. 14 (2003) 534) turns
    in 500 small steps. NMF takes 100 rounds, from NICA 500.
    """
    from sklearn.decomposition import PCA

    if method == "PCA":
        model = PCA(number, random_state=0)
        curves = left_alone(lambda: model.fit_transform(data), progress)
        return model.components_, curves
    if method == "NMF":
        return _nmf(data, number, 100, None, progress)
    white = PCA(number, whiten=True, random_state=0)
    whitened = left_alone(lambda: white.fit_transform(data.T), progress).T
    turn = np.eye(number)
    for _ in progress.each(range(500), "Separating"):
        sources = turn @ whitened
        pull = np.minimum(0, sources) @ sources.T
        turn = turn - _RATE * (((pull - pull.T) / sources.shape[1]) @ turn)
        values, vectors = (n.real for n in np.linalg.eig(turn @ turn.T))
        turn = ((vectors / np.sqrt(values + 1e-6)) @ vectors.T) @ turn
    both = turn @ white.components_
    curves = np.abs(both.T @ np.linalg.inv(both @ both.T))
    images = np.abs(turn @ whitened)
    if method == "NICA":
        return images, curves
    return _nmf(data, number, 500, (images, curves), progress)


def _nmf(
    data: NDArray[Any], number: int, rounds: int, start: Separated | None, progress: Progress
) -> Separated:
    import warnings

    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(number, init="custom" if start else None, max_iter=rounds, random_state=0)
    images, curves = start or (None, None)

    def fit() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit_transform(np.maximum(data, 0).astype(float), W=curves, H=images)

    progress(None, "Separating")
    curves = left_alone(fit, progress)
    return model.components_, curves
