"""Several ways to integrate at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    Configuration,
    DiffractionImage,
    Geometry,
    Variants,
    describe_variants,
    integrate_1d,
    integrate_variants,
)


def changes(variants: Variants) -> dict[str, Any]:
    return {row.name: dict(row.changes) for row in variants.rows}


def test_sectors_units_and_points_are_combined() -> None:
    found = describe_variants(
        sectors=2, first=0, named_sectors=["fibre: -10 to 10"], units=["2th_deg", "q_nm^-1"]
    )
    names = ["0° to 180°", "-180° to 0°", "fibre"]
    assert list(changes(found)) == [f"{n}, {u}" for n in names for u in ("2θ (°)", "q (nm⁻¹)")]
    assert changes(found)["fibre, q (nm⁻¹)"] == {
        "azimuth_min": -10.0,
        "azimuth_max": 10.0,
        "unit": "q_nm^-1",
    }
    assert list(changes(describe_variants(points=[500, 1000]))) == ["500 points", "1000 points"]
    assert list(changes(describe_variants(sectors=1, units=["d_A"]))) == ["-180° to 180°"]
    assert found.report[0]["Azimuth"] == "0° to 180°"


@pytest.mark.parametrize(
    "line", ["top: 60 to 120", "top:60..120", "top : 60° – 120°", "top: 60 120"]
)
def test_ways_to_write_a_sector(line: str) -> None:
    expected = {"top": {"azimuth_min": 60.0, "azimuth_max": 120.0}}
    assert changes(describe_variants(named_sectors=[line, "  "])) == expected


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "There is no way to integrate: give sectors, units or points"),
        ({"named_sectors": ["top 60 120"]}, "'top 60 120' is no sector: write 'name: from to'"),
        ({"named_sectors": ["top: 6-0 to 1"]}, "is no sector"),
        ({"named_sectors": ["a: 60 to 20"]}, "azimuth range should go up by at most 360°"),
        ({"named_sectors": ["a: -10 to 185"]}, "can cross 0° or 180°, not both"),
        ({"named_sectors": ["a: 0 to 9", "a: 9 to 20"]}, "Two ways to integrate are named 'a'"),
        ({"points": [0]}, "'points' should be numbers above 0, not 0"),
    ],
)
def test_what_is_no_way(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        describe_variants(**settings)


def test_each_is_what_it_would_be_alone(strip: tuple[DiffractionImage, Geometry]) -> None:
    image, geometry = strip
    ways = describe_variants(sectors=2, units=["q_nm^-1", "d_A"], points=[400])
    found = integrate_variants(image, geometry, ways, error_model="poisson", polarization=0.95)
    assert list(found.patterns) == [row.name for row in ways.rows]
    for row in ways.rows:
        alone = integrate_1d(
            image, geometry, error_model="poisson", polarization=0.95, **row.changes
        )
        pattern = found.patterns[row.name]
        assert pattern.settings == alone.settings
        np.testing.assert_array_equal(pattern.radial, alone.radial)
        np.testing.assert_array_equal(pattern.intensity, alone.intensity)
    plot = found.nxdata()
    assert plot.signal.shape == (2, 400)  # those over the first one's axis
    assert plot.axes[1].unit == "nm⁻¹"


def test_a_configuration_fills_what_the_ways_leave_open(
    ceo2: DiffractionImage, published: Geometry
) -> None:
    said = Configuration(published, {"unit": "q_A^-1", "points": 300, "radial_max": 4.0})
    ways = describe_variants(named_sectors=["top: 60 to 120"], units=["q_A^-1", "2th_deg"])
    found = integrate_variants(ceo2, published, ways, configuration=said)
    over_q, over_angle = found.patterns.values()
    assert len(over_q.radial) == len(over_angle.radial) == 300
    assert over_q.radial.max() < 4.0
    assert over_angle.radial.max() > 20  # limits in another unit don't hold


@pytest.mark.parametrize("middle", [180, 0, -180])
def test_a_sector_is_in_one_piece_wherever_it_is(
    ceo2: DiffractionImage, published: Geometry, middle: int
) -> None:
    """pyFAI counts the azimuth from -180° or from 0°, and loses what lies across."""

    def count(low: float, high: float) -> Any:
        found = integrate_1d(
            ceo2, published, points=300, radial_min=2, radial_max=20, splitting="none",
            azimuth_min=low, azimuth_max=high,
        )  # fmt: skip
        return found.count

    pieces = count(middle - 20, middle) + count(middle, middle + 20)
    np.testing.assert_array_equal(count(middle - 20, middle + 20), pieces)
