"""Athena's projects and exports: its parameters, and nearly its numbers."""

from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.spectroscopy import (
    fourier_transform,
    normalise,
    read_athena,
    read_spectra,
    remove_background,
)

from ..conftest import DATA, TUTORIAL


def test_a_project_keeps_its_parameters():
    found = read_athena(TUTORIAL / "cu.prj")
    assert found.normalised.e0 == pytest.approx([8977.58, 8977.58, 8977.97], abs=2e-3)
    ranges = found.normalised.ranges_of(0)
    assert (ranges.pre1, ranges.pre2, ranges.norm1) == (-150, -30, 150)
    assert ranges.norm2 == pytest.approx(2284.89)
    assert ranges.nnorm == 2  # Athena counts coefficients
    assert found.exafs.settings["clamp_hi"] == 24  # "Strong"
    # the project holds what Athena found with Ifeffit
    assert found.normalised.edge_step[:2] == pytest.approx([2.3266765, 2.3169363], rel=2e-3)


def test_each_group_as_if_alone():
    together = read_athena(TUTORIAL / "cu.prj")
    name = together.spectra.names[1]
    alone = read_athena(TUTORIAL / "cu.prj", groups=[name])
    seen = np.isfinite(alone.exafs.chi[0])
    np.testing.assert_allclose(
        together.exafs.chi[1][: len(seen)][seen], alone.exafs.chi[0][seen], atol=1e-12
    )
    assert together.normalised.edge_step[1] == alone.normalised.edge_step[0]


def test_chi_is_that_which_athena_exported():
    """The header of the export gives all parameters; Larch and Ifeffit differ by 1.7 %."""
    k, theirs = np.loadtxt(DATA / "cu10k.chi", usecols=(0, 1)).T
    spectra = read_spectra([DATA / "cu010k.dat"])
    normalised = normalise(
        spectra, e0=8977.58, pre1=-150.0, pre2=-30.0, norm1=50.0, norm2=2364.89, nnorm=2
    )
    assert normalised.edge_step[0] == pytest.approx(2.306, rel=1e-3)
    exafs = remove_background(normalised, kweight=1.0, clamp_lo=0.0, clamp_hi=20.0, nclamp=5)
    mine = np.interp(k, exafs.k, exafs.chi[0])
    inside = (k > 2) & (k < 19.15)
    left = ((mine - theirs) * k**2)[inside]
    assert left.std() < 0.02 * (theirs * k**2)[inside].std()
    assert np.abs(mine - theirs)[inside].max() < 0.016
    fourier = fourier_transform(exafs, kmin=2.0, kmax=19.15, kweight=2.0, dk=1.0, window="kaiser")
    highest = int(fourier.magnitude[0].argmax())
    assert fourier.r[highest] == pytest.approx(2.270, abs=1e-3)
    assert fourier.magnitude[0, highest] == pytest.approx(7.262, rel=1e-3)
