from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from beamcanvas.powder import DiffractionImage, mask_pixels, runs_of
from beamcanvas.powder.correction.mask import _drawn, _inside
from beamcanvas.task import task_of


def test_each_reason_is_counted(ceo2: DiffractionImage) -> None:
    mask = mask_pixels(ceo2, below=20, above=10_000)
    usable = ceo2.data[~ceo2.mask]
    wanted = ceo2.mask | (ceo2.data < 20) | (ceo2.data > 10_000)
    assert np.array_equal(mask.pixels, wanted)
    assert mask.parts["above"] == (usable > 10_000).sum()
    assert mask.parts["invalid"] == ceo2.mask.sum()
    assert mask.summary.startswith(f"mask, {wanted.sum()} pixels (")


def test_only_what_is_asked_for(ceo2: DiffractionImage) -> None:
    nothing = mask_pixels(ceo2, invalid=False, detector_gaps=False)
    assert not nothing.pixels.any()
    gaps = mask_pixels(ceo2, invalid=False)
    assert np.array_equal(gaps.pixels, ceo2.detector.pyfai().mask.astype(bool))  # type: ignore[union-attr]


def test_a_mask_file(ceo2: DiffractionImage, tmp_path: Path) -> None:
    drawn = np.zeros(ceo2.shape, dtype=np.uint8)
    drawn[10:20, 30:40] = 1
    np.save(tmp_path / "m.npy", drawn)
    mask = mask_pixels(ceo2, invalid=False, detector_gaps=False, file=tmp_path / "m.npy")
    assert np.array_equal(mask.pixels, drawn.astype(bool))


def test_polygons_take_the_pixels_whose_centre_is_inside() -> None:
    box = _inside([[(2, 1), (5, 1), (5, 3), (2, 3)]], (5, 8))
    assert np.argwhere(box).tolist() == [[r, c] for r in (1, 2) for c in (2, 3, 4)]
    outside = _inside([[(-10, -10), (100, -10), (100, 100), (-10, 100)]], (5, 8))
    assert outside.all()
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    circle = np.column_stack([30 + 20 * np.cos(angle), 25 + 20 * np.sin(angle)])
    disc = _inside([[(float(x), float(y)) for x, y in circle]], (50, 60))
    rows, columns = np.mgrid[:50, :60] + 0.5
    assert (disc != (np.hypot(rows - 25, columns - 30) < 20)).sum() < 10


def test_growing(ceo2: DiffractionImage) -> None:
    one = [(500, 100, 101)]
    mask = mask_pixels(ceo2, invalid=False, detector_gaps=False, runs=one, grow=1)
    assert mask.pixels.sum() == 5


@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 12))))
def test_drawn_pixels_survive_as_literals(pixels: np.ndarray) -> None:
    runs = runs_of(pixels)
    assert np.array_equal(_drawn(runs, pixels.shape), pixels)
    assert all(type(number) is int for run in runs for number in run)


def test_settings_of_a_file_are_lists(ceo2: DiffractionImage) -> None:
    settings = {"polygons": [[[2, 1], [5, 1], [5, 3]]], "runs": [[0, 1, 4]], "image": ceo2}
    mask = task_of(mask_pixels).run(settings)["mask"]
    assert mask.parts["drawn"] == 3
    assert mask.parts["polygons"] >= 3
