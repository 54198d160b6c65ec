from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import (
    Spectra,
    find_components,
    fit_combination,
    fit_shell,
    fourier_transform,
    map_number,
    normalise,
    read_spectra,
    remove_background,
)
from beamcanvas.spectroscopy.larch import quiet
from beamcanvas.spectroscopy.reading.athena_file import read_groups

from ..conftest import DATA, TUTORIAL, noisy

STANDARDS = ("Au foil", "Au3 Cl aq", "Au sulphide")


@pytest.fixture(scope="module")
def gold():
    """Groups of a project as they are stored, each with its own E0."""
    groups = {g.label: g for g in read_groups(TUTORIAL / "cyanobacteria.prj")}

    def made(label: str):
        group = groups[label]
        spectra = Spectra(group.energy, group.mu[np.newaxis], names=(label,))
        return normalise(spectra, e0=group.number("bkg_e0"))

    return made


def stacked(parts):
    """Several normalised spectra as one, on the energies of the first."""
    from beamcanvas.spectroscopy.reading.join import joined

    first = parts[0]
    return replace(
        first,
        spectra=joined([p.spectra for p in parts]),
        **{
            name: np.concatenate([getattr(p, name) for p in parts])
            for name in ("e0", "edge_step", "pre", "post", "step_at")
        },
        range_of=np.zeros(len(parts)),
    )


