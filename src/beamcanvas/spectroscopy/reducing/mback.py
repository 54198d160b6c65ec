"""Normalisation by MBACK: the scaled spectrum matches the tabulated f″ of the element.

Weng, Waldo & Penner-Hahn, J. Synchrotron Rad. 12 (2005) 506, as ``mback`` of xraylarch
simplifies it: f″ of Chantler plus a polynomial, the pre- and the post-edge weighted alike.
"""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..edges import nearest_edge
from ..kernels.constants import Array, index_at, index_near
from ..kernels.preedge import Edge, Ranges, fit_edge


def fit_mback(
    energy: Array,
    mu: Array,
    e0: float,
    ranges: Ranges,
    step: float | None,
    element: str,
    edge: str,
    order: int,
) -> Edge:
    """Pre-edge, post-edge and step of (spectra, points) by their match with f″."""
    from xraydb import f2_chantler

    element = element or nearest_edge(e0)[0]
    if not element:
        raise InputError(f"MBACK needs the element: none has an edge near {e0:.1f} eV.")
    tabulated = np.asarray(f2_chantler(element, energy), dtype=float)
    weight = np.zeros(len(energy))
    p1, p2 = index_at(energy, ranges.pre1 + e0), index_near(energy, ranges.pre2 + e0)
    n1, n2 = index_near(energy, ranges.norm1 + e0), index_at(energy, ranges.norm2 + e0)
    for low, high in ((p1, max(p2, p1 + 1)), (n1, max(n2, n1 + 1))):
        weight[low : high + 1] = 1 / np.sqrt(len(weight[low : high + 1]))
    x = (energy - e0) / np.abs(energy - e0).max()
    powers = x[:, np.newaxis] ** np.arange(order + 1)
    basis, triangle = np.linalg.qr(powers * weight[:, np.newaxis])

    def without_polynomial(values: Array) -> tuple[Array, Array]:
        values = values * weight
        along = values @ basis
        return values - along @ basis.T, along

    rest, along = without_polynomial(mu)
    wanted, wanted_along = without_polynomial(tabulated[np.newaxis])
    scale = (rest @ wanted[0]) / np.einsum("ij,ij->i", rest, rest)
    # the polynomial that takes scale · mu to f″
    polynomial = (scale[:, np.newaxis] * along - wanted_along) @ np.linalg.inv(triangle).T
    model = tabulated + polynomial @ powers.T
    found = fit_edge(energy, model, e0, ranges, None)
    per = scale[:, np.newaxis]
    steps = found.step / np.abs(scale) if step is None else np.full(len(mu), step)
    return Edge(found.pre / per, found.post / per, steps)
