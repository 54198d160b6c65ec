from __future__ import annotations

import re
from dataclasses import fields, replace
from math import degrees
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.errors import Cancelled
from beamcanvas.powder import (
    Calibrated,
    DiffractionImage,
    Geometry,
    Setup,
    calibrate,
    describe_experiment,
    integrate_1d,
    open_image,
    refine_geometry,
)
from beamcanvas.powder.calibration import geometry_search
from beamcanvas.powder.calibration.rings import (
    PixelPositions,
    from_beam,
    parameters_of,
    ring_line,
    to_beam,
    two_theta,
)
from beamcanvas.powder.experiment.detectors import named_detector
from beamcanvas.powder.types import HC
from beamcanvas.task import Progress


def peak_residual(image: DiffractionImage, geometry: Geometry, setup: Setup) -> float:
    """Rms distance in degrees of the peaks that pyFAI's pattern has from the lines.

    Independent of the calibration's own measure: centroids of an integration by pyFAI.
    """
    lines = np.degrees(setup.calibrant.two_theta(setup.wavelength, 0.55))
    pattern = integrate_1d(image, geometry, points=3000)
    x, y = pattern.radial, pattern.intensity
    off = []
    for number, line in enumerate(lines):
        others = np.abs(np.delete(lines, number) - line).min()
        reach = min(0.45 * others, 0.25)
        if line + reach > 30.0:
            continue
        near = np.abs(x - line) < reach
        level = np.interp(x[near], x[near][[0, -1]], [y[near][:3].mean(), y[near][-3:].mean()])
        core = np.abs(x[near] - line) < min(reach, 0.12)
        weight = (y[near] - level)[core]
        off.append(float(weight @ x[near][core] / weight.sum() - line))
    assert len(off) == 16
    return float(np.sqrt(np.mean(np.square(off))))


def simulated(
    detector: str, calibrant: str, energy: float, placement: tuple[float, ...]
) -> tuple[DiffractionImage, Geometry]:
    """An image by pyFAI with counting noise, and its geometry.

    `placement` is the distance in m, the beam's x and y in pixels, and rotations in degrees.
    """
    from pyFAI.calibrant import get_calibrant

    known = named_detector(detector)
    distance, x, y, rot1, rot2 = placement
    pixel = known.pixel_size[0]
    wavelength = HC / energy
    parameters = from_beam(
        np.array([distance, y * pixel, x * pixel, *np.radians([rot1, rot2]), wavelength])
    )
    truth = Geometry(*parameters[:5], rot3=0.0, wavelength=wavelength, detector=known)
    powder = get_calibrant(calibrant)
    powder.wavelength = wavelength
    ideal = powder.fake_calibration_image(truth.pyfai(), W=np.radians(0.1 / 2.355) ** 2 * 5.545)
    noisy = np.random.default_rng(1).poisson(ideal / ideal.max() * 300 + 20).astype(np.int32)
    return DiffractionImage(noisy, np.zeros(noisy.shape, dtype=bool), detector=known), truth


def test_ceo2_from_header_distance_and_image_centre(
    ceo2: DiffractionImage, setup: Setup, calibrated: Calibrated, published: Geometry
) -> None:
    geometry, calibration = calibrated
    assert calibration.trusted, calibration.reason
    assert not calibration.warnings
    assert geometry.distance == pytest.approx(published.distance, abs=50e-6)
    for found, wanted in zip(geometry.beam_centre, published.beam_centre, strict=True):
        assert found == pytest.approx(wanted, abs=0.3)
    assert degrees(geometry.rot1) == pytest.approx(degrees(published.rot1), abs=0.05)
    assert degrees(geometry.rot2) == pytest.approx(degrees(published.rot2), abs=0.05)
    assert geometry.wavelength == setup.wavelength
    assert calibration.peak_residual < 0.002
    assert peak_residual(ceo2, geometry, setup) < 0.002
    assert peak_residual(ceo2, geometry, setup) < peak_residual(ceo2, published, setup)