#: weights and R factors of lincombo_fit of xraylarch 2026.3.1, without a bound on the weights
REFERENCE = {
    "0.12": ((-0.0849, 0.6523, 0.4325), 3.2e-4),
    "4.73": ((0.1558, 0.4828, 0.3614), 2.5e-4),
    "33": ((0.5295, 0.3934, 0.0771), 1.2e-4),
    "720": ((0.5394, 0.2640, 0.1966), 1.3e-4),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_weights_of_standards(gold, name):
    weights, r_factor = REFERENCE[name]
    standards = stacked([gold(label) for label in STANDARDS])
    found = fit_combination(gold(name), standards, e_min=11900.0, e_max=12000.0, positive=False)
    assert found.standards == STANDARDS
    assert found.weights[0] == pytest.approx(weights, abs=2e-3)
    assert found.r_factor[0] == pytest.approx(r_factor, rel=0.05)
    assert found.weights.sum() == pytest.approx(1)


def test_weights_that_may_not_be_negative(gold):
    standards = stacked([gold(label) for label in STANDARDS])
    found = fit_combination(gold("0.12"), standards, e_min=11900.0, e_max=12000.0)
    assert (found.weights >= 0).all()
    assert found.weights.sum() == pytest.approx(1)
    free = fit_combination(
        gold("0.12"), standards, e_min=11900.0, e_max=12000.0, positive=False, sum_to_one=False
    )
    assert free.r_factor[0] < found.r_factor[0]


@pytest.fixture(scope="module")
def mixtures():
    spectra = read_spectra([TUTORIAL / "copper_standards.dat"], mu="all")
    random = np.random.default_rng(3)
    shares = random.uniform(0, 1, 300)
    mu = np.outer(shares, spectra.mu[0]) + np.outer(1 - shares, spectra.mu[1])
    mu += random.normal(0, 1e-4, mu.shape)
    given = {"e0_from": "table", "element": "Cu", "edge": "K", "norm1": 40.0, "nnorm": 1}
    series = Spectra(spectra.energy, mu, shape=(300,))
    return normalise(series, **given), normalise(spectra, **given), shares


def test_a_map_of_mixtures(mixtures):
    series, standards, shares = mixtures
    found = fit_combination(series, standards)
    assert np.abs(found.weights[:, 0] - shares).max() < 0.01
    assert np.abs(found.data(7) - found.fit(7)).max() < 2e-3
    weight = map_number(found, quantity="weight", standard=1)
    np.testing.assert_array_equal(weight.values, found.weights[:, 1])


def test_the_energy_of_each_may_be_off(mixtures):
    _, standards, _ = mixtures
    energy, curves = standards.energy, standards.norm()
    shares, offsets = np.linspace(0.1, 0.9, 7), np.array([0, 0.4, -1.3, 2.6, -2.2, 0.013, 1.0])
    inner = (energy > energy[0] + 4) & (energy < energy[-1] - 4)
    mu = [
        CubicSpline(energy, share * curves[0] + (1 - share) * curves[1])(energy[inner] - offset)
        for share, offset in zip(shares, offsets, strict=True)
    ]
    shifted = normalise(
        Spectra(energy[inner], np.array(mu), shape=(7,)), e0=8979.0, norm1=40.0, nnorm=1
    )
    # as they are, not normalised anew
    shifted = replace(shifted, pre=0 * shifted.pre, edge_step=np.ones(7))
    found = fit_combination(shifted, standards, shift=4.0)
    np.testing.assert_allclose(found.shifts, offsets, atol=2e-4)
    np.testing.assert_allclose(found.weights[:, 0], shares, atol=1e-4)
    assert found.r_factor.max() < 1e-8
    assert np.abs(found.fit(3) - found.data(3)).max() < 1e-3
    still = fit_combination(shifted, standards)
    assert still.r_factor[3] > 1e3 * found.r_factor[3]
    assert map_number(found, quantity="shift").values is found.shifts
    with pytest.raises(InputError, match="without one"):
        map_number(still, quantity="shift")
    with pytest.raises(InputError, match="does not reach over"):
        fit_combination(shifted, standards, e_max=float(energy[-5]), shift=20.0)


def test_the_shift_is_that_of_larch(mixtures):
    pytest.importorskip("larch")
    series, standards, _ = mixtures
    with quiet():
        from larch import Group
        from larch.math import lincombo_fit

        def group(of, number):
            name = of.spectra.name(number)
            return Group(energy=of.energy, norm=of.norm(number)[0], filename=name)

        found = fit_combination(series, standards, shift=2.0, positive=False)
        for number in (0, 1):
            theirs = lincombo_fit(
                group(series, number), [group(standards, i) for i in (0, 1)],
                xmin=found.energy[0], xmax=found.energy[-1], vary_e0=True,
            )  # fmt: skip
            shift = theirs.params["e0_shift"]
            # larch moves the spectrum with its noise, ours the standards
            assert found.shifts[number] == pytest.approx(shift.value, abs=2 * shift.stderr)
            weights = list(theirs.weights.values())
            assert found.weights[number] == pytest.approx(weights, abs=5e-3)


def test_the_best_of_all_combinations(mixtures, gold):
    series, standards, shares = mixtures
    found = fit_combination(series, standards, at_most=1)
    alone = (found.weights > 0).sum(axis=1)
    assert (alone == 1).all()
    assert (found.weights[shares > 0.6, 0] == 1).all()


def test_how_many_components(mixtures):
    series, _, _ = mixtures
    found = find_components(series, number=2)
    assert found.variance[0] > 0.999  # beside the mean, one thing changes
    assert found.suggested < 5  # of 80
    back = found.mean + found.scores[5] @ found.curves
    inside = (series.energy >= found.energy[0]) & (series.energy <= found.energy[-1])
    assert np.abs(back - series.norm(5)[0, inside]).max() < 2e-3
    factors = find_components(series, method="nmf", number=2)
    assert (factors.curves >= 0).all()
    back = factors.scores[5] @ factors.curves
    assert np.abs(back - series.norm(5)[0, inside]).max() < 0.03
    with pytest.raises(InputError, match="need as many spectra"):
        find_components(normalise(read_spectra([DATA / "cu_10k.xmu"])))


def test_ranges_without_points(mixtures):
    series, standards, _ = mixtures
    with pytest.raises(InputError, match="too few"):
        fit_combination(series, standards, e_min=8000.0, e_max=8001.0)


def test_a_shell_is_that_of_larch(cu_rt):
    pytest.importorskip("larch")
    exafs = remove_background(normalise(cu_rt), rbkg=1.1, kweight=1.0)
    found = fit_shell(exafs, path=DATA / "feffcu01.dat", kmax=17.0)
    assert found.values["s02"] == pytest.approx(0.930, abs=1e-3)
    assert found.values["e0"] == pytest.approx(4.36, abs=0.01)
    assert found.values["sigma2"] == pytest.approx(0.00867, abs=1e-5)
    assert found.values["delta_r"] == pytest.approx(-0.0060, abs=1e-4)
    assert found.r_factor == pytest.approx(0.00275, abs=2e-5)
    assert found.errors["delta_r"] == pytest.approx(0.0026, abs=1e-4)
    # larch takes what the background leaves open in units of mu, ours is that of chi
    step = exafs.normalised.edge_step[0]
    as_larch = replace(exafs, normalised=replace(exafs.normalised, edge_step=np.ones(1)))
    undivided = fit_shell(as_larch, path=DATA / "feffcu01.dat", kmax=17.0)
    assert undivided.reduced_chi2 == pytest.approx(0.4226, abs=1e-4)
    assert found.reduced_chi2 / undivided.reduced_chi2 == pytest.approx(step**2, rel=0.1)
    with pytest.raises(InputError, match="is no path of Feff"):
        fit_shell(exafs, path=DATA / "cu_rt01.xmu")


def test_importing_larch_leaves_the_program_as_it_was(cu_rt):
    pytest.importorskip("larch")
    import logging
    import warnings

    logging.getLogger().setLevel(logging.INFO)
    remove_background(normalise(cu_rt), engine="larch")
    assert logging.getLogger().level == logging.INFO
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", stacklevel=1)


def test_numbers_of_each_spectrum(cu_rt):
    many = noisy(cu_rt, 4, 1e-4)
    normalised = normalise(many)
    assert map_number(normalised, quantity="e0").values == pytest.approx(np.full(4, 8980.5))
    step = map_number(normalised)
    assert step.values == pytest.approx(np.full(4, 2.7294), rel=1e-3)
    white = map_number(normalised, quantity="white_line")
    assert white.values[0] == pytest.approx(normalised.norm(0)[0][normalised.energy < 9030].max())
    fourier = fourier_transform(remove_background(normalised, kweight=2.0), kmin=3.0, kmax=15.0)
    peak = map_number(fourier, quantity="peak_r")
    assert peak.values == pytest.approx(np.full(4, 2.24), abs=0.01)
    with pytest.raises(InputError, match="connect a Fourier transform"):
        map_number(normalised, quantity="peak_r")
    with pytest.raises(InputError, match="connect a linear combination fit"):
        map_number(fourier, quantity="weight")
