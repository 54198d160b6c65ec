"""A scan as far as it is integrated: few rows, however long it gets."""

from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.powder.integration.operator import Bins
from beamcanvas.powder.integration.settings import Layout
from beamcanvas.powder.scan import growing
from beamcanvas.powder.scan.growing import HeatMap


def bins(points: int, azimuth_points: int = 0) -> Bins:
    layout = Layout(points=points, azimuth_points=azimuth_points)
    one = np.ones(layout.shape)
    azimuthal = np.arange(azimuth_points, dtype=float) if azimuth_points else None
    return Bins(layout, 0, np.arange(points, dtype=float), azimuthal, one, one)


def test_each_frame_is_a_row_and_one_that_failed_is_empty() -> None:
    heat_map = HeatMap(bins(3), "a.h5::/1.1")
    heat_map.add(0, np.array([1.0, 2.0, np.nan]))
    heat_map.add(1, None)
    found = heat_map.so_far()
    assert found is heat_map.so_far()  # the same while nothing came
    np.testing.assert_array_equal(found.intensity, [[1, 2, np.nan], [np.nan] * 3])
    data = found.nxdata()
    assert [axis.title for axis in data.axes] == ["Frame", "2θ (°)"]
    assert data.mask is not None
    assert data.mask.sum() == 4
    assert found.summary == "scan, 2 frames so far"
    heat_map.add(2, np.zeros(3))
    assert heat_map.so_far() is not found
    assert found.intensity.shape == (2, 3)  # what was handed out stays as it was


def test_cakes_are_averaged_over_azimuth() -> None:
    heat_map = HeatMap(bins(2, 2), "")
    heat_map.add(0, np.array([1.0, 2.0, 3.0, np.nan]))
    np.testing.assert_array_equal(heat_map.so_far().intensity, [[2, 2]])


@pytest.mark.parametrize(("points", "most"), [(4, 1200), (growing._BYTES // 40, 20)])
def test_a_long_scan_shows_every_so_many_frames(points: int, most: int) -> None:
    heat_map = HeatMap(bins(points), "")
    frame = np.zeros(points)
    for number in range(5 * most):
        heat_map.add(number, frame)
    found = heat_map.so_far()
    assert found.frames == 5 * most
    assert most / 2 <= len(found.numbers) <= most
    assert set(np.diff(found.numbers)) == {8}
