from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import (
    Spectra,
    align_spectra,
    calibrate_energy,
    choose_spectra,
    correct_over_absorption,
    deglitch,
    energy_region,
    merge_spectra,
    normalise,
    read_spectra,
    rebin_spectra,
    remove_background,
)
from beamcanvas.spectroscopy.reading.tidy import onto

from ..conftest import BALDER, TUTORIAL, noisy


def moved(spectra: Spectra, shifts: list[float]) -> Spectra:
    mu = np.array([onto(spectra.energy, spectra.energy + s, spectra.mu[0]) for s in shifts])
    return Spectra(spectra.energy, mu, shape=(len(shifts),))


def test_repeats_that_moved_are_aligned(cu_rt):
    found = align_spectra(moved(cu_rt, [0.0, 1.7, -0.4]))
    assert found.shifts == pytest.approx([0, -1.7, 0.4], abs=0.02)
    inside = (cu_rt.energy > 8960) & (cu_rt.energy < 9100)
    assert np.abs(found.spectra.mu[1] - cu_rt.mu[0])[inside].max() < 0.01


def test_alignment_is_that_of_larch(cu_rt, larch):
    shifted = moved(cu_rt, [0.0, 1.7])
    good = np.isfinite(shifted.mu).all(axis=0)
    first, second = (
        larch.group(Spectra(shifted.energy[good], shifted.mu[i : i + 1, good])) for i in (0, 1)
    )
    for group in (first, second):
        larch.call("pre_edge", group)
    theirs = larch.call("energy_align", second, first)
    assert align_spectra(shifted).shifts[1] == pytest.approx(theirs, abs=0.05)


def test_a_foil_says_where_the_energies_are(cu_rt):
    foil = replace(cu_rt, reference=cu_rt.mu, energy=cu_rt.energy + 3)
    found = calibrate_energy(foil)
    assert found.shifts[0] == pytest.approx(8979.0 - 8983.5)
    assert calibrate_energy(found.spectra).shifts[0] == pytest.approx(0, abs=1e-9)
    assert calibrate_energy(cu_rt, by="spectrum", to=8980.0).shifts[0] == pytest.approx(-0.5)
    assert calibrate_energy(cu_rt, by="shift", shift=2.5).spectra.energy[0] == 8781.5
    with pytest.raises(InputError, match="no foil behind the sample"):
        calibrate_energy(cu_rt)


def test_merging(cu_rt):
    many = noisy(cu_rt, 9, 0.01)
    merged = merge_spectra(many)
    assert merged.kind == "spectrum"
    assert (merged.mu - cu_rt.mu).std() == pytest.approx(0.01 / 3, rel=0.2)
    assert merge_spectra(many, every=3).shape == (3,)
    with pytest.raises(InputError, match="9 spectra can't be divided into groups of 4"):
        merge_spectra(many, every=4)
    mu = many.mu.copy()
    mu[4] *= 1.3
    clean = merge_spectra(replace(many, mu=mu), reject=3.0)
    assert "Left out of the mean: spectrum 4" in clean.warnings[-1]
    bad = replace(many, problems={2: "it is dead."})
    np.testing.assert_allclose(merge_spectra(bad).mu[0], np.delete(many.mu, 2, axis=0).mean(axis=0))


def test_fast_scans_are_rebinned_and_keep_their_exafs(shared):
    files = [shared / f"parseq_xas/Cu-foil_EXAFS_230{n}.dat" for n in (68, 69, 70)]
    merged = merge_spectra(read_spectra(files, mu=BALDER))
    binned = rebin_spectra(merged)
    assert 400 < len(binned.energy) < 700
    fine, coarse = (remove_background(normalise(s, e0=8979.0)) for s in (merged, binned))
    points = min(len(fine.k), len(coarse.k))
    inside = slice(60, int(12 / 0.05))
    left = (fine.chi[0, :points] - coarse.chi[0, :points])[inside]
    assert left.std() < 0.06 * fine.chi[0, inside].std()


def test_steps_without_points_are_interpolated(cu_rt):
    fine = rebin_spectra(cu_rt, edge_step=0.1)
    assert np.isfinite(fine.mu).all()
    straight = np.interp(fine.energy, cu_rt.energy, cu_rt.mu[0])
    assert np.abs(fine.mu[0] - straight).max() < 0.1


@pytest.mark.parametrize("count", [1, 5])
def test_glitches_are_found_and_nothing_else(cu_rt, count):
    places = [200, 260, 300, 330, 370][:count]
    mu = cu_rt.mu.copy()
    mu[0, places] += [0.05, -0.03, 0.04, 0.03, -0.02][:count]
    found = deglitch(replace(cu_rt, mu=mu), automatic=True)
    assert found.notes["deglitched"] == cu_rt.energy[places].tolist()
    assert np.abs(found.mu - cu_rt.mu).max() < 0.02


def test_clean_spectra_have_no_glitches(real):
    assert len(deglitch(real, automatic=True).notes["deglitched"]) <= 1


def test_points_taken_out_by_hand(cu_rt):
    found = deglitch(cu_rt, points=[9000.2, 9300.0])
    assert (found.mu != cu_rt.mu).sum() == 2
    with pytest.raises(InputError, match="outside of"):
        deglitch(cu_rt, points=[12000.0])


def test_regions_and_choices(cu_rt):
    part = energy_region(cu_rt, e_min=8900.0, e_max=9500.0)
    assert part.energy[0] >= 8900
    assert part.energy[-1] <= 9500
    with pytest.raises(InputError, match="there are 0 points"):
        energy_region(cu_rt, e_min=12000.0)
    series = read_spectra([TUTORIAL / "cyanobacteria.prj"])
    assert choose_spectra(series, names=["Au foil", "0-2"]).names == (
        "Au foil",
        *series.names[:3],
    )
    with pytest.raises(InputError, match="Did you mean 'Au foil'"):
        choose_spectra(series, names=["Au foi"])


def test_over_absorption_is_that_of_larch(shared, larch):
    glass = read_spectra([shared / "xraylarch/cu_romanglass.xdi"])
    ranges = {"nnorm": 1, "pre2": -30.0, "norm1": 100.0}
    group = larch.group(glass)
    larch.call("fluo_corr", group.energy, group.mu, "CuSO4", "Cu", group=group, **ranges)
    found = correct_over_absorption(normalise(glass, **ranges), formula="CuSO4")
    np.testing.assert_allclose(found.mu[0], group.mu_corr, rtol=1e-9)
    for formula in ("CuSOx4", "NaCl"):
        with pytest.raises(InputError, match="formula"):
            correct_over_absorption(normalise(glass), formula=formula)
