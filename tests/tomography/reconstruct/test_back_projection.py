"""Slices against an analytic body, and against nabu's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress
from beamcanvas.tomography.reconstruct.fourier import reconstruct_centres, reconstruct_fourier
from beamcanvas.tomography.reconstruct.geometry import slice_geometry
from beamcanvas.tomography.reconstruct.gridding import reconstruct_gridding
from beamcanvas.tomography.reconstruct.interpolating import reconstruct_interpolating
from beamcanvas.tomography.simulated.phantom import line_integrals, slice_of

WAYS = [reconstruct_fourier, reconstruct_gridding, reconstruct_interpolating]
Way = Callable[..., Any]
NABU = np.load(Path(__file__).parents[1] / "data" / "nabu_fbp.npz")


def inside(size: int, share: float = 0.85) -> Any:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.hypot(x, y) < share * size / 2


def closeness(slices: Any, truth: Any) -> tuple[float, float]:
    """Ratio of the means, and the correlation, where the detector saw all."""
    seen = inside(truth.shape[-1])
    return (
        float(slices[..., seen].mean() / truth[..., seen].mean()),
        float(np.corrcoef(slices[..., seen].ravel(), truth[..., seen].ravel())[0, 1]),
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("span", "count", "centre"), [(180, 200, 63.5), (180, 181, 68.75), (360, 401, 60.1)]
)
def test_a_known_body_comes_out_upright_and_in_its_values(
    way: Way, span: float, count: int, centre: float
) -> None:
    size, rows = 128, 3
    angles = np.radians(np.linspace(0, span, count))
    seen = line_integrals(angles, (rows, size), centre, size / 2 - 8)
    truth = np.stack([slice_of(r, rows, size, size / 2 - 8) for r in range(rows)])
    slices = way(seen.swapaxes(0, 1), slice_geometry(angles, size, centre))
    ratio, likeness = closeness(slices, truth)
    assert ratio == pytest.approx(1, abs=0.005)
    assert likeness > 0.97
    for other in (slices[:, ::-1], slices[:, :, ::-1], slices.transpose(0, 2, 1)):
        assert closeness(other, truth)[1] < likeness - 0.02


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("centre", [105.3, 22.7])
def test_half_acquisition_keeps_the_values(way: Way, centre: float) -> None:
    width = 128
    angles = np.radians(np.linspace(0, 360, 600, endpoint=False))
    reach = max(centre, width - 1 - centre) - 6
    seen = line_integrals(angles, (1, width), centre, reach)
    geometry = slice_geometry(angles, width, centre, half=True)
    size = geometry.shape[0]
    assert size == 2 * width - int(2 * min(centre, width - 1 - centre))
    ratio, likeness = closeness(way(seen.swapaxes(0, 1), geometry)[0], slice_of(0, 1, size, reach))
    assert ratio == pytest.approx(1, abs=0.005)
    assert likeness > 0.97


@pytest.mark.parametrize("way", WAYS)
def test_angles_may_come_in_any_order_and_density(way: Way) -> None:
    size = 96
    rng = np.random.default_rng(1)
    golden = np.mod(np.arange(233) * (np.sqrt(5) - 1) / 2, 1) * np.pi
    dense = np.concatenate([np.linspace(0, 1, 150), np.linspace(1.01, np.pi, 150)])
    for angles in (rng.permutation(golden), rng.permutation(dense)):
        seen = line_integrals(angles, (1, size), 47.5, size / 2 - 6)
        ratio, likeness = closeness(
            way(seen.swapaxes(0, 1), slice_geometry(angles, size, 47.5))[0],
            slice_of(0, 1, size, size / 2 - 6),
        )
        assert ratio == pytest.approx(1, abs=0.005)
        assert likeness > 0.95


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("low", "high"), [(40, 43), (40, 55), (-1, 6)])
def test_values_stay_where_angles_are_left_out(way: Way, low: float, high: float) -> None:
    size = 96
    degrees = np.arange(360) / 2
    angles = np.radians(degrees[(degrees < low) | (degrees > high)])
    seen = line_integrals(angles, (1, size), 47.5, size / 2 - 6)
    ratio, likeness = closeness(
        way(seen.swapaxes(0, 1), slice_geometry(angles, size, 47.5))[0],
        slice_of(0, 1, size, size / 2 - 6),
    )
    assert ratio == pytest.approx(1, abs=0.005)
    assert likeness > 0.95


CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("ramlak_edges", 86.0, {}),
    ("hann_half_zeros", 84.25, {"filter": "hann", "cutoff": 0.5, "padding": "zeros"}),
    ("not_centred", 86.0, {"filter": "shepp-logan"}),
    ("tukey", 86.0, {"filter": "tukey"}),
    ("hilbert", 86.0, {"filter": "hilbert"}),
    ("moving_axis", 86.0 + np.linspace(-1, 1, 91), {}),
]


@pytest.mark.parametrize(("name", "centre", "options"), CASES, ids=[c[0] for c in CASES])
def test_equals_nabu(name: str, centre: Any, options: dict[str, Any]) -> None:
    expected = NABU[name]
    geometry = slice_geometry(
        NABU["angles"], 160, centre, region=(48, 111, 40, 103), centred=name != "not_centred"
    )
    slices = reconstruct_interpolating(NABU["sinogram"][None], geometry, even=True, **options)
    assert np.abs(slices[0] - expected).max() < (1e-3 if name == "hilbert" else 2e-5) * (
        expected.std()
    )
    # the Fourier way: the same sharpness, the same noise, the same values
    fast = reconstruct_fourier(NABU["sinogram"][None], geometry, **options)[0]
    many = reconstruct_gridding(NABU["sinogram"][None], geometry, **options)[0]
    assert np.std(many - fast) < 2e-3 * fast.std()
    fast *= NABU["angles"].size / (NABU["angles"].size - 1)  # nabu counts both ±90° in full
    assert np.std(fast - expected) < 0.06 * expected.std()
    assert np.std(fast) == pytest.approx(np.std(expected), rel=0.02)


@pytest.mark.parametrize("rows", [1, 2, 16, 19])
@pytest.mark.parametrize("region", [None, (3, 40, 10, 30)])
def test_side_by_side_slices_are_those_two_by_two(rows: int, region: Any) -> None:
    rng = np.random.default_rng(3)
    seen = rng.random((rows, 50, 45), dtype=np.float32)
    angles = rng.permutation(np.linspace(0, 2 * np.pi, 50))
    geometry = slice_geometry(angles, 45, 20.25, region=region)
    many = reconstruct_gridding(seen, geometry, threads=2)
    two = reconstruct_fourier(seen, geometry)
    assert np.std(many - two) < 2e-3 * two.std()


def test_many_rows_are_each_reconstructed_alone() -> None:
    rng = np.random.default_rng(2)
    seen = rng.random((5, 40, 48), dtype=np.float32)
    geometry = slice_geometry(np.linspace(0, np.pi, 40, endpoint=False), 48, 22.5)
    for way in WAYS:
        together = way(seen, geometry, threads=2)
        alone = np.concatenate([way(seen[r : r + 1], geometry) for r in range(5)])
        assert np.abs(together - alone).max() < 2e-3 * together.std()


@pytest.mark.parametrize("half", [False, True])
def test_slices_at_many_centres_are_those_at_each(half: bool) -> None:
    size = 64
    angles = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    seen = line_integrals(angles, (1, size), 50.0, 28.0)
    geometry = slice_geometry(angles, size, 50.0, half=half)
    centres = [49.0, 50.0, 51.5]
    many = reconstruct_centres(seen[:, 0], geometry, centres)
    for centre, found in zip(centres, many, strict=True):
        there = slice_geometry(angles, size, centre, half=half)
        alone = reconstruct_fourier(seen.swapaxes(0, 1), there)[0]
        trim = (geometry.shape[0] - alone.shape[0]) // 2
        if geometry.shape == alone.shape:
            assert np.abs(found - alone).max() < 2e-3 * np.abs(alone).max()
        else:
            assert half
            assert abs(trim) <= 2


def test_a_centre_off_the_detector_is_told() -> None:
    with pytest.raises(InputError, match=r"axis at 64\.5 px is outside .* columns 0 to 63"):
        slice_geometry(np.zeros(4), 64, 64.5)
    with pytest.raises(InputError, match=r"region x 0 to 64, .* 64 × 64"):
        slice_geometry(np.zeros(4), 64, 30.0, region=(0, 64, 0, 3))


@pytest.mark.parametrize("way", WAYS)
def test_it_stops_when_asked(way: Way) -> None:
    seen = np.zeros((4, 100, 200), np.float32)
    geometry = slice_geometry(np.linspace(0, np.pi, 100), 200)
    with pytest.raises(Cancelled):
        way(seen, geometry, progress=Progress(is_cancelled=lambda: True))
