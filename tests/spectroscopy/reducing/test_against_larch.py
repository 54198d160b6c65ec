"""Every step gives the numbers of xraylarch."""

from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.spectroscopy import (
    back_transform,
    estimate_noise,
    fourier_transform,
    normalise,
    read_spectra,
    remove_background,
    wavelet_transform,
)

from ..conftest import BALDER

RANGES = [
    {},
    {"pre2": -50.0, "norm1": 100.0},
    {"nnorm": 1, "norm1": 50.0, "norm2": 300.0},
    {"nnorm": 3},
    {"nnorm": 0, "nvict": 2, "pre1": -120.0, "pre2": -20.0},
    {"step": 1.5},
]


@pytest.mark.parametrize("ranges", RANGES, ids=str)
def test_normalisation(real, larch, ranges):
    found = normalise(real, **ranges)
    group = larch.group(real)
    larch.call("pre_edge", group, **ranges)
    assert found.e0[0] == group.e0
    assert found.edge_step[0] == pytest.approx(group.edge_step, rel=1e-9)
    for name in ("norm", "flat", "pre_edge", "post_edge"):
        mine, theirs = getattr(found, name)(0)[0], getattr(group, name)
        np.testing.assert_allclose(mine, theirs, atol=1e-9, err_msg=name)
    details = group.pre_edge_details
    ranges = found.ranges_of(0)
    for name in ("pre1", "pre2", "norm1", "norm2"):
        assert getattr(ranges, name) == pytest.approx(getattr(details, name), abs=1e-9)


WITHOUT_LOW_CLAMP = [
    {"nclamp": 0},
    {},
    {"kweight": 2.0},
    {"rbkg": 1.2, "kmin": 0.5, "kmax": 12.0, "nclamp": 2},
    {"window": "kaiser", "dk": 1.0, "nknots": 9},
]


@pytest.mark.parametrize("way", WITHOUT_LOW_CLAMP, ids=str)
def test_background(real, larch, way):
    normalised = normalise(real)
    found = remove_background(normalised, **way)
    group = larch.group(real)
    larch.call("pre_edge", group)
    larch.call("autobk", group, **{"win" if k == "window" else k: v for k, v in way.items()})
    np.testing.assert_array_equal(found.k, group.k)
    scale = np.abs(group.chi).max()
    assert np.abs(found.chi[0] - group.chi).max() < 1e-6 * scale + 1e-12
    above = real.energy > group.e0
    below_kmax = above & (found.background(0) != real.mu[0])
    np.testing.assert_allclose(found.background(0)[below_kmax], group.bkg[below_kmax], atol=1e-5)


@pytest.mark.parametrize("clamps", [(1, 1, 4), (2, 20, 5)])
def test_background_with_a_clamp_at_low_k_is_at_a_lower_minimum(real, larch, clamps):
    low, high, count = clamps
    normalised = normalise(real)
    group = larch.group(real)
    larch.call("pre_edge", group)
    larch.call("autobk", group, clamp_lo=low, clamp_hi=high, nclamp=count)
    from beamcanvas.spectroscopy.kernels.autobk import Autobk, Plan

    way = Autobk(1.0, 0.0, np.inf, 1.0, 0.1, "hanning", count, low, high)
    mine = Plan(real.energy, float(normalised.e0[0]), way)(real.mu)
    chi = mine.chi[0] / normalised.edge_step[0]
    assert np.abs(chi - group.chi).max() < 1.5e-2 * np.abs(group.chi).max()
    assert mine.objective[0] <= group.autobk_details.chisqr * (1 + 1e-9)


@pytest.mark.parametrize("way", WITHOUT_LOW_CLAMP, ids=str)
def test_what_the_background_leaves_open(real, larch, way):
    found = remove_background(normalise(real), **way)
    group = larch.group(real)
    larch.call("pre_edge", group)
    given = {"win" if k == "window" else k: v for k, v in way.items()}
    larch.call("autobk", group, calc_uncertainties=True, **given)
    chi, background = found.uncertainty(0)
    # larch gives that of chi in units of mu
    np.testing.assert_allclose(chi * group.edge_step, group.delta_chi, rtol=2e-5)
    inside = group.delta_bkg > 0
    np.testing.assert_allclose(background[inside], group.delta_bkg[inside], rtol=2e-5)
    assert np.isnan(background[~inside]).all()