def test_the_published_geometry_is_for_the_image_upside_down(
    ceo2: DiffractionImage, setup: Setup, published: Geometry
) -> None:
    assert peak_residual(ceo2, published, setup) < 0.004
    assert peak_residual(ceo2, published.flipped(), setup) > 0.02


def test_twice_the_same_numbers(
    ceo2: DiffractionImage, setup: Setup, calibrated: Calibrated
) -> None:
    again = calibrate(ceo2, setup)
    assert again.geometry == calibrated.geometry
    assert again.calibration.uncertainties == calibrated.calibration.uncertainties


def test_the_evidence_of_a_calibration(calibrated: Calibrated) -> None:
    calibration = calibrated.calibration
    assert calibration.share_on_rings > 0.8 > 0.2 > calibration.share_by_chance
    assert set(calibration.uncertainties) == {"distance", "poni1", "poni2", "rot1", "rot2"}
    assert 0 < calibration.uncertainties["distance"] < 20e-6
    seen = [ring for ring in calibration.rings if ring.points]
    assert len(seen) == 17
    assert all(degrees(ring.residual) < 0.01 for ring in seen)
    for ring in seen:  # where it was found is on the line that is drawn
        on = ring.line[np.isfinite(ring.line[:, 0])]
        nearest = np.hypot(*(ring.found[:, None] - on).T).min(axis=0)
        assert np.median(nearest) < 2.5
    places, off = calibration.residual_map()
    assert len(places) == len(off) == sum(ring.points for ring in seen)
    first = off[: seen[0].points]
    assert np.sqrt(np.mean(first**2)) == pytest.approx(degrees(seen[0].residual), rel=1e-6)
    residuals = calibration.residuals
    assert residuals.signal.shape == (17,)
    assert residuals.axes[0].title == "2θ (°)"
    assert calibration.report["Distance"].startswith("208.67")
    assert "17 rings" in calibration.summary


@pytest.mark.parametrize("move", [(-40.0, 30.0)])
def test_rough_beam_centres(
    ceo2: DiffractionImage, setup: Setup, calibrated: Calibrated, move: tuple[float, float]
) -> None:
    x, y = calibrated.geometry.beam_centre
    geometry, _ = calibrate(ceo2, setup, centre_x=x + move[0], centre_y=y + move[1])
    assert geometry.distance == pytest.approx(calibrated.geometry.distance, abs=10e-6)
    assert geometry.beam_centre == pytest.approx((x, y), abs=0.1)


def test_what_is_held_fixed_stays_exactly(ceo2: DiffractionImage, setup: Setup) -> None:
    geometry, calibration = calibrate(
        ceo2, setup, distance=208.67, fixed=["distance", "energy", "tilt"]
    )
    assert geometry.distance == 208.67 / 1e3
    assert (geometry.rot1, geometry.rot2, geometry.rot3) == (0.0, 0.0, 0.0)
    assert geometry.wavelength == setup.wavelength
    assert set(calibration.uncertainties) == {"poni1", "poni2"}
    assert not calibration.trusted  # the detector is tilted


def test_the_energy_can_be_refined(ceo2: DiffractionImage, setup: Setup) -> None:
    wrong = replace(setup, wavelength=setup.wavelength * 1.0015)
    geometry, calibration = calibrate(ceo2, wrong, fixed=[])
    assert calibration.trusted
    assert geometry.energy == pytest.approx(30.4929, rel=5e-4)
    assert "wavelength" in calibration.uncertainties


def test_few_rings_are_judged_by_their_own_pixels(ceo2: DiffractionImage, setup: Setup) -> None:
    geometry, calibration = calibrate(ceo2, setup, rings=4)
    assert calibration.trusted, calibration.reason
    assert {ring.number for ring in calibration.rings} <= {1, 2, 3, 4}
    assert geometry.distance == pytest.approx(0.20867, abs=50e-6)


