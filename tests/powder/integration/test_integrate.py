from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from beamcanvas.powder import (
    DiffractionImage,
    Geometry,
    Mask,
    integrate_1d,
    integrate_2d,
    mask_pixels,
)
from beamcanvas.powder.correction.mask import usable_mask
from beamcanvas.powder.integration.engines import Integrators


def direct(image: DiffractionImage, geometry: Geometry, points: int, **options: object):  # type: ignore[no-untyped-def]
    """pyFAI called as its users call it."""
    integrator = geometry.pyfai()
    mask = usable_mask(image, geometry.detector)
    return integrator.integrate1d(image.data, points, mask=mask, **options)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, {"unit": "2th_deg", "method": ("bbox", "csr", "cython")}),
        (
            {"unit": "q_nm^-1", "error_model": "poisson", "polarization": 0.99},
            {
                "unit": "q_nm^-1",
                "error_model": "poisson",
                "polarization_factor": 0.99,
                "method": ("bbox", "csr", "cython"),
            },
        ),
        (
            {"splitting": "none", "algorithm": "histogram", "solid_angle": False},
            {
                "unit": "2th_deg",
                "correctSolidAngle": False,
                "method": ("no", "histogram", "cython"),
            },
        ),
        (
            {"splitting": "full", "algorithm": "CSC", "radial_min": 5, "radial_max": 25},
            {"unit": "2th_deg", "radial_range": (5, 25), "method": ("full", "csc", "cython")},
        ),
        (
            {"azimuth_min": -90, "azimuth_max": 45, "monitor": 4.0, "reference": 2.0},
            {
                "unit": "2th_deg",
                "azimuth_range": (-90, 45),
                "normalization_factor": 2.0,
                "method": ("bbox", "csr", "cython"),
            },
        ),
    ],
)
def test_the_same_curve_as_pyfai(
    ceo2: DiffractionImage,
    published: Geometry,
    settings: dict[str, object],
    options: dict[str, object],
) -> None:
    ours = integrate_1d(ceo2, published, points=1500, **settings)  # type: ignore[arg-type]
    theirs = direct(ceo2, published, 1500, **options)
    np.testing.assert_allclose(ours.radial, theirs.radial, rtol=1e-6)
    np.testing.assert_allclose(ours.intensity, theirs.intensity, rtol=1e-6)
    if theirs.sigma is None:
        assert ours.sigma is None
    else:
        np.testing.assert_allclose(ours.sigma, theirs.sigma, rtol=1e-6)
    method = options["method"]
    assert ours.engine.lower().endswith(f"{method[1]}, {method[2]}")  # type: ignore[index]


def test_the_same_cake_as_pyfai(ceo2: DiffractionImage, published: Geometry) -> None:
    cake = integrate_2d(ceo2, published, points=200, azimuth_points=90, unit="q_A^-1")
    theirs = published.pyfai().integrate2d(
        ceo2.data,
        200,
        90,
        unit="q_A^-1",
        mask=usable_mask(ceo2, published.detector),
        method=("bbox", "csr", "cython"),
    )
    np.testing.assert_allclose(cake.intensity, theirs.intensity, rtol=1e-6)
    np.testing.assert_allclose(cake.azimuthal, theirs.azimuthal, rtol=1e-6)
    plot = cake.nxdata()
    assert plot.signal.shape == (90, 200)
    assert [axis.title for axis in plot.axes] == ["Azimuth (°)", "q (Å⁻¹)"]
    assert plot.mask is not None
    assert plot.mask.any()  # where the detector does not reach


def test_dark_flat_and_mask_are_applied(ceo2: DiffractionImage, published: Geometry) -> None:
    plain = integrate_1d(ceo2, published, points=500)
    twice = replace(
        ceo2,
        data=np.where(ceo2.mask, ceo2.data, ceo2.data * 2 + 10),
        dark=np.full(ceo2.shape, 10.0),
        flat=np.full(ceo2.shape, 2.0),
    )
    corrected = integrate_1d(twice, published, points=500)
    np.testing.assert_allclose(corrected.intensity, plain.intensity, rtol=1e-5)
    half = Mask(usable_mask(ceo2, published.detector))
    half.pixels[:, :500] = True
    masked = integrate_1d(ceo2, published, half, points=500)
    assert masked.count is not None
    assert plain.count is not None
    assert masked.count.sum() < 0.6 * plain.count.sum()


def test_markers_of_dead_pixels_are_never_intensity(
    ceo2: DiffractionImage, published: Geometry
) -> None:
    nothing = Mask(np.zeros(ceo2.shape, bool))
    pattern = integrate_1d(ceo2, published, nothing, points=500)
    np.testing.assert_array_equal(
        pattern.intensity, integrate_1d(ceo2, published, Mask(ceo2.mask), points=500).intensity
    )


