"""Backgrounds, bad pixels, flats by energy, combined images and outliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from beamcanvas.errors import InputError
from beamcanvas.powder import (
    DiffractionImage,
    Geometry,
    Header,
    Pattern,
    apply_flat_field,
    combine_images,
    find_bad_pixels,
    integrate_1d,
    integrate_without_outliers,
    subtract_background,
    subtract_pattern,
)
from beamcanvas.powder.types import HC

SHAPE = (30, 40)


def image_of(data: Any, **more: Any) -> DiffractionImage:
    values = np.asarray(data)
    return DiffractionImage(values, ~np.isfinite(values.astype(float)), **more)


def counts(level: float, seed: int = 1, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).poisson(level, shape).astype(np.int32)


class TestBackgroundImage:
    def test_is_scaled_by_the_monitors(self) -> None:
        sample = image_of(np.full(SHAPE, 50.0))
        empty = image_of(np.full(SHAPE, 10.0))
        result = subtract_background(sample, empty, monitor=2, background_monitor=1, factor=0.5)
        assert_array_equal(result.data, 40.0)
        assert_array_equal(sample.data, 50.0)  # what came in is as it was

    def test_each_image_has_its_own_dark_and_a_pixel_bad_in_one_is_masked(self) -> None:
        data = np.full(SHAPE, 20.0)
        data[3, 4] = np.nan
        sample = image_of(np.full(SHAPE, 50), dark=np.full(SHAPE, 5))
        result = subtract_background(sample, image_of(data, flat=np.full(SHAPE, 2.0)))
        assert result.data[0, 0] == 45 - 10
        assert result.dark is result.flat is None
        assert_array_equal(np.argwhere(result.mask), [[3, 4]])

    def test_bad_input(self) -> None:
        sample = image_of(np.ones(SHAPE))
        with pytest.raises(InputError, match=r"background has 3 × 4 pixels but the image has 30"):
            subtract_background(sample, image_of(np.ones((3, 4))))
        with pytest.raises(InputError, match="'monitor' is given without 'background_monitor'"):
            subtract_background(sample, sample, monitor=3)
        with pytest.raises(InputError, match="No pixel holds a measurement in both"):
            subtract_background(sample, image_of(np.full(SHAPE, np.nan)))


@pytest.fixture
def pattern(ceo2: DiffractionImage, published: Geometry) -> Pattern:
    return integrate_1d(ceo2, published, points=500, error_model="poisson")


class TestBackgroundPattern:
    def test_adds_errors_in_quadrature(self, pattern: Pattern) -> None:
        result = subtract_pattern(pattern, pattern, factor=0.25)
        assert_allclose(result.intensity, 0.75 * pattern.intensity)
        assert result.sigma is not None
        assert pattern.sigma is not None
        assert_allclose(result.sigma, np.sqrt(1 + 0.25**2) * pattern.sigma)
        assert result.settings["factor"] == 0.25

    def test_interpolates_and_leaves_out_what_is_beyond(self, pattern: Pattern) -> None:
        some = slice(None, 400, 2)
        coarse = replace(
            pattern,
            radial=pattern.radial[some],
            intensity=3 + 2 * pattern.radial[some],
            sigma=None,
        )
        result = subtract_pattern(pattern, coarse)
        assert_allclose(
            result.intensity[:399], (pattern.intensity - 3 - 2 * pattern.radial)[:399], rtol=1e-9
        )
        assert np.isnan(result.intensity[399:]).all()
        assert result.count is not None
        assert not result.count[399:].any()
        assert "Only the pattern" in result.warnings[0]

    def test_bad_input(self, pattern: Pattern) -> None:
        with pytest.raises(InputError, match="over 2θ in ° but the background over q in Å⁻¹"):
            subtract_pattern(pattern, replace(pattern, unit="q_A^-1"))
        with pytest.raises(InputError, match=r"The background, .* has nothing of the pattern"):
            subtract_pattern(pattern, replace(pattern, radial=pattern.radial + 100))


class TestBadPixels:
    def test_finds_hot_and_dead_pixels_and_no_others(self) -> None:
        one, two = counts(1000), counts(4000, 2)
        one[5, 6], two[7, 8] = 9000, 0
        mask = find_bad_pixels(image_of(one), image_of(two), monitor=1, other_monitor=4)
        assert_array_equal(np.argwhere(mask.pixels), [[5, 6], [7, 8]])
        assert mask.parts["not in proportion"] == 2
        by_itself = find_bad_pixels(image_of(one), image_of(two))
        assert_array_equal(by_itself.pixels, mask.pixels)

    def test_low_counts_differ_by_chance(self) -> None:
        one, two = image_of(counts(5)), image_of(counts(20, 2))
        assert not find_bad_pixels(one, two, monitor=1, other_monitor=4).pixels.any()
        strict = find_bad_pixels(one, two, monitor=1, other_monitor=4, noise=None)
        assert strict.pixels.mean() > 0.4

    def test_grows_and_keeps_the_masks_of_both(self) -> None:
        one, two = counts(1000).astype(float), counts(1000, 2)
        one[0, 0] = np.nan
        one[10, 10] = 1e6
        mask = find_bad_pixels(image_of(one), image_of(two), grow=1)
        assert np.count_nonzero(mask.pixels) == 3 + 5
        assert mask.parts == {"invalid": 1, "not in proportion": 1, "grown": 6}

    def test_on_a_real_image_with_a_damaged_copy(self, ceo2: DiffractionImage) -> None:
        longer = ceo2.data * 3
        hot = (np.array([100, 500, 900]), np.array([300, 700, 40]))
        longer[hot] += 5000
        found = find_bad_pixels(ceo2, replace(ceo2, data=longer)).pixels & ~ceo2.mask
        assert_array_equal(np.argwhere(found), np.transpose(hot))

    def test_bad_input(self) -> None:
        one = image_of(counts(1000))
        with pytest.raises(InputError, match="other image has 3 × 4 pixels"):
            find_bad_pixels(one, image_of(np.ones((3, 4))))
        with pytest.raises(InputError, match="without 'other_monitor'"):
            find_bad_pixels(one, one, monitor=1)
        with pytest.raises(InputError, match="The second image has no counts"):
            find_bad_pixels(one, image_of(np.zeros(SHAPE)))
        with pytest.raises(InputError, match="has the ratio 100: check the monitors"):
            find_bad_pixels(one, one, monitor=100, other_monitor=1)


class TestFlatByEnergy:
    energies = np.array([60.0, 20.0, 40.0])

    def stack(self, scale: float = 1.0) -> np.ndarray:
        return np.stack([np.full(SHAPE, scale * e) for e in self.energies])

    def write(self, folder: Path, kind: str, **arrays: Any) -> Path:
        path = folder / f"flats.{kind}"
        if kind == "npz":
            np.savez(path, **arrays)
        elif kind == "mat":
            from scipy.io import savemat

            savemat(
                path, {n: np.moveaxis(a, 0, -1) if a.ndim == 3 else a for n, a in arrays.items()}
            )
        else:
            with h5py.File(path, "w") as root:
                for name, array in arrays.items():
                    # MATLAB 7.3: rows, columns, energies, written with the axes reversed
                    root[name] = array.transpose(0, 2, 1) if array.ndim == 3 else array
                    root[name].attrs["MATLAB_class"] = np.bytes_("double")
        return path

    @pytest.mark.parametrize("kind", ["npz", "mat", "h5"])
    def test_is_old_over_new_between_two_energies(self, kind: str, tmp_path: Path) -> None:
        file = self.write(
            tmp_path,
            kind,
            F=self.stack(),
            E=self.energies,
            Fold=self.stack(3.0),
            Eold=self.energies,
        )
        image = image_of(np.full(SHAPE, 6.0))
        result = apply_flat_field(image, file=file, energy=25)
        assert_allclose(result.corrected, 2.0)

    def test_one_stack_is_the_response_and_a_bad_pixel_stays(self, tmp_path: Path) -> None:
        stack = self.stack()
        stack[:, 0, 0], stack[:, 0, 1] = 0, np.nan
        header = Header(wavelength=HC / 30)
        result = apply_flat_field(
            image_of(np.full(SHAPE, 60.0), header=header),
            file=self.write(tmp_path, "npz", F=stack, E=self.energies),
        )
        assert_allclose(result.corrected[1:], 2.0, rtol=1e-6)
        assert_array_equal(result.corrected[0, :2], 60)

    def test_bad_input(self, tmp_path: Path) -> None:
        image = image_of(np.ones(SHAPE))
        flats = self.write(tmp_path, "npz", F=self.stack(), E=self.energies)
        with pytest.raises(InputError, match="The energy is not known"):
            apply_flat_field(image, file=flats)
        with pytest.raises(InputError, match="flats from 20 to 60 keV, not at 70 keV"):
            apply_flat_field(image, file=flats, energy=70)
        with pytest.raises(InputError, match="There is no file"):
            apply_flat_field(image, file=tmp_path / "no.h5", energy=30)
        with pytest.raises(InputError, match=r"flats of flats.npz has 30 × 40 pixels but the im"):
            apply_flat_field(image_of(np.ones((5, 6))), file=flats, energy=30)
        with pytest.raises(InputError, match="has no 'E': it takes F and E"):
            apply_flat_field(image, file=self.write(tmp_path, "npz", F=self.stack()), energy=30)
        with pytest.raises(InputError, match="a flat for each of the 2 energies"):
            apply_flat_field(
                image, file=self.write(tmp_path, "npz", F=self.stack(), E=np.ones(2)), energy=30
            )
        text = tmp_path / "a.h5"
        text.write_text("no")
        with pytest.raises(InputError, match="can't be read as flats by energy"):
            apply_flat_field(image, file=text, energy=30)


class TestCombining:
    @pytest.fixture
    def files(self, tmp_path: Path) -> list[Path]:
        """Two files of three frames and one frame; frame n has n + 1 counts."""
        with h5py.File(tmp_path / "a.h5", "w") as root:
            data = np.stack([np.full(SHAPE, n + 1.0) for n in range(3)])
            data[1, 0, 0] = np.nan
            data[:, 2, 2] = np.nan
            root["entry/data"] = data
        last = np.full(SHAPE, 4.0)
        last[2, 2] = np.nan
        np.save(tmp_path / "b.npy", last)
        return [tmp_path / "a.h5", tmp_path / "b.npy"]

    @pytest.mark.parametrize(("how", "level", "partly"), [("mean", 2.5, 8 / 3), ("median", 2.5, 3)])
    def test_mean_and_median_over_the_valid_frames(
        self, how: Any, level: float, partly: float, files: list[Path]
    ) -> None:
        result = combine_images(files, how=how)
        assert result.data[5, 5] == level
        assert result.data[0, 0] == pytest.approx(partly)
        assert_array_equal(np.argwhere(result.mask), [[2, 2]])

    def test_sum_over_chosen_frames(self, files: list[Path]) -> None:
        result = combine_images(files, how="sum", first=1, last=3, every=2)
        assert result.data[5, 5] == 2 + 4
        assert_array_equal(np.argwhere(result.mask), [[0, 0], [2, 2]])
        assert "sum of 2 frames" in result.source

    def test_bad_input(self, files: list[Path], tmp_path: Path) -> None:
        with pytest.raises(InputError, match="There are no files to combine"):
            combine_images([])
        with pytest.raises(InputError, match="No frame is left: 'first' is 9, there are 4"):
            combine_images(files, first=9)
        np.save(tmp_path / "c.npy", np.ones((7, 8)) + np.arange(8))
        with pytest.raises(InputError, match="frame 4 has 7 × 8 pixels"):
            combine_images([*files, tmp_path / "c.npy"])
        with pytest.raises(InputError, match="There is no file"):
            combine_images([*files, tmp_path / "no.tif"])


class TestOutliers:
    @pytest.fixture
    def spoilt(self, ceo2: DiffractionImage) -> DiffractionImage:
        """The real image with bright spots, as from a diamond."""
        data = ceo2.data.copy()
        rng = np.random.default_rng(4)
        places = tuple(rng.integers(20, size - 20, 300) for size in data.shape)
        data[places] = 200_000
        return replace(ceo2, data=np.where(ceo2.mask, ceo2.data, data))

    @pytest.mark.parametrize(
        "how", [{"how": "sigma clip"}, {"how": "median"}, {"how": "median", "low": 20, "high": 80}]
    )
    def test_spots_are_left_out(
        self,
        how: dict[str, Any],
        spoilt: DiffractionImage,
        ceo2: DiffractionImage,
        published: Geometry,
    ) -> None:
        points = 800
        clean = integrate_without_outliers(ceo2, published, points=points, **how)
        result = integrate_without_outliers(spoilt, published, points=points, **how)
        inner = slice(50, 700)
        ratio = [integrate_1d(i, published, points=points).intensity for i in (spoilt, ceo2)]
        assert (ratio[0] / ratio[1])[inner].mean() > 1.5  # without, the spots are all over it
        off = np.abs(result.intensity - clean.intensity)[inner] / clean.intensity[inner]
        assert np.median(off) < 0.01
        assert result.engine.startswith(f"pyFAI, {how['how']}, none splitting, CSR")
        assert (result.sigma is not None) == (how["how"] == "sigma clip")

    def test_range_and_monitor(self, ceo2: DiffractionImage, published: Geometry) -> None:
        whole = integrate_without_outliers(ceo2, published, radial_max=8, points=300)
        half = integrate_without_outliers(ceo2, published, radial_max=8, points=300, monitor=2)
        assert whole.radial.max() < 8
        assert_allclose(2 * half.intensity, whole.intensity, rtol=1e-4)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"low": 60.0, "high": 40.0}, "percentiles should go up: from 60 to 40"),
            ({"radial_min": 5.0, "radial_max": 4.0}, "radial range is empty"),
        ],
    )
    def test_bad_input(
        self,
        change: dict[str, float],
        sentence: str,
        ceo2: DiffractionImage,
        published: Geometry,
    ) -> None:
        run: Callable[..., Pattern] = integrate_without_outliers
        with pytest.raises(InputError, match=sentence):
            run(ceo2, published, **change)
        with pytest.raises(InputError, match=r"image has 30 × 40 pixels"):
            run(image_of(np.ones(SHAPE)), published, **change)
