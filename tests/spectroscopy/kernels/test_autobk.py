from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.spectroscopy.kernels.autobk import Autobk, Plan

from ..conftest import noisy

E0 = 8977.58


def way(**changes):
    given = {"rbkg": 1.0, "kmin": 0.0, "kmax": np.inf, "kweight": 1.0, "dk": 0.1}
    given |= {"window": "hanning", "nclamp": 3, "clamp_lo": 0.0, "clamp_hi": 1.0}
    return Autobk(**(given | changes))


@pytest.mark.parametrize("clamps", [(0, 0, 0), (3, 0, 1), (4, 1, 1)])
def test_many_by_matrix_are_each_by_spline(cu, clamps):
    n, low, high = clamps
    plan = Plan(cu.energy, E0, way(nclamp=n, clamp_lo=low, clamp_hi=high))
    many = noisy(cu, 160)
    together = plan(many.mu)  # by the matrix that resamples
    alone = plan(many.mu[:3])  # by a spline
    np.testing.assert_allclose(together.chi[:3], alone.chi, atol=1e-9)


def test_the_clamped_fit_stands_at_a_minimum(cu):
    plan = Plan(cu.energy, E0, way(nclamp=4, clamp_lo=1.0, clamp_hi=1.0))
    found = plan(cu.mu)

    def objective(coefficients):
        chi = plan._resampled(cu.mu[0, plan.rows][:, np.newaxis])[:, 0]
        chi = chi - plan.basis_on_grid @ coefficients
        low = plan.transform @ chi
        scale = 0.1 + 10 * (low**2).mean()
        return (low**2).sum() + ((scale * chi[:4]) ** 2).sum() + ((scale * chi[-4:]) ** 2).sum()

    best = objective(found.coefficients[0])
    assert best == pytest.approx(found.objective[0], rel=1e-9)
    random = np.random.default_rng(0)
    for _ in range(40):
        step = 1e-4 * random.normal(size=found.coefficients.shape[1])
        assert objective(found.coefficients[0] + step) >= best


def test_a_short_range_gives_no_wild_splines(cu):
    short = cu.energy < E0 + 75  # k = 4.4
    found = Plan(cu.energy[short], E0, way())(cu.mu[:, short])
    assert np.abs(found.chi[0, 10:]).max() < 1
