"""Moving detectors: a real arm, simulated stages and arms with known truth, and bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import (
    Detector,
    Geometry,
    Goniometer,
    MovingImage,
    MovingImages,
    Setup,
    calibrate_goniometer,
    geometry_at,
    images_at_positions,
    integrate_1d,
    integrate_moving,
    save_goniometer,
)
from beamcanvas.powder.experiment.detectors import named_calibrant, named_detector
from beamcanvas.powder.types import HC

from ..conftest import TUTORIAL

ARM = {9: 11.12, 23: 20.64, 32: 26.76, 43: 34.24, 50: 39.0}
FILES = [TUTORIAL / f"scan2_{n:04d}.tif.bz2" for n in ARM]
POSITIONS = list(ARM.values())
IMAGES = images_at_positions(files=FILES, positions=POSITIONS)


@pytest.fixture(scope="module")
def lab6() -> Setup:
    wavelength = 0.885601409974337e-10
    return Setup(named_calibrant("LaB6"), named_detector("Pilatus 300kw"), wavelength)


@pytest.fixture(scope="module")
def arm(lab6: Setup) -> Goniometer:
    return calibrate_goniometer(lab6, images=IMAGES, motion="arm, up and down", distance=900)


def picked(file: Path) -> np.ndarray:
    """Points picked on rings by hand: column, row and number of the ring."""
    ring, points = -1, []
    for line in file.read_text().splitlines():
        if line.startswith("ring:"):
            ring = int(line.split()[1])
        elif line.startswith("point:"):
            x, y = (float(word[2:]) for word in line.split()[1:3])
            points.append((x, y, ring))
    return np.array(points)


class TestRealArm:
    def test_is_calibrated_from_a_rough_distance_alone(self, arm: Goniometer) -> None:
        assert arm.trusted
        assert not arm.warnings
        assert arm.peak_residual < 0.0015
        assert arm.residual < 0.003  # a pixel is 0.0108°
        assert arm.points > 150
        assert 1e3 * arm.geometry.distance == pytest.approx(918, abs=6)
        assert np.degrees(arm.slopes["rot2"]) == pytest.approx(1, abs=5e-4)

    def test_fits_points_picked_by_others_better_than_their_own_model(
        self, arm: Goniometer, lab6: Setup, shared: Path
    ) -> None:
        folder = shared / "ssrl_LaB6_goniometer"
        theirs = json.loads((folder / "ROBL_v1.json").read_text())
        said = dict(zip(theirs["param_names"], theirs["param"], strict=True))
        lines = lab6.calibrant.two_theta(lab6.wavelength)
        ours_off, theirs_off = [], []
        for number, position in ARM.items():
            points = picked(folder / f"scan2_{number:04d}.npt")
            own = arm.at(position)
            other = replace(
                own,
                distance=said["dist"],
                poni1=said["poni1"],
                poni2=said["poni2"],
                rot1=said["rot1"] + said["rot1_scale"] * position,
                rot2=said["rot2_offset"] + said["rot2_scale"] * position,
                rot3=said["rot3"] + said["rot3_scale"] * position,
            )
            angle = lines[points[:, 2].astype(int)]
            for geometry, off in ((own, ours_off), (other, theirs_off)):
                off.append(geometry.pyfai().tth(points[:, 1], points[:, 0]) - angle)
        ours, published = (np.degrees(np.concatenate(off)) for off in (ours_off, theirs_off))
        assert len(ours) == 403

        # the figure that these points are known by, 0.00048° of the published model: the root
        # of the sum of squares over the number of points, 20 times less than that of the mean
        def figure(off: np.ndarray) -> float:
            return float(np.sqrt(np.sum(off**2)) / len(off))

        assert figure(published) == pytest.approx(0.00048, abs=5e-6)
        assert figure(ours) < figure(published)
        assert figure(ours) < 0.0006
        assert abs(ours.mean()) < 0.0006  # the points' own scatter is half a pixel, 0.009°

    def test_a_rougher_distance_gives_the_same(self, arm: Goniometer, lab6: Setup) -> None:
        again = calibrate_goniometer(lab6, images=IMAGES, motion="arm, up and down", distance=720)
        pixels = np.linspace(0, 190, 7), np.linspace(0, 1470, 7)
        for position in POSITIONS:
            one, two = (g.at(position).pyfai().tth(*pixels) for g in (arm, again))
            assert_allclose(np.degrees(one), np.degrees(two), atol=1e-3)

    def test_the_same_images_give_the_same_numbers(self, arm: Goniometer, lab6: Setup) -> None:
        again = calibrate_goniometer(lab6, images=IMAGES, motion="arm, up and down", distance=900)
        assert again.geometry.distance == arm.geometry.distance
        assert again.slopes == arm.slopes

    def test_the_wrong_powder_or_energy_is_not_trusted(self, lab6: Setup) -> None:
        for wrong in (
            replace(lab6, calibrant=named_calibrant("Si")),
            replace(lab6, wavelength=lab6.wavelength * 1.02),
        ):
            found = calibrate_goniometer(
                wrong, images=IMAGES, motion="arm, up and down", distance=900
            )
            assert not found.trusted
            assert "not to be trusted" in found.warnings[0]
            assert "not to be trusted" in geometry_at(found, position=20).summary

    def test_the_pattern_of_all_images_has_its_peaks_on_the_lines(
        self, arm: Goniometer, lab6: Setup
    ) -> None:
        pattern = integrate_moving(arm, images=IMAGES, points=8000, error_model="poisson")
        assert pattern.radial[0] < 11
        assert pattern.radial[-1] > 40
        seen = []
        for line in pattern.lines["LaB6"]:
            near = np.abs(pattern.radial - line) < 0.1
            heights = pattern.intensity[near]
            if pattern.count is not None and pattern.count[near].min() > 50:
                above = np.clip(heights - np.median(heights), 0, None)
                seen.append(np.average(pattern.radial[near], weights=above) - line)
        assert len(seen) >= 5
        assert np.abs(seen).max() < 0.01
        assert pattern.sigma is not None

    def test_pyfai_reads_what_is_saved(self, arm: Goniometer, tmp_path: Path) -> None:
        from pyFAI.goniometer import Goniometer as Theirs

        file = save_goniometer(arm, file=tmp_path / "arm")
        theirs = Theirs.sload(str(file)).get_ai([26.0])
        ours = arm.at(26.0)
        assert theirs.dist == pytest.approx(ours.distance)
        assert (theirs.rot1, theirs.rot2) == pytest.approx((ours.rot1, ours.rot2))
        assert theirs.wavelength == ours.wavelength


DETECTOR = Detector("Detector", (172e-6, 172e-6), (300, 320))


def simulated(folder: Path, truth: Goniometer, positions: list[float]) -> MovingImages:
    """Images of LaB6 with counting noise, with the detector where `truth` puts it."""
    rng = np.random.default_rng(7)
    lines = named_calibrant("LaB6").two_theta(truth.geometry.wavelength, 1.5)
    files = []
    for number, position in enumerate(positions):
        angle = truth.at(position).pyfai().center_array(unit="2th_rad", scale=False)
        width = np.radians(0.06)
        counts = np.full(DETECTOR.shape, 10.0)
        for line in lines:
            counts += 400 * np.exp(-0.5 * ((angle - line) / width) ** 2)
        np.save(folder / f"{number}.npy", rng.poisson(counts).astype(np.int32))
        files.append(folder / f"{number}.npy")
    return images_at_positions(files=files, positions=positions)


def model(motion: str, geometry: Geometry, **slopes: float) -> Goniometer:
    ends = MovingImages((MovingImage(Path("a"), -1e3), MovingImage(Path("b"), 1e3)))
    return Goniometer(motion, 0, geometry, slopes, {}, ends, (0, 0), 0, 0, "")


def placed(**numbers: float) -> Geometry:
    start: dict[str, float] = {
        "distance": 0.12,
        "poni1": 0.027,
        "poni2": 0.026,
        "rot1": 0.006,
        "rot2": -0.009,
        "rot3": 0,
        "wavelength": HC / 20,
    }
    return Geometry(**(start | numbers), detector=DETECTOR)


SIMULATED: list[tuple[str, Goniometer, list[float]]] = [
    (
        "stage",
        model("along the beam", placed(), distance=1e-3, poni1=4e-6, poni2=-7e-6),
        [0.0, 30.0, 60.0],
    ),
    (
        "stage that counts towards the sample",
        model("along the beam", placed(distance=0.18), distance=-1e-3, poni1=0.0, poni2=0.0),
        [0.0, 30.0, 60.0],
    ),
    (
        "arm sideways",
        model("arm, sideways", placed(), rot1=-np.radians(1.001), rot2=1e-5),
        [0.0, 12.0, 24.0, 36.0],
    ),
]


class TestSimulated:
    @pytest.mark.parametrize(
        ("truth", "positions"), [s[1:] for s in SIMULATED], ids=[s[0] for s in SIMULATED]
    )
    def test_the_truth_is_found(
        self, truth: Goniometer, positions: list[float], tmp_path: Path
    ) -> None:
        setup = Setup(named_calibrant("LaB6"), DETECTOR, truth.geometry.wavelength)
        rough = 1.1e3 * truth.at(positions[0]).distance
        found = calibrate_goniometer(
            setup,
            simulated(tmp_path, truth, positions),
            motion=truth.motion,  # type: ignore[arg-type]
            distance=rough,
        )
        assert found.trusted, found.reason
        pixels = np.meshgrid(np.arange(0, 300, 30), np.arange(0, 320, 30))
        for position in [*positions, float(np.mean(positions)) + 1]:
            one, two = (g.at(position).pyfai().tth(*map(np.ravel, pixels)) for g in (truth, found))
            assert np.degrees(np.sqrt(np.mean((one - two) ** 2))) < 2e-3
        off = abs(found.geometry.distance - truth.geometry.distance)
        assert off < max(5 * found.uncertainties["distance"], 1e-4)

    def test_from_the_frames_of_a_scan(self, tmp_path: Path) -> None:
        """The motor is the one that moved; nothing about positions is typed."""
        truth, positions = SIMULATED[0][1:]
        made = simulated(tmp_path, truth, positions)
        writer = ScanWriter(tmp_path / "a.h5", ("detx",), positioners={"detx": 0.0})
        for row in made.rows:
            writer.add(row.open().data, detx=row.position)
        images = images_at_positions(files=[writer.finish()], scan=1)
        setup = Setup(named_calibrant("LaB6"), DETECTOR, truth.geometry.wavelength)
        found = calibrate_goniometer(setup, images, distance=130)
        assert found.trusted, found.reason
        assert found.images.motor == "detx"
        assert found.geometry.distance == pytest.approx(truth.geometry.distance, abs=1e-4)

    def test_two_distances_tell_the_energy(self, tmp_path: Path) -> None:
        truth = SIMULATED[0][1]
        positions = [0.0, 60.0]
        setup = Setup(named_calibrant("LaB6"), DETECTOR, 1.004 * truth.geometry.wavelength)
        found = calibrate_goniometer(
            setup,
            simulated(tmp_path, truth, positions),
            distance=125,
            fixed=[],
        )
        assert found.trusted, found.reason
        assert found.geometry.energy == pytest.approx(20, abs=0.01)
        assert "keV" in found.report["Energy"]
        assert "±" in found.report["Energy"]


class TestMoving:
    @pytest.mark.parametrize("which", [0, 2])
    def test_is_what_pyfai_makes_of_several_geometries(self, which: int, tmp_path: Path) -> None:
        from pyFAI.multi_geometry import MultiGeometry

        truth, positions = SIMULATED[which][1:]
        images = simulated(tmp_path, truth, positions)
        monitors = [1.0, 2.0, 3.0, 2.0][: len(images.rows)]
        pattern = integrate_moving(
            truth,
            images,
            points=1500,
            radial_min=1,
            radial_max=60,
            monitors=monitors,
        )
        # several threads at once may crash numexpr
        theirs = MultiGeometry(
            [truth.at(p).pyfai() for p in positions], radial_range=(1, 60), threadpoolsize=0
        )
        result = theirs.integrate1d(
            [row.open().data for row in images.rows],
            1500,
            method=("bbox", "histogram", "cython"),
            normalization_factor=[m / np.mean(monitors) for m in monitors],
        )
        assert_allclose(pattern.radial, result.radial)
        # theirs is per steradian, ours per pixel at the reference distance
        pixel = (172e-6 / truth.geometry.distance) ** 2
        assert_allclose(pattern.intensity, pixel * result.intensity, rtol=1e-5)

    def test_one_position_is_one_image(self, tmp_path: Path) -> None:
        truth = SIMULATED[0][1]
        images = simulated(tmp_path, truth, [0.0])
        pattern = integrate_moving(truth, images, points=700, radial_min=2, radial_max=18)
        alone = integrate_1d(
            images.rows[0].open(), truth.at(0), points=700, radial_min=2, radial_max=18
        )
        assert_allclose(pattern.radial, alone.radial)
        off = np.abs(pattern.intensity / alone.intensity - 1)
        assert off[1:-1].max() < 1e-5


def test_bad_input_of_a_calibration(lab6: Setup, tmp_path: Path) -> None:
    still = images_at_positions(files=FILES, positions=[1.0] * 5)
    with pytest.raises(InputError, match="needs images at two positions or more"):
        calibrate_goniometer(lab6, still, distance=900)
    with pytest.raises(InputError, match="The distance is not in the header: give 'distance' in"):
        calibrate_goniometer(lab6, IMAGES)
    other = Setup(named_calibrant("LaB6"), DETECTOR, 1e-10)
    sentence = "scan2_0009.tif.bz2 has 195 × 1475 pixels but the detector has 300 × 320"
    with pytest.raises(InputError, match=sentence):
        calibrate_goniometer(other, IMAGES, distance=900)
    gone = images_at_positions(files=[*FILES[:4], Path("gone.tif")], positions=POSITIONS)
    with pytest.raises(InputError, match=r"There is no file gone\.tif"):
        calibrate_goniometer(lab6, gone, distance=900)
    np.save(tmp_path / "flat.npy", np.full((195, 1475), 7))
    flat = images_at_positions(files=[*FILES[:4], tmp_path / "flat.npy"], positions=POSITIONS)
    with pytest.raises(InputError, match=r"flat.npy shows no rings"):
        calibrate_goniometer(lab6, flat, distance=900)


def test_bad_input_of_what_follows(arm: Goniometer) -> None:
    with pytest.raises(InputError, match="'position' should be a number, not nan"):
        geometry_at(arm, position=float("nan"))
    with pytest.raises(InputError, match="the detector would be -80"):
        geometry_at(SIMULATED[0][1], position=-200)
    far = geometry_at(arm, position=90)
    assert "calibrated from 11.12° to 39°, not near 90°" in far.warnings[0]
    with pytest.raises(InputError, match="There are 5 images but 2 monitors"):
        integrate_moving(arm, images=IMAGES, monitors=[1.0, 2.0])
    with pytest.raises(InputError, match=r"The monitor of .*0032.* should be above 0, not 0"):
        integrate_moving(arm, images=IMAGES, monitors=[1.0, 1, 0, 1, 1])
    with pytest.raises(InputError, match="The radial range is empty: from 30 to 20"):
        integrate_moving(arm, images=IMAGES, radial_min=30, radial_max=20)
