"""How well a background is known: from the curvature of the sum of squares at its minimum.

As ``autobk_delta_chi`` of xraylarch: the covariance of the spline's coefficients, scaled by
what is left per degree of freedom, carried over to the curves.
"""

from __future__ import annotations

import numpy as np

from .autobk import Plan
from .constants import Array
from .threads import few_threads


def uncertainty(plan: Plan, mu: Array, coefficients: Array) -> tuple[Array, Array]:
    """One standard deviation of chi(k) and of the background, both in units of mu.

    Parameters
    ----------
    plan:
        By which the background was found.
    mu:
        (points,) over the whole grid of the plan.
    coefficients:
        (splines,) of the background.

    Returns
    -------
    (k,) at the plan's k, and (points,) at those of its data above E0.
    """
    with few_threads(1):
        return _uncertainty(plan, mu, coefficients)


def _uncertainty(plan: Plan, mu: Array, coefficients: Array) -> tuple[Array, Array]:
    way, basis = plan.way, plan.basis_on_grid
    chi = plan.on_grid(mu[np.newaxis])[0] - basis @ coefficients
    left = plan.transform @ chi
    slopes = -plan.transform @ basis  # of the low part of chi(R)
    rest = float(left @ left)
    rows, freedom = [slopes], len(left) - len(coefficients)
    if way.nclamp:
        freedom += 2 * way.nclamp
        scale = 0.1 + 10 * rest / len(left)
        steeper = 20 / len(left) * (left @ slopes)  # the scale's own slope
        strength = np.repeat([abs(way.clamp_lo), abs(way.clamp_hi)], way.nclamp)
        ends = np.r_[: way.nclamp, len(chi) - way.nclamp : len(chi)]
        clamps = np.outer(chi[ends], steeper) - scale * basis[ends]
        rows.append(clamps * strength[:, np.newaxis])
        rest += float(((scale * strength * chi[ends]) ** 2).sum())
    jacobian = np.concatenate(rows)
    covariance = np.asarray(np.linalg.pinv(jacobian.T @ jacobian), dtype=np.float64)
    covariance *= rest / max(freedom, 1)
    return _carried(covariance, basis), _carried(covariance, plan.basis)


def _carried(covariance: Array, basis: Array) -> Array:
    """One standard deviation of a sum of splines, with Student's factor for few points."""
    from scipy.special import erf, stdtrit

    variance = np.einsum("ij,jk,ik->i", basis, covariance, basis)
    inside = 0.5 * (1 + erf(np.sqrt(0.5)))
    factor = stdtrit(max(len(basis) - basis.shape[1], 1), inside)
    return np.asarray(factor * np.sqrt(np.maximum(variance, 0)))
