"""A scan that is still measured: what can be said is said, the rest is waited for."""

from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import (
    Spectra,
    estimate_noise,
    fourier_transform,
    normalise,
    overview,
    remove_background,
)


def part(spectra: Spectra, points: int, growing: bool = True) -> Spectra:
    return Spectra(spectra.energy[:points], spectra.mu[:, :points], growing=growing)


def reduced(spectra: Spectra):
    exafs = remove_background(normalise(spectra))
    return overview(fourier_transform(exafs), estimate_noise(exafs))


@pytest.mark.parametrize("name", ["cu", "cu_rt"])
def test_every_length_gives_a_state_and_never_an_error(name, request):
    spectra = request.getfixturevalue(name)
    states = []
    for points in range(2, len(spectra.energy), 7):
        found = reduced(part(spectra, points))
        fourier = found.fourier
        state = [0 in step.problems for step in (fourier.normalised, fourier.exafs, fourier)]
        states.append(tuple(state))
        end = spectra.energy[points - 1]
        if end < 8977:
            assert state == [True, True, True], end
            assert "waiting for the edge" in fourier.normalised.problems[0]
    # once a step is reached it stays
    for step in range(3):
        waiting = [state[step] for state in states]
        first = waiting.index(False)
        assert not any(waiting[first:])
    assert states[-1] == (False, False, False)


def test_e0_settles_at_once(cu):
    final = normalise(cu).e0[0]
    for points in range(20, len(cu.energy), 11):
        found = normalise(part(cu, points))
        if 0 not in found.problems:
            assert found.e0[0] == pytest.approx(final, abs=0.01)


def test_the_same_data_finished_are_an_error_in_words(cu):
    before = int(np.searchsorted(cu.energy, 8960))
    with pytest.raises(InputError, match="no edge"):
        normalise(part(cu, before, growing=False))
    with pytest.raises(InputError, match="12 points: too few"):
        normalise(part(cu, 12, growing=False))


def test_a_given_edge_is_waited_for(cu):
    found = normalise(part(cu, 60), e0=8979.0)
    assert found.problems[0] == "waiting for the edge at 8979 eV."