@pytest.mark.parametrize("upside_down", [False, True])
def test_refining_a_geometry_that_is_nearly_right(
    ceo2: DiffractionImage,
    setup: Setup,
    published: Geometry,
    calibrated: Calibrated,
    upside_down: bool,
) -> None:
    start = replace(published, distance=0.2095, rot1=published.rot1 + 0.004)
    start = start.flipped() if upside_down else start
    geometry, calibration = refine_geometry(ceo2, setup, start)
    assert calibration.trusted, calibration.reason
    assert geometry.distance == pytest.approx(calibrated.geometry.distance, abs=10e-6)
    assert geometry.calibrant == setup.calibrant


def test_mar345_with_sample_rings_and_a_header_of_factory_settings(shared: Path) -> None:
    image = open_image(shared / "gsas2_MAR2300_CeO2_steel" / "nx09_strain_001.mar2300")
    setup = describe_experiment(image, energy=12.398419843320026 / 0.12398)
    geometry, calibration = calibrate(image, setup)  # no distance is given and none is known
    assert calibration.trusted, calibration.reason
    assert geometry.distance == pytest.approx(1.1191, abs=1e-3)
    assert calibration.peak_residual < 0.002
    assert sum(ring.points > 0 for ring in calibration.rings) >= 10
    assert len(geometry.warnings) == 1
    assert re.search(r"the image has 1\d strong rings that CeO2 doesn't have", geometry.warnings[0])


def test_cancelling_and_progress(ceo2: DiffractionImage, setup: Setup) -> None:
    seen: list[float] = []

    def report(fraction: float | None, message: str) -> None:
        assert message
        seen.append(fraction or 0.0)

    with pytest.raises(Cancelled):
        calibrate(ceo2, setup, progress=Progress(report, lambda: len(seen) > 8))
    assert len(seen) == 9
    assert seen == sorted(seen)


def test_angles_are_pyfais(published: Geometry) -> None:
    tilted = replace(published, rot1=0.2, rot2=-0.35)
    ours = two_theta(PixelPositions(tilted.detector)[:], parameters_of(tilted))
    theirs = tilted.pyfai().center_array(unit="2th_rad").ravel()
    assert np.abs(ours - theirs).max() < 1e-6
    parameters = parameters_of(tilted)
    assert np.allclose(from_beam(to_beam(parameters)), parameters, rtol=1e-12)


def test_ring_lines_lie_on_their_angle(published: Geometry) -> None:
    line = ring_line(published, 0.2)
    on = line[np.isfinite(line[:, 0])]
    angles = published.pyfai().tth(on[:, 1] - 0.5, on[:, 0] - 0.5)
    assert len(on) > 300
    assert np.abs(angles - 0.2).max() < 1e-9


@pytest.mark.parametrize("orientation", [1, 2, 3, 4])
def test_the_beam_centre_is_where_the_angle_vanishes(published: Geometry, orientation: int) -> None:
    geometry = replace(published, detector=replace(published.detector, orientation=orientation))
    angle = geometry.pyfai().center_array(unit="2th_rad")
    row, column = np.unravel_index(angle.argmin(), angle.shape)
    assert geometry.beam_centre == pytest.approx((column + 0.5, row + 0.5), abs=0.75)


def test_results_are_frozen(calibrated: Calibrated) -> None:
    for result in calibrated:
        with pytest.raises(AttributeError):
            setattr(result, fields(result)[0].name, None)


def test_an_image_upside_down_with_its_orientation(
    ceo2: DiffractionImage, calibrated: Calibrated
) -> None:
    turned = replace(ceo2, data=ceo2.data[::-1], mask=ceo2.mask[::-1])
    x, y = calibrated.geometry.beam_centre
    setup = describe_experiment(turned, energy=30.4929, orientation=2)
    geometry, calibration = calibrate(turned, setup, centre_x=x + 9, centre_y=1043 - y + 9)
    assert calibration.trusted
    assert geometry.poni1 == pytest.approx(calibrated.geometry.poni1, abs=20e-6)
    assert geometry.rot2 == pytest.approx(calibrated.geometry.rot2, abs=2e-4)
    assert geometry.beam_centre == pytest.approx((x, 1043 - y), abs=0.1)
    ring = calibration.rings[0]
    on = ring.line[np.isfinite(ring.line[:, 0])]
    assert np.hypot(*(ring.found[:, None] - on).T).min(axis=0).max() < 3


