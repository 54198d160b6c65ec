"""Series and maps: each spectrum alone, bad ones named, the others go on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.spectroscopy import (
    Spectra,
    estimate_noise,
    fourier_transform,
    normalise,
    overview,
    remove_background,
)
from beamcanvas.task import Progress

from ..conftest import noisy


@pytest.fixture(scope="module")
def broken(cu_rt) -> Spectra:
    """A map in which much went wrong."""
    many = noisy(cu_rt, 12, 1e-4)
    mu = many.mu.copy()
    mu[1] = 0
    mu[2, 50] = np.nan
    mu[3] = np.linspace(1.2, 1.0, mu.shape[1])  # no edge
    mu[4, :] = np.random.default_rng(1).normal(size=mu.shape[1])  # only noise
    mu[5, cu_rt.energy > 9030] = np.nan  # ends early
    mu[6, cu_rt.energy > 9500] = np.nan
    mu[7] = np.nan
    return Spectra(many.energy, mu, shape=(3, 4))


def test_a_bad_spectrum_costs_only_itself(broken, cu_rt):
    found = fourier_transform(remove_background(normalise(broken)), kmax=12.0)
    assert set(found.normalised.problems) == {1, 2, 3, 4, 7}
    assert set(found.problems) == {1, 2, 3, 4, 5, 7}
    alone = fourier_transform(
        remove_background(normalise(Spectra(cu_rt.energy, broken.mu[8:9]))), kmax=12.0
    )
    np.testing.assert_allclose(found.chi[8], alone.chi[0], atol=1e-9)
    assert np.isfinite(found.chi[6]).all()
    assert np.isnan(found.chi[1]).all()
    assert "6 with a problem" in found.summary
    assert "gaps" in found.normalised.problems[2]
    assert "no edge is seen" in found.normalised.problems[3]
    assert "ends at k" in found.problems[5]


def test_each_with_an_e0_of_its_own(cu_rt):
    """Different energies of the edge go through different matrices."""
    shifts = np.array([0.0, 0.25, -1.5, 3.0])
    mu = np.array([np.interp(cu_rt.energy - s, cu_rt.energy, cu_rt.mu[0]) for s in shifts])
    many = Spectra(cu_rt.energy, mu, shape=(4,))
    together = remove_background(normalise(many))
    for number in range(4):
        alone = remove_background(normalise(Spectra(cu_rt.energy, mu[number : number + 1])))
        assert together.normalised.e0[number] == alone.normalised.e0[0]
        seen = np.isfinite(alone.chi[0])
        np.testing.assert_allclose(
            together.chi[number, : len(alone.k)][seen], alone.chi[0][seen], atol=1e-9
        )


def test_e0_for_all(cu_rt):
    many = noisy(cu_rt, 30, 0.12)
    assert len(set(normalise(many).e0)) > 1
    assert len(set(normalise(many, e0_from="mean").e0)) == 1
    tabulated = normalise(many, e0_from="table", element="Cu", edge="K")
    assert set(tabulated.e0) == {8979.0}
    foil = replace(many, reference=cu_rt.mu)
    assert set(normalise(foil, e0_from="reference").e0) == {8980.5}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"e0_from": "reference"}, "no reference foil"),
        ({"e0_from": "table"}, "element and its edge are not known"),
        ({"e0_from": "table", "element": "Xx", "edge": "K"}, "'Xx' is no element"),
        ({"e0": 20000.0}, "outside of"),
        ({"e0": 8785.0}, "outside of|pre-edge"),
        ({"element": "Fe", "edge": "K"}, "no edge of Fe K is seen"),
        ({"pre1": -3.0, "pre2": -2.9}, "has no point in it"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(cu_rt, given, says):
    with pytest.raises(InputError, match=says):
        normalise(cu_rt, **given)


def test_ranges_that_are_empty(cu_rt):
    normalised = normalise(cu_rt)
    with pytest.raises(InputError, match="4 Å⁻¹ long at least"):
        remove_background(normalised, kmin=3.0, kmax=5.0)
    exafs = remove_background(normalised)
    with pytest.raises(InputError, match="range in k is empty"):
        fourier_transform(exafs, kmin=10.0, kmax=5.0)
    with pytest.raises(InputError, match="nothing is left"):
        fourier_transform(exafs, kmin=17.2, kmax=30.0)


def test_presets_fill_what_is_open_and_say_so(cu_rt):
    larch, athena, larix = (normalise(cu_rt, preset=p) for p in ("larch", "athena", "larix"))
    assert [n.ranges_of(0).pre2 for n in (larch, athena, larix)] == [-95.0, -30.0, -30.0]
    assert [n.ranges_of(0).nnorm for n in (larch, athena, larix)] == [2, 2, 1]
    assert athena.ranges_of(0).norm2 == pytest.approx(cu_rt.energy[-1] - athena.e0[0] - 100)
    assert normalise(cu_rt, preset="athena", norm1=80.0).ranges_of(0).norm1 == 80
    exafs = remove_background(larch, preset="athena")
    assert (exafs.settings["kweight"], exafs.settings["clamp_hi"]) == (2.0, 24.0)
    fourier = fourier_transform(exafs, preset="athena")
    assert fourier.settings["kmax"] == pytest.approx(exafs.kmax[0] - 2)
    assert fourier.settings["window"] == "hanning"


def test_results_travel_between_processes(broken):
    found = fourier_transform(remove_background(normalise(broken)))
    again = pickle.loads(pickle.dumps(found))
    assert again.summary == found.summary
    np.testing.assert_array_equal(again.exafs.background(8), found.exafs.background(8))


def test_an_overview_has_a_row_for_each(broken):
    exafs = remove_background(normalise(broken))
    found = overview(fourier_transform(exafs), estimate_noise(exafs))
    assert len(found.table) == 12
    assert found.table[8]["status"] == "good"
    assert found.table[1]["status"] == found.fourier.problems[1]


def test_a_map_can_be_cancelled(cu_rt):
    many = noisy(cu_rt, 2500)
    asked = []

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        normalise(many, progress=Progress(is_cancelled=is_cancelled))


def test_what_is_shown_has_axes_and_units(broken):
    found = fourier_transform(remove_background(normalise(broken)))
    for value in (found.spectra, found.normalised, found.exafs, found):
        data = value.nxdata()
        assert data.signal.shape[0] == 12
        assert data.axes[-1].unit in ("eV", "Å⁻¹", "Å")
