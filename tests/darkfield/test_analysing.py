"""Maps: against formulas written out, published anchors, and other programs' numbers."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import median_filter

from beamcanvas.darkfield import (
    build_volume,
    compute_moments,
    compute_mosaicity,
    compute_strain,
    correct_gradient,
    find_domains,
    fit_rocking_curves,
    keep_levels,
    keep_region,
    kernel_average_misorientation,
    map_reciprocal_space,
    open_scan,
    replace_hot_pixels,
    separate_sources,
    set_pixel_size,
    subtract_background,
    sum_frames,
)
from beamcanvas.darkfield.analyse.moments import median_of_neighbours
from beamcanvas.darkfield.simulated.samples import BRAGG, STRAIN
from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import Progress

from .conftest import DATA, TUTORIAL, stack_of


def by_hand(frames: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Moments in two passes."""
    y, x = frames.astype(np.float64), x[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        total = y.sum(axis=0)
        mean = (x * y).sum(axis=0) / total
        sigma = np.sqrt((y * (x - mean) ** 2).sum(axis=0) / total)
        skew = (y * ((x - mean) / sigma) ** 3).sum(axis=0) / total
        kurt = (y * ((x - mean) / sigma) ** 4).sum(axis=0) / total - 3
    return mean, 2.35482 * sigma, skew, kurt


@pytest.mark.parametrize("sizes", [(60,), (9, 9), (3, 4, 5), (2, 3, 3, 4)])
def test_moments_of_any_number_of_motors(sizes) -> None:
    random = np.random.default_rng(1)
    frames = random.poisson(3, (int(np.prod(sizes)), 9, 7)).astype(np.uint16)
    names = ("ccmth", "chi", "phi", "mu")[-len(sizes) :]
    stack = stack_of(
        frames, **{n: 5 + np.linspace(-1, 2, s) for n, s in zip(names, sizes, strict=True)}
    )
    trembling = stack.positions + random.normal(0, 0.01, stack.positions.shape)
    stack = replace(stack, positions=trembling)
    found = compute_moments(stack)
    for m, name in enumerate(names):
        for what, wanted in zip(
            ("centre of mass", "FWHM", "skewness", "kurtosis"),
            by_hand(frames, trembling[m]),
            strict=True,
        ):
            np.testing.assert_allclose(found.maps[f"{name} {what}"], wanted, rtol=1e-9, atol=1e-10)
    if len(names) > 1:
        a, b = names[0], names[-1]
        x, y = (p[:, None, None] for p in (trembling[0], trembling[-1]))
        total = frames.sum(axis=0)
        wanted = (frames * x * y).sum(axis=0) / total - found.centre(a) * found.centre(b)
        np.testing.assert_allclose(found.maps[f"{a} {b} covariance"], wanted, atol=1e-10)


ANCHORS = {
    "id03_111cells_10x_fscan2d_motordrift.h5": (
        103,
        (50, 50),
        {
            "intensity": 251,
            "chi centre of mass": 0.03162645,
            "chi FWHM": 1.49176018,
            "chi skewness": 1.239778,
            "chi kurtosis": -0.019266,
            "diffry centre of mass": 8.29564926,
            "diffry FWHM": 0.71560083,
            "diffry skewness": 1.487128,
            "diffry kurtosis": 3.334422,
            "chi diffry covariance": 0.0514721619,
        },
    ),
    "id03_fatigue_fscan_mu_rocking.h5": (
        3175,
        (59, 157),
        {
            "intensity": 462817,
            "mu centre of mass": 0.38041210,
            "mu FWHM": 0.06867512,
            "mu skewness": -0.098919,
            "mu kurtosis": -0.513064,
        },
    ),
}


@pytest.mark.parametrize("name", ANCHORS)
def test_published_anchors(shared, name) -> None:
    """Pixels of real scans, with the motors cut to float32 as the numbers were made."""
    ground, pixel, wanted = ANCHORS[name]
    stack = open_scan(shared / name)
    stack = replace(stack, positions=stack.positions.astype(np.float32).astype(np.float64))
    stack = keep_levels(subtract_background(stack, of="number", counts=ground), low=11)
    found = compute_moments(stack)
    for what, value in wanted.items():
        digits = (
            1e-9
            if abs(value) < 1 and "cov" in what
            else 6e-7
            if "ness" in what or "tosis" in what
            else 6e-9
        )
        assert found.maps[what][pixel] == pytest.approx(value, abs=digits), what
    for motor in found.motors:
        frames = stack.treated().rows(0, stack.shape[1])
        hand = by_hand(frames, stack.positions[stack.motors.index(motor)])
        for what, values in zip(
            ("centre of mass", "FWHM", "skewness", "kurtosis"), hand, strict=True
        ):
            np.testing.assert_allclose(
                found.maps[f"{motor} {what}"], values, rtol=1e-9, atol=1e-9, equal_nan=True
            )


@pytest.fixture(scope="module")
def cells():
    """The real scan, treated as the peers' numbers were made."""
    stack = keep_region(
        open_scan(TUTORIAL / "id03_111cells.h5"), left=8, right=40, top=8, bottom=40
    )
    stack = subtract_background(stack, darfix_compatible=True)
    stack = replace_hot_pixels(stack, darfix_compatible=True)
    return keep_levels(stack, low=5, high=400)


@pytest.fixture(scope="module")
def peers():
    return np.load(DATA / "peers.npz")


@pytest.mark.parametrize("compatible", [False, True])
def test_moments_are_darfix_s(cells, peers, compatible) -> None:
    found = compute_moments(cells, darfix_compatible=compatible)
    end = "_smooth" if compatible else ""
    names = {"com": "centre of mass", "fwhm": "FWHM", "skew": "skewness", "kurt": "kurtosis"}
    for motor in ("chi", "diffry"):
        for theirs, ours in names.items():
            np.testing.assert_allclose(
                found.maps[f"{motor} {ours}"], peers[f"{motor}_{theirs}{end}"], rtol=0, atol=1e-12
            )


def test_moments_are_darling_s(cells, peers) -> None:
    """To the float32 of its motors."""
    found = compute_moments(cells)
    mean, covariance = peers["darling_mean"], peers["darling_covariance"]
    for m, motor in enumerate(("chi", "diffry")):
        np.testing.assert_allclose(found.centre(motor), mean[..., m], rtol=3e-7, atol=1e-6)
        variance = (found.maps[f"{motor} FWHM"] / 2.35482) ** 2
        np.testing.assert_allclose(variance, covariance[..., m, m], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        found.maps["chi diffry covariance"], covariance[..., 0, 1], rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("radius", [1, 3])
def test_misorientation_is_darfix_s(cells, peers, radius) -> None:
    moments = compute_moments(cells, darfix_compatible=True)
    found = kernel_average_misorientation(moments, radius=radius, darfix_compatible=True)
    np.testing.assert_allclose(
        found.maps["kernel average misorientation"], peers[f"kam_{radius}"], rtol=1e-9
    )


def test_mosaicity_is_darfix_s(cells, peers) -> None:
    moments = compute_moments(cells, darfix_compatible=True)
    wanted = peers["mosaicity"]
    found = compute_mosaicity(moments, span="map", darfix_compatible=True).colours
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    smooth = compute_mosaicity(moments, span="map").colours
    assert np.abs(smooth - wanted).max() < 2e-3


def test_no_signal_is_no_number(make_stack) -> None:
    frames = np.zeros((6, 3, 3), np.uint16)
    frames[2, 1, 1] = 7  # seen in one position only
    frames[:, 0, 0] = [0, 65535, 65535, 65535, 65535, 0]  # saturated
    found = compute_moments(make_stack(frames, mu=np.linspace(0, 1, 6)))
    assert np.isnan(found.centre("mu")[2, 2])
    assert found.centre("mu")[1, 1] == pytest.approx(0.4)
    assert found.maps["mu FWHM"][1, 1] == 0
    assert np.isnan(found.maps["mu skewness"][1, 1])
    assert found.centre("mu")[0, 0] == pytest.approx(0.5)
    nothing = compute_moments(make_stack(np.zeros((4, 2, 2), np.uint16), mu=np.arange(4.0)))
    assert np.isnan(nothing.centre("mu")).all()
    assert "No pixel has any signal" in nothing.warnings[0]


def test_saturated_frames_are_told(tmp_path, make_stack) -> None:
    from beamcanvas.darkfield import save_stack

    frames = np.random.default_rng(0).poisson(40, (9, 20, 20)).astype(np.uint16)
    frames[:, 3, 3] = 65535  # a broken pixel is no bright beam
    fine = open_scan(save_stack(make_stack(frames, mu=np.arange(9.0)), file=tmp_path / "a.h5"))
    assert compute_moments(fine).warnings == ()
    frames[3:5, 5:9, 5:9] = 65535
    bright = open_scan(save_stack(make_stack(frames, mu=np.arange(9.0)), file=tmp_path / "b.h5"))
    words = "2 of 9 frames have saturated pixels, whose peaks are cut off: leave these out"
    assert words in compute_moments(bright).warnings[0]
    assert words in fit_rocking_curves(bright).warnings[-1]
    assert compute_moments(keep_levels(bright, low=0, high=65534)).warnings == ()


def test_median_of_neighbours() -> None:
    image = np.random.default_rng(0).random((12, 9))
    np.testing.assert_array_equal(
        median_of_neighbours(image), median_filter(image, 3, mode="nearest")
    )
    image[4, 4] = np.nan  # filled from its eight neighbours, the upper of the two in the middle
    around = np.delete(image[3:6, 3:6].ravel(), 4)
    assert median_of_neighbours(image)[4, 4] == np.sort(around)[4]


def test_misorientation_without_the_pixel_itself(make_stack) -> None:
    tilt = np.zeros((5, 4, 4), np.uint16)
    for row in range(4):
        tilt[row, row] = 10  # one step a row
    moments = compute_moments(make_stack(tilt, mu=np.arange(5.0)))
    (found,) = kernel_average_misorientation(moments).maps.values()
    np.testing.assert_allclose(found[1:3, 1:3], 0.5)  # two of four neighbours one step away
    np.testing.assert_allclose(found[0, 0], 0.5)  # of two
    square = kernel_average_misorientation(moments, neighbours="square")
    np.testing.assert_allclose(square.maps["kernel average misorientation"][1, 1], 6 / 8)


def test_colours_and_their_key(grain, grain_frames) -> None:
    moments = compute_moments(keep_levels(subtract_background(grain), low=20))
    found = compute_mosaicity(moments, span="map", threshold=500)
    dark = ~(moments.maps["intensity"] > 500)
    assert dark.any()
    assert not found.colours[dark].any()
    (x0, x1), (y0, y1) = found.ranges
    row, column = np.argwhere(~dark)[37]
    x, y = (c[row, column] for c in found.orientation)
    x, y = 2 * (x - x0) / (x1 - x0) - 1, 2 * (y - y0) / (y1 - y0) - 1
    hue = np.arctan2(y, x) / (2 * np.pi) + 0.5
    wanted = colorsys.hsv_to_rgb(hue, np.hypot(x, y) / np.sqrt(2), 1.0)
    np.testing.assert_allclose(found.colours[row, column], wanted, atol=1e-12)
    treated = keep_levels(subtract_background(grain), low=20).treated().rows(0, 40)
    np.testing.assert_allclose(
        found.distribution, treated.sum(axis=(1, 2)).reshape(9, 9), rtol=1e-6
    )
    turned = compute_mosaicity(moments, across="chi", upwards="diffry", span="scan")
    np.testing.assert_allclose(turned.distribution, found.distribution.T)
    assert turned.ranges[0] == pytest.approx((-0.4, 0.4))
    narrow = compute_mosaicity(moments, span="map", across_range=(-0.01, 0.01))
    assert (narrow.colours == 0.2).all(axis=-1).any()  # grey outside the key
    most = compute_mosaicity(moments, threshold=500)
    assert not (most.colours == 0.2).all(axis=-1).any()
    assert most.ranges[0][0] > found.ranges[0][0]


def test_sums(grain, grain_frames) -> None:
    np.testing.assert_array_equal(sum_frames(grain).images[0], grain_frames.sum(axis=0))
    along = sum_frames(grain, along="diffry")
    np.testing.assert_array_equal(along.images, grain_frames.reshape(9, 9, 40, 36).sum(axis=0))
    assert along.nxdata().axes[0].name == "diffry"


# -- fits


def gaussian(x, background, amplitude, centre, sigma):
    return background + amplitude * np.exp(-0.5 * ((x - centre) / sigma) ** 2)


@pytest.mark.parametrize("background", [0.0, 10.0, 100.0, 500.0])
def test_the_background_does_not_add_to_the_amplitude(make_stack, background) -> None:
    x = np.arange(-1, 1.001, 0.05)
    frames = gaussian(x, background, 1000, 0.123, 0.15)[:, None, None] * np.ones((1, 2, 2))
    found = fit_rocking_curves(make_stack(frames, mu=x))
    assert found.maps["amplitude"] == pytest.approx(1000, rel=1e-4)
    assert found.maps["background"] == pytest.approx(background, abs=0.05)
    assert found.centre("mu") == pytest.approx(0.123, abs=1e-5)
    assert found.maps["mu FWHM"] == pytest.approx(2.35482 * 0.15, rel=1e-4)
    assert found.maps["residual"].max() < 0.05


@pytest.mark.parametrize("motors", [2, 3])
def test_fits_that_lie_askew(make_stack, motors) -> None:
    random = np.random.default_rng(4)
    axes = {
        "ccmth": np.linspace(0, 1, 9),
        "chi": np.linspace(-1, 1, 11),
        "mu": np.linspace(2, 0, 13),
    }
    axes = dict(list(axes.items())[-motors:])
    covariance = np.diag([0.18, 0.22, 0.25][-motors:]) ** 2
    covariance[-1, -2] = covariance[-2, -1] = 0.4 * 0.22 * 0.25
    centre = np.array([0.5, 0.1, 1.1])[-motors:]
    stack = make_stack(np.zeros((int(np.prod([len(a) for a in axes.values()])), 1, 1)), **axes)
    away = stack.positions.T - centre
    curve = 800 * np.exp(-0.5 * np.einsum("ki,ij,kj->k", away, np.linalg.inv(covariance), away))
    frames = random.poisson(curve[:, None, None] + 20 + np.zeros((1, 3, 3))).astype(np.uint16)
    found = fit_rocking_curves(make_stack(frames, **axes))
    assert (found.maps["state"] == 0).all()
    for name, c, variance in zip(axes, centre, np.diag(covariance), strict=True):
        assert found.centre(name) == pytest.approx(c, abs=0.02)
        assert found.maps[f"{name} FWHM"] == pytest.approx(2.35482 * variance**0.5, rel=0.06)
    assert found.maps["chi mu correlation"] == pytest.approx(0.4, abs=0.08)
    model = found.model(1, 1)
    assert np.sqrt(np.mean((model - frames[:, 1, 1]) ** 2)) == pytest.approx(
        found.maps["residual"][1, 1], rel=1e-3
    )


def test_uncertainties_are_those_of_the_covariance(make_stack) -> None:
    from scipy.optimize import curve_fit

    x = np.arange(0, 2, 0.05)
    frames = np.random.default_rng(3).poisson(gaussian(x, 40, 300, 1.0, 0.2)).astype(np.uint16)
    found = fit_rocking_curves(make_stack(frames[:, None, None], mu=x))
    best, covariance = curve_fit(gaussian, x, frames, (40, 300, 1.0, 0.2))
    wanted = dict(
        zip(("background", "amplitude", "mu centre of mass", "mu FWHM"), best, strict=True)
    )
    sigmas = dict(zip(wanted, np.sqrt(np.diag(covariance)), strict=True))
    for name, value in wanted.items():
        scale = 2.35482 if "FWHM" in name else 1
        assert found.maps[name][0, 0] == pytest.approx(scale * value, rel=1e-4)
        assert found.uncertainty(name)[0, 0] == pytest.approx(scale * sigmas[name], rel=1e-3)
        assert found.units[f"{name} uncertainty"] == found.units[name]
    assert found.plot("mu FWHM").errors is found.uncertainty("mu FWHM")


@pytest.mark.parametrize("motors", [2, 3])
def test_uncertainties_are_the_scatter_of_many_fits(make_stack, motors) -> None:
    random = np.random.default_rng(4)
    axes = {"ccmth": np.linspace(0, 1, 7), "chi": np.linspace(-1, 1, 9), "mu": np.linspace(2, 0, 9)}
    axes = dict(list(axes.items())[-motors:])
    covariance = np.diag([0.2, 0.25, 0.3][-motors:]) ** 2
    covariance[-1, -2] = covariance[-2, -1] = 0.5 * 0.25 * 0.3
    number = int(np.prod([len(a) for a in axes.values()]))
    away = make_stack(np.zeros((number, 1, 1)), **axes).positions.T - [0.5, 0.1, 1.1][-motors:]
    curve = 100 + 500 * np.exp(
        -0.5 * np.einsum("ki,ij,kj->k", away, np.linalg.inv(covariance), away)
    )
    frames = (curve[:, None, None] + random.normal(0, 10, (number, 20, 20))).astype(np.float32)
    found = fit_rocking_curves(make_stack(frames, **axes))
    for name in found.maps:
        sigma = found.uncertainty(name)
        if sigma is not None:
            assert np.mean(sigma) == pytest.approx(np.std(found.maps[name]), rel=0.15), name
    assert (
        sum("uncertainty" in name for name in found.maps)
        == 2 + 2 * motors + motors * (motors - 1) // 2
    )


def test_two_peaks(make_stack) -> None:
    x = np.arange(0, 3, 0.05)
    curve = gaussian(x, 30, 900, 1.0, 0.15) + gaussian(x, 0, 400, 2.0, 0.2)
    frames = np.random.default_rng(0).poisson(curve[:, None, None] * np.ones((1, 4, 4)))
    found = fit_rocking_curves(make_stack(frames.astype(np.uint16), mu=x), peaks=3)
    assert (found.maps["peaks"] == 2).all()
    assert found.centre("mu") == pytest.approx(1.0, abs=0.02)
    assert found.maps["mu centre of mass 2"] == pytest.approx(2.0, abs=0.05)
    assert found.maps["amplitude 2"] == pytest.approx(400, rel=0.15)
    assert (found.uncertainty("amplitude 2") < 40).all()
    assert np.isnan(found.maps["amplitude 3"]).all()


def test_pixels_that_cannot_be_fitted(make_stack) -> None:
    x = np.linspace(0, 1, 30)
    frames = np.zeros((30, 1, 3))
    frames[:, 0, 0] = 5
    frames[:, 0, 1] = np.exp(6 * x)  # rises to the end
    frames[:, 0, 2] = gaussian(x, 5, 500, 0.5, 0.1)
    found = fit_rocking_curves(make_stack(frames, mu=x))
    assert found.maps["state"][0, 0] == 1
    assert found.maps["state"][0, 1] != 0
    assert found.maps["state"][0, 2] == 0
    assert np.isnan(found.centre("mu")[0, :2]).all()
    assert found.model(0, 0) is None


def test_a_real_rocking_scan() -> None:
    stack = open_scan(TUTORIAL / "id03_fatigue.h5")
    found = fit_rocking_curves(stack, least=300)
    fitted = found.maps["state"] == 0
    assert fitted.mean() > 0.75
    assert 0.3 < np.nanmedian(found.centre("mu")) < 0.43
    assert np.nanmin(found.maps["background"]) >= 0


def test_cancelling_a_fit(grain) -> None:
    with pytest.raises(Cancelled):
        fit_rocking_curves(grain, progress=Progress(None, lambda: True))


# -- strain, volume, the rest


def test_strain_by_moments_and_by_fits() -> None:
    stack = open_scan(TUTORIAL / "strained_simulated.h5")
    stack = keep_levels(replace_hot_pixels(subtract_background(stack)), low=25)
    row = np.linspace(-1, 1, 80)[:, None] * STRAIN
    for result in (compute_moments(stack), fit_rocking_curves(stack, least=60)):
        strain = compute_strain(result, reference="given", position=BRAGG, motor="ccmth")
        found = strain.maps["strain"]
        away = (found - row)[np.isfinite(found)]
        assert np.abs(np.median(away)) < 1e-5
        assert np.median(np.abs(away)) < 3e-5


@pytest.mark.parametrize("motor", ["ccmth", "obpitch", "energy"])
def test_formulas_of_strain(make_stack, motor) -> None:
    zero = {"ccmth": 6.68, "obpitch": 20.0, "energy": 17.0}[motor]
    frames = np.zeros((3, 1, 3), np.uint16)
    for k in range(3):
        frames[k, 0, k] = 9
    moments = compute_moments(make_stack(frames, **{motor: zero + np.array([-1e-3, 0, 1e-3])}))
    first = compute_strain(moments).maps["strain"][0]
    exact = compute_strain(moments, exact=True).maps["strain"][0]
    d = np.radians(1e-3)
    wanted = {
        "ccmth": d / np.tan(np.radians(zero)),
        "obpitch": -d / (2 * np.tan(np.radians(zero / 2))),
        "energy": -1e-3 / zero,
    }[motor]
    np.testing.assert_allclose(first, [-wanted, 0, wanted], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(exact, first, rtol=2e-4, atol=1e-15)


def test_gradient_of_the_lens(grain) -> None:
    fixed = {"obx": 263.13, "mainx": -5000.0, "obpitch": 17.9, "ffz": 1600.0}
    stack = set_pixel_size(replace(grain, fixed=fixed), optical=3.25)
    moments = compute_moments(stack)
    corrected = correct_gradient(moments)
    x = -moments.axes[1].values * 1e-3  # to the right in the image, which is mirrored
    pitch = np.radians(17.9)
    tilt = np.degrees(np.cos(pitch) / 263.13 * x / (2 * np.sin(pitch / 2)))
    difference = moments.centre("chi") - corrected.centre("chi")
    np.testing.assert_allclose(difference, np.broadcast_to(tilt, (40, 36)), atol=1e-12)
    with pytest.raises(InputError, match="set the pixel size first"):
        correct_gradient(compute_moments(grain))


@pytest.mark.parametrize("method", ["PCA", "NMF", "NICA", "NICA+NMF"])
def test_sources_that_overlap(make_stack, method) -> None:
    random = np.random.default_rng(0)
    images = np.zeros((2, 16, 16))
    images[0, 2:10, 2:10] = 1 + random.random((8, 8))
    images[1, 7:14, 7:14] = 1 + random.random((7, 7))
    x = np.arange(40)
    curves = np.stack([gaussian(x, 0, 50, 12, 3), gaussian(x, 0, 40, 26, 4)])
    frames = np.einsum("ck,cyx->kyx", curves, images) + 0.2 * random.random((40, 16, 16))
    found = separate_sources(make_stack(frames, mu=np.linspace(0, 1, 40)), method=method, number=2)
    assert found.images.shape == (2, 16, 16)
    assert found.curves.shape == (40, 2)
    if method != "PCA":
        likeness = np.abs(np.corrcoef(found.images.reshape(2, -1), images.reshape(2, -1)))[:2, 2:]
        assert sorted(likeness.argmax(axis=1)) == [0, 1]
        assert likeness.max(axis=1).min() > 0.95
        assert (found.images >= 0).all()
    assert found.shares[:2].sum() > 0.8 * found.shares.sum() or method == "PCA"


def test_domains(make_stack) -> None:
    frames = np.zeros((9, 12, 12), np.uint16)
    frames[1, :5] = 50
    frames[4, 5:9] = 50
    frames[7, 9:, :6] = 50
    moments = compute_moments(make_stack(frames, mu=np.arange(9.0)))
    found = find_domains(moments, number=3)
    domain = found.maps["domain"]
    assert (domain[:5] == 1).all()  # the largest first
    assert (domain[5:9] == 2).all()
    assert (domain[9:, :6] == 3).all()
    assert np.isnan(domain[9:, 6:]).all()
    assert found.maps["mu of the domain"][6, 3] == 4


def test_layers() -> None:
    stack = open_scan(TUTORIAL / "layers_simulated.h5", scan="1", to="7")
    stack = keep_levels(replace_hot_pixels(subtract_background(stack)), low=25)
    volume = build_volume(set_pixel_size(stack))
    assert volume.maps["chi centre of mass"].shape == (7, 48, 48)
    assert volume.maps["mosaicity"].shape == (7, 48, 48, 3)
    np.testing.assert_allclose(volume.axes[0].values, 730 + 2 * np.arange(7), atol=1e-6)
    alone = open_scan(TUTORIAL / "layers_simulated.h5", scan="4")
    alone = keep_levels(replace_hot_pixels(subtract_background(alone)), low=25)
    np.testing.assert_allclose(
        volume.maps["chi centre of mass"][3], compute_moments(alone).centre("chi"), rtol=1e-6
    )
    area = (volume.maps["intensity"] > 500).sum(axis=(1, 2))
    assert area[3] > 1.3 * area[0]  # a grain is thickest in the middle
    assert area[3] > 1.3 * area[6]


@pytest.mark.parametrize(
    ("frame", "boxes", "mean", "first"),
    [
        ("relative", 1010, 4.806715348282044, -0.07774875),
        ("lattice", 2261, 5.981823212971409, 1.38230221),
    ],
)
def test_reciprocal_space_is_darfix_s(shared, frame, boxes, mean, first) -> None:
    """What darfix 7.0.2 gave for this scan, whose frames are a stand-in."""
    stack = open_scan(shared / "darfix_316H_RSM_diffry.h5")
    assert "161 positions" in stack.warnings[0]
    given = {"hkl": (1, 0, 1), "lattice": 4.08, "pixel": 51, "energy": 17, "normal": (0, 1, 0)}
    found = map_reciprocal_space(stack, **given, boxes=30, frame=frame, darfix_compatible=True)
    assert np.isfinite(found.intensity).sum() == boxes
    assert np.nanmean(found.intensity) == pytest.approx(mean, rel=1e-12)
    assert found.axes[0].values[0] == pytest.approx(first, abs=1e-8)
    exact = map_reciprocal_space(stack, **given, boxes=30, frame=frame)
    assert exact.axes[0].values[0] == pytest.approx(first, rel=0.02)
    assert exact.axes[0].values[0] != found.axes[0].values[0]


# -- what is wrong, in one sentence


def test_wrong_words(grain, make_stack) -> None:
    moments = compute_moments(grain)
    line = compute_moments(make_stack(np.ones((4, 3, 3), np.uint16), mu=np.arange(4.0)))
    for call, words in (
        (lambda: compute_mosaicity(line), "Only mu moved"),
        (lambda: compute_mosaicity(moments, across="mu"), "'mu' did not move"),
        (lambda: compute_mosaicity(moments, across="chi", upwards="chi"), "both across and"),
        (lambda: compute_mosaicity(moments, across_range=(1, 1)), "is empty"),
        (lambda: compute_mosaicity(moments, threshold=1e12), "No pixel's intensity"),
        (lambda: compute_strain(moments), "Strain needs a scan of ccmth"),
        (lambda: build_volume(line.stack), "of layers and of at least one motor"),
        (lambda: find_domains(line, number=20), "make no 20 domains"),
        (lambda: separate_sources(grain, number=82), "hold no 82 components"),
        (lambda: separate_sources(replace(grain, limit=10)), "allow more"),
        (lambda: sum_frames(grain, along="x"), "did not move"),
        (lambda: map_reciprocal_space(grain), "a scan of diffry alone"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    four = make_stack(
        np.ones((16, 2, 2)), a=np.arange(2.0), b=np.arange(2.0), c=np.arange(2.0), d=np.arange(2.0)
    )
    with pytest.raises(InputError, match="4 motors moved"):
        fit_rocking_curves(four)
