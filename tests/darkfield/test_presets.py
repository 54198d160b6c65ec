"""With `darfix compatible` on, what darfix 7.0.2 made of the same frames (data/peers.npz)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beamcanvas.darkfield import (
    DarkfieldStack,
    Dimension,
    bin_pixels,
    compute_moments,
    compute_strain,
    correct_drift,
    correct_gradient,
    find_domains,
    fit_rocking_curves,
    keep_levels,
    keep_region,
    keep_weak_beam,
    open_scan,
    replace_hot_pixels,
    separate_sources,
    set_pixel_size,
    subtract_background,
    sum_frames,
)
from beamcanvas.darkfield.analyse.moments import Moments
from beamcanvas.errors import InputError

from .conftest import DATA, TUTORIAL, stack_of


@pytest.fixture(scope="module")
def peers():
    return np.load(DATA / "peers.npz")


@pytest.fixture(scope="module")
def raw() -> DarkfieldStack:
    scan = open_scan(TUTORIAL / "id03_111cells.h5")
    return keep_region(scan, left=8, right=40, top=8, bottom=40)


@pytest.fixture(scope="module")
def cells(raw) -> DarkfieldStack:
    """Treated as the peers' numbers were made."""
    stack = subtract_background(raw, darfix_compatible=True)
    stack = replace_hot_pixels(stack, darfix_compatible=True)
    return keep_levels(stack, low=5, high=400)


@pytest.fixture(scope="module")
def moments(cells) -> Moments:
    return compute_moments(cells)


@pytest.mark.parametrize("size", [2, 3])
def test_binning(cells, peers, size) -> None:
    stack = bin_pixels(keep_region(cells, right=30), size=size, darfix_compatible=True)
    found = stack.treated().frames(range(60))
    np.testing.assert_array_equal(found, peers[f"rescaled_{size}"])
    rows = stack.shape[1]
    parts = [stack.treated().rows(k, min(k + 3, rows))[:60] for k in range(0, rows, 3)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), found)


def test_binned_pixels_know_their_size(cells) -> None:
    known = set_pixel_size(keep_region(cells, right=31), magnification=1.0, optical=1.0)
    binned = bin_pixels(known, size=2, darfix_compatible=True)
    assert binned.shape[1:] == (16, 16)
    x = binned.pixel_axes[1].values
    assert x[0] - x[1] == pytest.approx(31 / 16)
    assert x[0] == pytest.approx(-x[-1])


def test_moved_frames(raw, peers) -> None:
    lit = np.maximum(raw.treated().frames(range(60)), 1)
    stack = stack_of(lit, frame=np.arange(60.0))
    moved = correct_drift(stack, dy=0.0123, dx=-0.0345, darfix_compatible=True).stack
    np.testing.assert_array_equal(moved.treated().frames(range(60)), peers["moved"])


FITS = {
    "Amplitude": "amplitude",
    "COM diffry": "diffry centre of mass",
    "FWHM diffry": "diffry FWHM",
    "COM chi": "chi centre of mass",
    "FWHM chi": "chi FWHM",
    "COM mu": "mu centre of mass",
    "FWHM mu": "mu FWHM",
    "Correlation chi-diffry": "chi diffry correlation",
    "Residuals": "residual",
}


@pytest.mark.parametrize("motors", [1, 2])
def test_fits(cells, peers, motors) -> None:
    """Amplitudes and residuals with darfix's background in them, moments where it fails."""
    if motors == 1:
        scan = open_scan(TUTORIAL / "id03_fatigue.h5")
        stack = keep_region(scan, left=30, right=42, top=20, bottom=28)
    else:
        stack = keep_region(cells, left=12, right=20, top=10, bottom=18)
    found = fit_rocking_curves(stack, darfix_compatible=True)
    for theirs, ours in FITS.items():
        if f"fit{motors}_{theirs}" in peers:
            wanted = peers[f"fit{motors}_{theirs}"]
            np.testing.assert_allclose(found.maps[ours], wanted, rtol=1e-10, atol=1e-12)
    fitted = found.maps["state"] == 0
    np.testing.assert_array_equal(fitted, peers[f"fit{motors}_Fit successful"] == 1)
    row, column = np.argwhere(fitted)[0]
    model = found.model(row, column)
    away = stack.treated().curve(row, column) - model
    assert found.maps["residual"][row, column] == pytest.approx(np.sqrt((away**2).mean()), rel=1e-5)
    with pytest.raises(InputError, match="set the peaks to 1"):
        fit_rocking_curves(stack, peaks=2, darfix_compatible=True)


@pytest.mark.parametrize("method", ["PCA", "NICA", "NMF", "NICA+NMF"])
def test_sources(cells, peers, method) -> None:
    some = keep_region(cells, left=10, right=26, top=10, bottom=26)
    frames = some.treated().rows(0, 16)[:481].copy()
    stack = stack_of(frames, frame=np.arange(481.0))
    found = separate_sources(stack, method=method, number=3, darfix_compatible=True)
    name = method.replace("+", "_")
    # darfix's NMF starts from random vectors; NICA turns by what rounding makes of degenerate axes
    far = {"PCA": 1e-11, "NMF": 1e-7}.get(method, 2e-3)
    images, curves = peers[f"{name}_images"], peers[f"{name}_curves"]
    np.testing.assert_allclose(found.images.reshape(3, -1), images, atol=far * images.max())
    np.testing.assert_allclose(found.curves, curves, atol=far * curves.max())


def test_domains(moments, peers) -> None:
    ours = find_domains(moments, number=4).maps["domain"].ravel()
    assert len(set(zip(ours.tolist(), peers["domains"].tolist(), strict=True))) == 4


def test_gradient_of_the_lens(cells, peers) -> None:
    fixed = {"obpitch": 17.9, "obx": 263.13, "mainx": -5000.0, "ffz": 1600.0}
    known = replace(cells, fixed=fixed)
    moments = compute_moments(set_pixel_size(known, optical=1.5, magnification=1.0))
    corrected = correct_gradient(moments).centre("chi")
    np.testing.assert_allclose(corrected, peers["gradient_chi"], atol=1e-12)
    ccmth = replace(
        moments,
        maps={"ccmth centre of mass": moments.centre("chi")},
        dimensions=(Dimension("ccmth", 3, 0.0, 1.0),),
    )
    corrected = correct_gradient(ccmth, motor="ccmth").centre("ccmth")
    np.testing.assert_allclose(corrected, peers["gradient_ccmth"], atol=1e-12)


@pytest.mark.parametrize("motor", ["ccmth", "obpitch"])
def test_strain(moments, peers, motor) -> None:
    scan = replace(
        moments,
        maps={f"{motor} centre of mass": moments.centre("diffry")},
        dimensions=(Dimension(motor, 3, 0.0, 1.0),),
    )
    strain = compute_strain(scan).maps["strain"]
    np.testing.assert_allclose(strain, peers[f"strain_{motor}"], atol=1e-12)


def test_weak_beam(cells, peers) -> None:
    found = sum_frames(keep_weak_beam(cells, factor=1.5)).images[0]
    np.testing.assert_array_equal(found, peers["weak_sum"])
