"""What is done to projections gives what nabu gives, where nabu is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.tomography import (
    TomoScan,
    correct_distortion,
    correct_hot_pixels,
    correct_tilt,
    double_flat_field,
    normalise_projections,
    open_scan,
    reduce_darks_and_flats,
    remove_background,
    remove_rings,
    retrieve_phase,
    retrieve_phase_ctf,
    select_region,
    unsharp_mask,
)
from beamcanvas.tomography.frames.flatten import read_reduced
from beamcanvas.tomography.frames.treatments.tilt import Tilt
from beamcanvas.tomography.frames.treatments.tilt_search import find_tilt, turned
from beamcanvas.tomography.simulated.scan import simulate_scan

from ..conftest import SHARED
from .test_projections import radios, sinograms

pytestmark = pytest.mark.peer


def each(do: Callable[[np.ndarray], np.ndarray], frames: np.ndarray) -> np.ndarray:
    return np.stack([do(frame) for frame in frames])


def test_hot_pixels_as_nabus_ccd_filter(simulated: TomoScan) -> None:
    from nabu.preproc.ccd import CCDFilter

    plain = radios(simulated)
    nabu = CCDFilter(plain.shape[1:], median_clip_thresh=0.02)
    found = radios(correct_hot_pixels(simulated, threshold=0.02))
    assert (found != plain).sum() > 100
    np.testing.assert_allclose(found, each(nabu.median_clip_correction, plain), atol=1e-6)


def test_cold_pixels_are_left_unless_asked_for(simulated: TomoScan) -> None:
    plain = radios(simulated)
    hot = radios(correct_hot_pixels(simulated, threshold=0.02))
    both = radios(correct_hot_pixels(simulated, threshold=0.02, cold=True))
    assert (hot <= plain).all()
    assert (both > plain).any()


@pytest.mark.parametrize("delta_beta", [10.0, 100.0])
def test_paganins_filter_as_nabus_with_room_around(savu: TomoScan, delta_beta: float) -> None:
    """nabu pads to twice the size and wraps around; given the room, it has the same numbers."""
    from nabu.preproc.phase import PaganinPhaseRetrieval

    frame = radios(savu)[30]
    wide = np.pad(frame, 100, mode="edge")
    nabu = PaganinPhaseRetrieval(
        wide.shape, distance=0.05, energy=25, delta_beta=delta_beta, pixel_size=1e-6
    )
    expected = nabu.retrieve_phase(wide)[100:-100, 100:-100]
    found = radios(retrieve_phase(savu, delta_beta=delta_beta))[30]
    assert np.abs(expected - frame).max() > 0.05
    np.testing.assert_allclose(found, expected, atol=3e-5)


def test_phase_needs_energy_distance_and_pixel_size(savu: TomoScan) -> None:
    bare = replace(savu, energy=None, pixel_size=None)
    with pytest.raises(InputError, match="needs the photon energy and the pixel size, which"):
        retrieve_phase(bare)
    with pytest.raises(InputError, match="needs the pixel size, which the scan doesn't say"):
        retrieve_phase_ctf(bare, energy=20)
    typed = retrieve_phase(bare, energy=25, pixel_size=1)
    np.testing.assert_array_equal(radios(typed), radios(retrieve_phase(savu)))


def test_contrast_transfer_as_nabus_with_the_samples_sign(savu: TomoScan) -> None:
    from nabu.preproc.ctf import CTFPhaseRetrieval, GeoPars

    frame = radios(savu)[30]
    way = GeoPars(z2=0.05, pix_size_det=1e-6, wavelength=12.398419843e-10 / 25, magnification=False)
    nabu = CTFPhaseRetrieval(frame.shape, way, 100.0, normalize_by_mean=True, use_rfft=True)
    expected = -nabu.retrieve_phase(frame)
    scan = retrieve_phase_ctf(savu)
    np.testing.assert_allclose(radios(scan)[30], expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(sinograms(scan)[:, 30], radios(scan)[30])  # no logarithm


@pytest.mark.parametrize("method", ["gaussian", "imagej"])
def test_unsharp_mask_as_nabus(savu: TomoScan, method: str) -> None:
    from nabu.processing.unsharp import UnsharpMask

    plain = radios(savu)
    nabu = UnsharpMask(plain.shape[1:], 1.2, 0.4, method=method)
    found = radios(unsharp_mask(savu, coefficient=0.4, sigma=1.2, method=method))
    np.testing.assert_allclose(found, each(nabu.unsharp, plain), atol=2e-6)


def test_unsharp_mask_by_the_laplacian_sharpens(savu: TomoScan) -> None:
    plain = radios(savu)
    found = radios(unsharp_mask(savu, coefficient=1.0, sigma=1.0, method="laplacian"))
    assert np.abs(np.diff(found, axis=2)).mean() > 1.05 * np.abs(np.diff(plain, axis=2)).mean()
    with pytest.raises(InputError, match=r"below 1, not 1\.5"):
        unsharp_mask(savu, coefficient=1.5, method="imagej")


def test_tilt_turns_as_nabus_rotation(savu: TomoScan) -> None:
    from nabu.processing.rotation import Rotation

    plain = radios(savu)
    nabu = Rotation(plain.shape[1:], 2.0)
    np.testing.assert_allclose(
        radios(correct_tilt(savu, angle=2.0))[::10], each(nabu.rotate, plain[::10]), atol=1e-5
    )


@pytest.mark.parametrize("turned_by", [-1.0, 0.4])
def test_the_tilt_is_found_from_opposite_projections(tmp_path: Path, turned_by: float) -> None:
    """A detector that is turned, simulated by turning what it saw."""
    file = simulate_scan(tmp_path / "straight.nx", rows=96, columns=128, projections=60)
    straight = reduce_darks_and_flats(open_scan(file))
    seen = radios(correct_tilt(straight, angle=turned_by))
    with h5py.File(file, "a") as root:
        frames = root["entry0000/instrument/detector/data"]
        keys = root["entry0000/instrument/detector/image_key_control"][()]
        flat = read_reduced(straight.flats)[0] - 100
        frames[keys == 0] = np.rint(seen * flat + 100).astype(np.uint16)
    scan = replace(open_scan(file), darks=straight.darks, flats=straight.flats, use_current=False)
    found = correct_tilt(scan)
    assert found.treatment(Tilt).angle == pytest.approx(-turned_by, abs=0.15)
    assert not found.warnings


def test_too_few_rows_tell_no_tilt(savu: TomoScan) -> None:
    with pytest.raises(InputError, match="can't be found from projections of 24 rows"):
        correct_tilt(savu)


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")
def test_the_tilt_of_a_real_scan_follows_when_it_is_turned(tmp_path: Path) -> None:
    scan = reduce_darks_and_flats(open_scan(SHARED / "derived" / "savu.nx"), folder=tmp_path)
    as_it_is = find_tilt(scan)
    assert as_it_is.likeness > 0.99
    with h5py.File(SHARED / "derived" / "savu.nx") as old:
        file = tmp_path / "turned.nx"
        with h5py.File(file, "w") as new:
            old.copy("entry0000", new)
    with h5py.File(file, "a") as root:
        frames = root["entry0000/instrument/detector/data"]
        frames[()] = np.stack([turned(f.astype(float), 0.8) for f in frames[()]]).astype(np.uint16)
    other = find_tilt(reduce_darks_and_flats(open_scan(file)))
    assert other.angle == pytest.approx(as_it_is.angle - 0.8, abs=0.1)


def test_double_flat_field_as_nabus(savu: TomoScan) -> None:
    from nabu.preproc.double_flatfield import DoubleFlatField

    plain = radios(savu)
    nabu = DoubleFlatField(plain.shape, input_is_mlog=False, output_is_mlog=False)
    expected = nabu.apply_double_flatfield(plain.copy())
    np.testing.assert_allclose(radios(double_flat_field(savu, sigma=None)), expected, rtol=1e-4)


def test_double_flat_field_takes_away_fine_structure_only(savu: TomoScan) -> None:
    average = -np.log(radios(double_flat_field(savu, sigma=2.0)).mean(axis=0))
    before = -np.log(radios(savu).mean(axis=0))
    assert average.mean() == pytest.approx(before.mean(), rel=0.01)
    assert np.abs(np.diff(average, axis=0)).mean() < np.abs(np.diff(before, axis=0)).mean()


def test_background_as_nabus_chebyshev(savu: TomoScan) -> None:
    from nabu.reconstruction.sinogram import SinoNormalization

    plain = sinograms(savu)
    nabu = SinoNormalization("chebyshev", sinos_shape=plain.shape)
    found = sinograms(remove_background(savu))
    np.testing.assert_allclose(found, nabu.normalize(plain.copy()), atol=2e-6)


@pytest.mark.parametrize("method", ["mean", "vo", "munch", "wavelets-median"])
def test_rings_become_weaker_by_every_method(savu: TomoScan, method: str) -> None:
    """With 91 angles, an odd number, and settings as they are."""
    from beamcanvas.tomography.frames.treatments.rings import Rings

    plain = sinograms(savu)[12]
    stripes = np.zeros(160, np.float32)
    stripes[[31, 77, 78, 120]] = 0.2, -0.15, -0.15, 0.1
    treatment = Rings(method)
    clean = treatment.apply(plain.copy(), None)
    found = treatment.apply(plain + stripes, None)
    assert found.shape == plain.shape
    left = np.diff((found - clean).mean(axis=0))
    assert np.abs(left).sum() < 0.2 * np.abs(np.diff(stripes)).sum()
    assert np.isfinite(sinograms(remove_rings(savu, method=method))[0]).all()


@pytest.mark.parametrize("method", ["mean", "vo", "munch", "wavelets-median"])
def test_a_row_that_measured_nothing_has_no_rings(method: Any) -> None:
    from beamcanvas.tomography.frames.treatments.rings import Rings

    for value in (0.0, 0.3):
        blank = np.full((41, 63), value, np.float32)
        np.testing.assert_allclose(Rings(method).apply(blank.copy(), None), blank, atol=1e-6)


def test_projections_are_divided_by_a_region_beside_the_sample(simulated: TomoScan) -> None:
    dimmed = normalise_projections(simulated, by="value", value=0.5).scan
    np.testing.assert_allclose(radios(dimmed), 2 * radios(simulated), rtol=1e-6)
    done = normalise_projections(simulated, by="region", region=(0, 19, 0, 2))
    treated = radios(done.scan)
    np.testing.assert_allclose(treated[:, :, :3].mean(axis=(1, 2)), 1, atol=1e-4)
    assert done.brightness.values.shape == (90,)
    assert done.brightness.nxdata().axes[0].unit == "°"
    with pytest.raises(InputError, match="rows 0 to 20 and columns 0 to 2, is not in"):
        normalise_projections(simulated, region=(0, 20, 0, 2))


def test_projections_are_divided_by_a_counter(simulated: TomoScan) -> None:
    """The machine current by hand is the machine current."""
    done = normalise_projections(
        replace(simulated, use_current=False), by="dataset", dataset="entry0000/control/data"
    )
    ratio = radios(done.scan) / radios(simulated)
    np.testing.assert_allclose(ratio.mean(axis=(1, 2)), ratio.mean(), rtol=0.03)
    with pytest.raises(InputError, match="no numbers at nowhere"):
        normalise_projections(simulated, by="dataset", dataset="nowhere")
    with pytest.raises(InputError, match="has 1 values but the scan 90 projections"):
        normalise_projections(
            simulated, by="dataset", dataset="entry0000/instrument/detector/distance"
        )


def test_treatments_keep_their_order_and_one_of_a_kind(savu: TomoScan) -> None:
    one = retrieve_phase(correct_hot_pixels(savu))
    other = correct_hot_pixels(retrieve_phase(retrieve_phase(savu, delta_beta=5)))
    assert one.treatments == other.treatments
    assert [type(t).__name__ for t in one.treatments] == ["HotPixels", "Paganin"]


def test_distortion_by_maps_as_nabu(savu: TomoScan, tmp_path: Path) -> None:
    from nabu.io.detector_distortion import DetectorDistortionMapsXZ

    rows, columns = np.mgrid[:24, :160].astype(np.float32)
    bent_rows = rows + 1.5 * np.sin(columns / 40)
    bent_columns = columns + 2 * np.cos(rows / 9)
    bent_rows, bent_columns = bent_rows.clip(0, 22.9), bent_columns.clip(0, 158.9)
    file = tmp_path / "maps.h5"
    with h5py.File(file, "w") as root:
        root["coords_source_x"], root["coords_source_z"] = bent_columns, bent_rows
        root["small"] = rows[:5]
    scan = correct_distortion(savu, file=file)
    plain = radios(savu)[40]
    nabu = DetectorDistortionMapsXZ(map_x=bent_columns, map_z=bent_rows)
    nabu.set_full_transformation()
    found = radios(scan)[40]
    np.testing.assert_allclose(found, nabu.transform(plain, do_full=True), atol=1e-5)
    part = select_region(scan, first_row=9, last_row=14)
    np.testing.assert_allclose(radios(part)[40], found[9:15], atol=1e-6)
    for left_right, upside_down in ((True, False), (False, True), (True, True)):
        flipped = replace(scan, flips=(left_right, upside_down))
        seen = found[:: -1 if upside_down else 1, :: -1 if left_right else 1]
        np.testing.assert_allclose(radios(flipped)[40], seen, atol=1e-5)
    with pytest.raises(InputError, match=r"no map .* at nowhere"):
        correct_distortion(savu, file=file, rows="nowhere")
    with pytest.raises(InputError, match="5 × 160 pixels but the frames of savu 24 × 160"):
        correct_distortion(savu, file=file, rows="small")