@pytest.mark.parametrize(
    ("detector", "calibrant", "energy", "placement", "rough"),
    [
        # distance m, beam x and y in pixels, rotations in degrees
        ("Pilatus 1M", "LaB6", 30.0, (0.25, 480, 530, 10.0, -6.0), {"distance": 250.0}),
        ("Pilatus 300k", "AgBh", 12.0, (1.0, 240, 300, 0.2, 0.3), {}),
        (
            "Pilatus 1M",
            "LaB6",
            18.0,
            (0.3, -200, 500, 0.5, 0.3),
            {"distance": 320.0, "centre_x": -180.0, "centre_y": 480.0},
        ),
    ],
)
def test_against_a_known_truth(
    detector: str,
    calibrant: str,
    energy: float,
    placement: tuple[float, ...],
    rough: dict[str, float],
) -> None:
    """Strong tilt, small angles, beam off the image."""
    image, truth = simulated(detector, calibrant, energy, placement)
    setup = describe_experiment(image, calibrant=calibrant, energy=energy)
    geometry, calibration = calibrate(image, setup, **rough)  # type: ignore[arg-type]
    assert calibration.trusted, calibration.reason
    assert not calibration.warnings
    found, wanted = (g.pyfai().center_array(unit="2th_deg") for g in (geometry, truth))
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.002


@pytest.mark.parametrize(
    ("powder", "taken_for", "energy"),
    [
        ("Si", "Si", 30.0),
        ("CeO2", "CeO2", 30.0),
        ("alpha_Al2O3", "alpha_Al2O3", 25.0),
        ("CeO2", "Si", 30.0),
        ("CeO2", "NaCl", 30.0),  # the same lines from a lattice 4 % larger
        ("Si", "CeO2", 30.0),
        ("Pt", "Au", 40.0),
        ("LaB6", "CeO2", 30.0),
    ],
)
def test_the_powder_that_it_is_and_the_one_that_it_is_not(
    powder: str, taken_for: str, energy: float
) -> None:
    image, _ = simulated("Pilatus 300k", powder, energy, (0.2, 200, 330, 0.5, -0.7))
    setup = describe_experiment(image, calibrant=taken_for, energy=energy)
    geometry, calibration = calibrate(image, setup, distance=220.0)
    assert calibration.trusted == (powder == taken_for), calibration.reason
    assert bool(geometry.warnings) == (powder != taken_for)


def test_a_foreign_ring_is_remarked_upon() -> None:
    placement = (0.2, 200, 330, 0.5, -0.7)
    image, _ = simulated("Pilatus 300k", "LaB6", 30.0, placement)
    other, _ = simulated("Pilatus 300k", "diamond", 30.0, placement)
    both = replace(image, data=image.data + other.data // 2)
    setup = describe_experiment(both, calibrant="LaB6", energy=30.0)
    geometry, calibration = calibrate(both, setup, distance=220.0)
    assert calibration.trusted
    assert re.search(r"has \d strong rings? that LaB6 doesn't have", geometry.warnings[0])
    spot = replace(image, data=image.data.copy())
    spot.data[400:408, 100:108] += 60_000  # no ring, however strong
    assert not calibrate(spot, setup, distance=220.0).geometry.warnings


def test_a_large_image_is_searched_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search takes a part of the pixels, the last rounds all that are near rings."""
    monkeypatch.setattr(geometry_search, "_MOST_PIXELS", 100_000)
    image, truth = simulated("Pilatus 300k", "LaB6", 30.0, (0.2, 200, 330, 0.5, -0.7))
    setup = describe_experiment(image, calibrant="LaB6", energy=30.0)
    said: list[str] = []
    progress = Progress(lambda fraction, message: said.append(message))
    geometry, calibration = calibrate(image, setup, distance=220.0, progress=progress)
    assert "Refining on all pixels" in said
    assert calibration.trusted, calibration.reason
    assert geometry.distance == pytest.approx(truth.distance, abs=5e-6)
