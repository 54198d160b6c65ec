from __future__ import annotations

import numpy as np

from beamcanvas.spectroscopy.kernels.e0 import steepest

from ..conftest import noisy


def test_is_the_energy_that_larch_finds(real, larch):
    assert steepest(real.energy, real.mu)[0] == larch.call("find_e0", real.energy, real.mu[0])


def test_many_at_once_are_each_alone(cu_rt, larch):
    many = noisy(cu_rt, 60, 0.15)  # enough noise that they are not all alike
    found = steepest(many.energy, many.mu)
    assert len(set(found)) > 1
    np.testing.assert_array_equal(found, [larch.call("find_e0", many.energy, mu) for mu in many.mu])


def test_a_glitch_at_the_start_is_not_the_edge(cu, larch):
    mu = cu.mu.copy()
    mu[0, 3] += 5
    found = steepest(cu.energy, mu)[0]
    assert found == larch.call("find_e0", cu.energy, mu[0])
    assert abs(found - 8977.58) < 5


def test_few_points(cu_rt, larch):
    near = np.flatnonzero(np.abs(cu_rt.energy - 8980) < 12)
    energy, mu = cu_rt.energy[near], cu_rt.mu[:, near]
    assert steepest(energy, mu)[0] == larch.call("find_e0", energy, mu[0])