def test_a_pattern_over_d_shows_the_lines(ceo2: DiffractionImage, published: Geometry) -> None:
    pattern = integrate_1d(ceo2, published, unit="d_A", points=4000)
    assert pattern.radial.max() < 60
    strongest = pattern.radial[np.argmax(pattern.intensity)]
    assert strongest == pytest.approx(3.124, abs=0.02)  # CeO2 (111)


def test_lines_are_marked_where_the_peaks_are(strip: tuple[DiffractionImage, Geometry]) -> None:
    image, geometry = strip
    for unit in ("2th_deg", "2th_rad", "q_nm^-1", "q_A^-1"):
        pattern = integrate_1d(image, geometry, points=3000, unit=unit)  # type: ignore[arg-type]
        first = pattern.lines["CeO2"][0]
        near = np.abs(pattern.radial / first - 1) < 0.05
        peak = pattern.radial[near][pattern.intensity[near].argmax()]
        assert peak == pytest.approx(first, rel=2e-3), unit
    assert pattern.nxdata().lines == pattern.lines
    assert integrate_1d(image, geometry, points=100, lines="none").lines == {}
    assert list(integrate_1d(image, geometry, points=100, lines="LaB6").lines) == ["LaB6"]
    assert integrate_1d(image, geometry, points=100, unit="r_mm").lines == {"CeO2": []}


def test_other_settings_between_leave_no_trace(ceo2: DiffractionImage, published: Geometry) -> None:
    first = integrate_1d(ceo2, published, points=300)
    mask = mask_pixels(ceo2, above=100.0)
    integrate_1d(ceo2, published, mask, points=100, unit="q_nm^-1", polarization=0.5)
    integrate_1d(ceo2, published, points=300, polarization=0.9, solid_angle=False)
    again = integrate_1d(ceo2, published, points=300)
    assert np.array_equal(first.intensity, again.intensity)
    assert len(again.radial) == 300


def test_runs_at_the_same_time_do_not_mix(ceo2: DiffractionImage, published: Geometry) -> None:
    geometries = [replace(published, distance=0.2 + 0.01 * i) for i in range(3)]
    alone = [integrate_1d(ceo2, g, points=400).intensity for g in geometries]
    together: dict[tuple[int, int], np.ndarray] = {}

    def work(worker: int) -> None:
        for turn in range(3):
            number = (worker + turn) % 3
            together[worker, number] = integrate_1d(ceo2, geometries[number], points=400).intensity

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 9
    for (_, number), intensity in together.items():
        assert np.array_equal(intensity, alone[number])


def test_integrators_are_kept_and_let_go(published: Geometry) -> None:
    kept = Integrators(kept=2)
    mask = np.zeros((4, 4), dtype=bool)
    with kept.use(published, mask, 1) as first:
        pass
    with kept.use(replace(published, warnings=("x",)), mask, 1) as same:
        assert same is first
    with kept.use(published, ~mask, 1) as other:
        assert other is not first
    with kept.use(published, mask, 2):
        pass
    with kept.use(published, mask, 1) as anew:
        assert anew is not first


def test_words_for_people(ceo2: DiffractionImage, published: Geometry) -> None:
    pattern = integrate_1d(ceo2, published, radial_min=2, radial_max=30)
    assert pattern.summary == "pattern, 2000 points, 2θ 2.007–29.99°"
    assert pattern.settings["points"] == 2000
    assert integrate_2d(ceo2, published, points=10, azimuth_points=9).summary.startswith(
        "cake, 10 × 9 points, 2θ"
    )


SEVERAL_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from beamcanvas.powder.integration.integrate import integrate_1d, integrate_2d
from beamcanvas.powder.types import Detector, DiffractionImage, Geometry

detector = Detector("Detector", (1e-4, 1e-4), (400, 500))
geometry = Geometry(0.1, 0.02, 0.025, 0.01, 0.02, 0.0, 1e-10, detector)
data = np.random.default_rng(0).poisson(100, detector.shape).astype(np.float32)
image = DiffractionImage(data, np.zeros(detector.shape, bool), detector=detector)
def one(n):
    if n % 2:
        return integrate_1d(image, geometry, points=500 + n)
    return integrate_2d(image, geometry, points=100 + n, azimuth_points=36)
with ThreadPoolExecutor(6) as pool:
    print(len(list(pool.map(one, range(24)))))
"""


def test_several_integrate_at_once_where_numexpr_has_one_thread():
    """As in a job queue; pyFAI's shared numexpr formulas then kill a careless process."""
    import os
    import subprocess
    import sys

    environment = {**os.environ, "NUMEXPR_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL_AT_ONCE], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, "24"), done.stderr