def test_larch_is_one_option_away(cu_rt):
    normalised = normalise(cu_rt)
    mine, theirs = (remove_background(normalised, engine=e) for e in ("beamcanvas", "larch"))
    np.testing.assert_allclose(mine.chi, theirs.chi, atol=1e-7)
    np.testing.assert_allclose(mine.background(0), theirs.background(0), atol=1e-6)
    assert theirs.settings["engine"] == "larch"


@pytest.mark.parametrize("window", ["kaiser", "hanning", "parzen", "welch", "gaussian", "sine"])
def test_transforms(cu_rt, larch, window):
    exafs = remove_background(normalise(cu_rt), nclamp=0)
    group = larch.group(cu_rt)
    larch.call("pre_edge", group)
    larch.call("autobk", group, nclamp=0)
    given = {"kmin": 2.5, "kmax": 14.0, "kweight": 2.0, "dk": 1.5, "window": window}
    fourier = fourier_transform(exafs, **given, dk2=3.0)
    larch.call("xftf", group, **given, dk2=3.0)
    np.testing.assert_array_equal(fourier.r, group.r)
    scale = np.abs(group.chir).max()
    np.testing.assert_allclose(fourier.chi[0], group.chir, atol=1e-10 * scale)
    back = back_transform(fourier, rmin=1.2, rmax=3.1, window=window, dr=0.3)
    larch.call("xftr", group, rmin=1.2, rmax=3.1, window=window, dr=0.3, qmax_out=20)
    np.testing.assert_allclose(back.q, group.q, atol=1e-12)
    np.testing.assert_allclose(back.chi[0], group.chiq, atol=1e-10 * np.abs(group.chiq).max())


def test_wavelets_and_noise(cu_rt, larch):
    exafs = remove_background(normalise(cu_rt), nclamp=0)
    group = larch.group(cu_rt)
    larch.call("pre_edge", group)
    larch.call("autobk", group, nclamp=0)
    larch.call("cauchy_wavelet", group, kweight=2, rmax_out=6)
    wavelet = wavelet_transform(exafs)
    scale = np.abs(group.wcauchy).max()
    np.testing.assert_allclose(wavelet.values, group.wcauchy, atol=1e-10 * scale)
    larch.call("estimate_noise", group)
    noise = estimate_noise(exafs)
    assert noise.epsilon_k[0] == pytest.approx(group.epsilon_k, rel=1e-9)
    assert noise.epsilon_r[0] == pytest.approx(group.epsilon_r, rel=1e-9)
    assert noise.kmax[0] == pytest.approx(group.kmax_suggest)


def test_mback_matches_the_same_table(cu_rt, larch):
    group = larch.group(cu_rt)
    low = float(cu_rt.energy[0] - 8980.5)
    larch.call("mback", group, z=29, pre1=low, pre2=-50, norm1=100)
    found = normalise(cu_rt, method="mback", pre1=low, pre2=-50.0, norm1=100.0, nnorm=2)
    # larch stops at 1e-5 of its objective
    assert found.edge_step[0] == pytest.approx(group.edge_step, rel=2e-3)
    np.testing.assert_allclose(found.norm(0)[0], group.norm, atol=5e-3)


def test_the_reference_numbers(shared, reference):
    """Edge, step and peaks of seventeen real files, read with no more than a file name."""
    for name, entry in reference.items():
        how = {"mu": BALDER} if "Cu-foil_EXAFS" in name else {}
        spectra = read_spectra([shared / name], **how)
        normalised = normalise(spectra)
        assert normalised.e0[0] == pytest.approx(entry["e0"], abs=1e-9), name
        assert normalised.edge_step[0] == pytest.approx(entry["edge_step"], rel=1e-9), name
        ranges = normalised.ranges_of(0)
        for key in ("pre1", "pre2", "norm1", "norm2", "nnorm"):
            assert getattr(ranges, key) == pytest.approx(entry[key], abs=1e-9), (name, key)
        exafs = remove_background(normalised, kweight=2.0)
        assert len(exafs.k) == entry["nk"], name
        window = entry["ft"]
        fourier = fourier_transform(
            exafs,
            kmin=float(window["kmin"]),
            kmax=float(window["kmax"]),
            kweight=2.0,
            dk=2.0,
            window="hanning",
        )
        r, height = fourier.peak()
        # the heights there are those of the nearest point of the grid
        assert r == pytest.approx(entry["peaks_R_height"][0][0], abs=1.1e-3), name
        assert height == pytest.approx(entry["peaks_R_height"][0][1], rel=2e-3), name
