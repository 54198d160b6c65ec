"""One slice in many ways: centres and strengths of phase retrieval."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography import TomoScan, bin_pixels, try_centres, try_delta_beta
from beamcanvas.tomography.centre.candidates import vignettes
from beamcanvas.tomography.centre.scores import WORDS, scores
from beamcanvas.tomography.frames.treatments.phase import Paganin
from beamcanvas.tomography.reconstruct.engine import Slices

from .test_find import HALF, full_turn, half

__all__ = ["full_turn", "half"]


def test_known_bodies(simulated: TomoScan, full_turn: TomoScan, half: TomoScan) -> None:
    for scan, axis in ((simulated, 50.25), (full_turn, 66.5), (half, HALF)):
        found = try_centres(scan, around=axis + 0.75, width=10, count=41)
        assert found.scan.centre == pytest.approx(axis, abs=0.25)
        assert found.scan.centre_from == "many centres, sharpness"


def test_real_scans(savu: TomoScan, tooth: TomoScan) -> None:
    for scan, axis, tolerance in ((savu, 86, 0.5), (tooth, 295.5, 0.3)):
        found = try_centres(scan, around=axis + 1, width=12, count=49)
        assert found.scan.centre == pytest.approx(axis, abs=tolerance)
        for score in ("negativity", "contrast", "variation", "entropy"):
            best = np.argmax(found.candidates.scores[score])  # type: ignore[index]
            assert found.candidates.values[best] == pytest.approx(axis, abs=tolerance)


def test_a_choice_by_eye_holds(simulated: TomoScan) -> None:
    found = try_centres(simulated, centre=47.3, around=50)
    assert found.scan.centre == 47.3
    assert found.scan.centre_from == "many centres, by hand"
    assert found.candidates.value == 47.5
    assert found.candidates.by_hand
    assert found.candidates.images.shape == (21, 96, 96)
    assert set(found.candidates.scores) == set(WORDS)


def test_another_of_those_tried_is_taken_at_once(
    simulated: TomoScan, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    at_centres = Slices.at_centres

    def counted(*given: Any) -> Any:
        made.append(1)
        return at_centres(*given)

    monkeypatch.setattr(Slices, "at_centres", counted)
    found = try_centres(simulated, around=51, count=7)
    again = try_centres(simulated, around=51, count=7, centre=49.0, score="contrast")
    assert len(made) == 1
    assert again.scan.centre == 49
    assert again.candidates.images is found.candidates.images
    assert again.candidates.value == pytest.approx(49, abs=1)
    with pytest.raises(Cancelled):
        try_centres(simulated, around=51, count=7, progress=Progress(is_cancelled=lambda: True))
    try_centres(bin_pixels(simulated), around=51, count=7)
    assert len(made) == 2
    os.utime(simulated.file, ns=(1, 1))  # another scan under the same name
    try_centres(bin_pixels(simulated), around=51, count=7)
    assert len(made) == 3


def test_it_starts_from_what_is_known(simulated: TomoScan) -> None:
    assert try_centres(simulated, count=5).candidates.values[2] == 50.25  # the file's
    known = replace(simulated, centre=49.0)
    assert try_centres(known, count=5).candidates.values[2] == 49.0
    unknown = replace(simulated, axis_in_file=None)
    assert try_centres(unknown, count=5).candidates.values[2] == 47.5
    binned = try_centres(bin_pixels(simulated), around=50.25, width=4)
    assert binned.scan.centre == pytest.approx(50.25, abs=0.5)


def test_a_best_one_at_the_end_is_doubted(simulated: TomoScan) -> None:
    found = try_centres(simulated, around=53, width=4)
    assert "at the end of what was tried (51): look further" in found.scan.warnings[-1]


def test_a_region(simulated: TomoScan) -> None:
    found = try_centres(simulated, count=3, region=(10, 49, 20, 79))
    assert found.candidates.images.shape == (3, 60, 40)
    with pytest.raises(InputError, match=r"region x 10 to 96, .* 96 × 96"):
        try_centres(simulated, count=3, region=(10, 96, 20, 79))


def test_what_is_wrong_is_told(simulated: TomoScan) -> None:
    with pytest.raises(InputError, match="centres -3 to 7 px reach outside of the detector"):
        try_centres(simulated, around=2)
    with pytest.raises(InputError, match="Slice 20 is not among the 20"):
        try_centres(simulated, row=20)
    with pytest.raises(Cancelled):
        try_centres(simulated, progress=Progress(is_cancelled=lambda: True))


def test_many_delta_beta(simulated: TomoScan) -> None:
    scan = replace(simulated, centre=50.25)
    found = try_delta_beta(scan, lowest=1, highest=100, count=3)
    assert found.candidates.values == pytest.approx([1, 10, 100])
    assert found.scan.treatment(Paganin).delta_beta in (1, 10, 100)
    # each is smoother than the one before
    rough = [np.abs(np.diff(image)).mean() for image in found.candidates.images]
    assert rough == sorted(rough, reverse=True)
    assert rough[2] < 0.8 * rough[0]
    by_eye = try_delta_beta(scan, delta_beta=30, values=[50.0, 20.0])
    assert by_eye.scan.treatment(Paganin).delta_beta == 30
    assert by_eye.candidates.value == 20
    with pytest.raises(InputError, match="should be above 10"):
        try_delta_beta(scan, highest=5)
    with pytest.raises(InputError, match="energy"):
        try_delta_beta(replace(scan, energy=None))


def test_vignettes_are_small() -> None:
    slices = np.arange(2 * 900 * 850, dtype=np.float32).reshape(2, 900, 850)
    small, step = vignettes(slices)
    assert small.shape == (2, 300, 283)
    assert step == 3
    assert small[1, 0, 0] == pytest.approx(slices[1, :3, :3].mean())


def test_scores_of_equal_slices() -> None:
    for values in scores(np.ones((3, 8, 8), np.float32)).values():
        assert values.tolist() == [1, 1, 1]
