"""Patterns as text: what is written is read back, and other programs' files are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from beamcanvas.errors import InputError
from beamcanvas.powder import Pattern, open_pattern, save_ascii, save_nexus

DATA = Path(__file__).parents[1] / "data"

WRITTEN = ["a.xye", "a.xy", "a.dat", "a.fxye", "a.chi"]


def pattern(
    radial: np.ndarray, intensity: np.ndarray, sigma: np.ndarray | None, unit: str = "2th_deg"
) -> Pattern:
    return Pattern(radial, intensity, sigma, unit, None, "")


def peak(unit: str = "2th_deg") -> Pattern:
    x = np.linspace(1, 9, 201)
    y = 10 + 1e5 * np.exp(-(((x - 4) / 0.1) ** 2))
    return pattern(x, y, np.sqrt(y), unit)


finite = st.floats(-1e12, 1e12, allow_subnormal=False)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=arrays(float, st.integers(1, 30), elements=st.floats(1e-3, 2)),
    data=st.data(),
    name=st.sampled_from(WRITTEN),
    header=st.sampled_from(["full", "none"]),
)
def test_there_and_back(
    tmp_path: Path, steps: np.ndarray, data: st.DataObject, name: str, header: str
) -> None:
    x = np.cumsum(steps)
    y = data.draw(arrays(float, len(x), elements=finite))
    sigma = data.draw(arrays(float, len(x), elements=st.floats(1e-6, 1e9)))
    made = pattern(x, y, sigma)
    path = save_ascii(made, file=tmp_path / name, existing="replace", header=header)  # type: ignore[arg-type]
    back = open_pattern(path)
    digits = 2e-7
    np.testing.assert_allclose(back.radial, x, rtol=digits)
    np.testing.assert_allclose(back.intensity, y, rtol=digits)
    if name in ("a.xye", "a.dat", "a.fxye"):
        assert back.sigma is not None
        np.testing.assert_allclose(back.sigma, sigma, rtol=digits)
    else:
        assert back.sigma is None


@pytest.mark.parametrize("unit", ["2th_deg", "2th_rad", "q_nm^-1", "q_A^-1", "d_A", "r_mm"])
@pytest.mark.parametrize("name", ["a.xy", "a.chi", "a.h5"])
def test_the_unit_is_read_back(tmp_path: Path, unit: str, name: str) -> None:
    save = save_nexus if name == "a.h5" else save_ascii
    back = open_pattern(save(peak(unit), file=tmp_path / name))
    assert back.unit == unit
    assert not back.warnings


def test_nexus_there_and_back(tmp_path: Path) -> None:
    made = peak("q_A^-1")
    back = open_pattern(save_nexus(made, file=tmp_path / "a.h5"))
    np.testing.assert_array_equal(back.radial, made.radial)
    np.testing.assert_array_equal(back.intensity, made.intensity)
    np.testing.assert_array_equal(back.sigma, made.sigma)  # type: ignore[arg-type]


def test_one_of_a_series_in_nexus(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as root:
        root.attrs["default"] = "data"
        group = root.create_group("data")
        group.attrs.update(NX_class="NXdata", signal="I", axes=["points", "q"])
        group["I"] = np.arange(12.0).reshape(3, 4)
        group["q"] = np.arange(4.0)
        group["q"].attrs["units"] = "nm^-1"
        group["points"] = np.arange(3)
    back = open_pattern(tmp_path / "a.h5", number=2)
    assert back.unit == "q_nm^-1"
    assert back.intensity.tolist() == [8, 9, 10, 11]
    with pytest.raises(InputError, match=r"no pattern 3 in .*a.h5: it has 3, 0 to 2"):
        open_pattern(tmp_path / "a.h5", number=3)


def test_gsas_is_in_hundredths_of_a_degree(tmp_path: Path) -> None:
    made = peak("2th_rad")
    path = save_ascii(made, file=tmp_path / "a.fxye")
    lines = path.read_text().splitlines()
    assert lines[1].split()[:4] == ["BANK", "1", "201", "201"]
    assert lines[1].endswith("FXYE")
    assert float(lines[2].split()[0]) == pytest.approx(100 * np.degrees(1), rel=1e-7)
    assert all(len(line) <= 80 for line in lines)
    assert open_pattern(path).unit == "2th_deg"


def test_the_second_bank_of_a_gsas_file(tmp_path: Path) -> None:
    one = save_ascii(peak(), file=tmp_path / "a.fxye").read_text()
    two = one.splitlines()[1:]
    (tmp_path / "b.fxye").write_text(one + "\n".join(two).replace(" 1 201", " 2 201") + "\n")
    assert len(open_pattern(tmp_path / "b.fxye", number=1).radial) == 201


def test_fit2d_heading(tmp_path: Path) -> None:
    lines = save_ascii(peak(), file=tmp_path / "a.chi").read_text().splitlines()
    assert lines[1] == "2th (deg)"
    assert int(lines[3]) == 201 == len(lines) - 4
    assert "#" not in "".join(lines)
    theirs = [
        "x.chi",
        " 2-Theta Angle (Degrees)",
        " Intensity",
        "   2",
        "1.0E0 5.0E0",
        "2.0E0 6.E0",
    ]
    (tmp_path / "b.chi").write_text("\n".join(theirs))
    back = open_pattern(tmp_path / "b.chi")
    assert (back.unit, back.intensity.tolist()) == ("2th_deg", [5, 6])


def test_a_pair_distribution_function(tmp_path: Path) -> None:
    text = "[DEFAULT]\n\nversion = pdfgetx3 2.2\nqmax = 24.0\n\n#### start data\n\n#S 1\n"
    (tmp_path / "a.gr").write_text(
        text + "#L r(Å)  G(Å$^{-2}$)\n0.00 0.0\n0.01 -0.02\n0.02 -0.05\n"
    )
    back = open_pattern(tmp_path / "a.gr")
    assert (back.unit, back.intensity.tolist()) == ("r_A", [0, -0.02, -0.05])
    assert back.nxdata().label == "G(r)"


def test_what_id22_writes() -> None:
    back = open_pattern(DATA / "LaB6_35keV_excerpt.xye")
    assert (back.unit, len(back.radial), back.warnings) == ("2th_deg", 242, ())
    assert back.radial[back.intensity.argmax()] == pytest.approx(4.8839)
    assert back.sigma is not None


def test_real_files_whole(shared: Path) -> None:
    id22 = open_pattern(shared / "id22_multianalyzer" / "LaB6_35keV_all.xye")
    assert len(id22.radial) == 59595
    aps = open_pattern(shared / "aps_11bm" / "11bmb_6231.fxye")
    assert (len(aps.radial), aps.unit) == (49497, "2th_deg")
    assert (aps.radial[0], aps.radial[-1]) == pytest.approx((0.5, 49.996))
    dioptas = open_pattern(shared / "dioptas_CeO2_Pilatus1M" / "CeO2_Pilatus1M.xy")
    assert dioptas.unit == "2th_deg"
    assert not dioptas.warnings


def test_a_file_that_does_not_say_its_unit(tmp_path: Path) -> None:
    (tmp_path / "a.xy").write_text("1 2\n3 4\n")
    assert "taken as 2θ in degrees" in open_pattern(tmp_path / "a.xy").warnings[0]
    assert open_pattern(tmp_path / "a.xy", unit="q_A^-1").unit == "q_A^-1"
    assert open_pattern(tmp_path / "a.xy", unit="q_A^-1").warnings == ()


WRONG = [
    ("missing", "b.xy", None, "There is no file .*b.xy"),
    ("no numbers", "a.xy", "hello\nworld\n", "no line of two numbers"),
    ("empty", "a.xye", "", "no line of two numbers"),
    ("binary", "a.xye", "\0\1", "it is not text"),
    ("a word", "a.xy", "1 2\n2 x\n3 4\n", "Line 2 of .* should be 2 numbers, not '2 x'"),
    ("cut line", "a.xye", "1 2 3\n2 3 4\n3 4\n", "Line 3 of .* should be 3 numbers, not '3 4'"),
    ("NaN", "a.xy", "1 2\n2 nan\n", "Point 2 of .* is not a finite number"),
    ("disorder", "a.xy", "1 2\n3 4\n2 5\n", "goes up and down, at point 3"),
    ("short chi", "a.chi", "t\n2-Theta\n\n 3\n1 2\n2 3\n", "says that it has 3 points but has 2"),
    ("no chi", "a.chi", "1 2\n2 3\n3 4\n4.5 5\n", "line 4 should be the number of points"),
    ("no bank", "a.fxye", "title\n1 2 3\n", "no line that begins with BANK"),
    ("short fxye", "a.fxye", "t\nBANK 1 2 2 CONS 1 1 0 0 FXYE\n1 2 3\n", "2 points but has 1"),
    ("esd", "a.fxye", "t\nBANK 1 2 2 CONS 1 1 0 0 ESD\n1 2 3\n", "should say BANK … FXYE"),
    ("time of flight", "a.fxye", "t\nBANK 1 1 1 SLOG 1 1 0 0 FXYE\n1 2 3\n", "is not over 2θ"),
    ("no points", "a.fxye", "t\nBANK 1 1 1 CONS 1 1 0 0 FXYE\n", "has no points"),
    ("not HDF5", "a.h5", "x", "damaged, cut off or no HDF5"),
]


@pytest.mark.parametrize(
    ("name", "text", "sentence"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_wrong_files(tmp_path: Path, name: str, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        open_pattern(tmp_path / name)


@pytest.mark.parametrize(
    ("make", "name", "sentence"),
    [
        (lambda: peak("q_A^-1"), "a.fxye", "a.fxye is over 2θ and the pattern is over q"),
        (lambda: pattern(*np.ones((2, 3)), None), "a.fxye", "takes standard deviations"),
        (lambda: pattern(*np.full((2, 3), np.nan), None), "a.chi", "no point where something"),
    ],
    ids=["q", "no errors", "nothing"],
)
def test_what_cannot_be_written(
    tmp_path: Path, make: Callable[[], Pattern], name: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        save_ascii(make(), file=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_nexus_file_without_a_plot(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as root:
        root["x"] = 1
    with pytest.raises(InputError, match=r"holds no plot of a pattern"):
        open_pattern(tmp_path / "a.h5")
    with pytest.raises(InputError, match="There is no '/y'"):
        open_pattern(tmp_path / "a.h5", data_path="/y")


@pytest.mark.parametrize("per_line", [1, 7, 10])
@pytest.mark.parametrize("head", ["5 0.02 6", "! LaB6 at noon\n5.0 0.02 6.0  LaB6, 35 keV"])
def test_steps_and_intensities_as_fullprof_has_them(
    tmp_path: Path, per_line: int, head: str
) -> None:
    counts = np.arange(100, 151)
    rows = [counts[i : i + per_line] for i in range(0, 51, per_line)]
    lines = [head, *(" ".join(f"{v:8d}" for v in row) for row in rows)]
    (tmp_path / "a.dat").write_text("\n".join(lines))
    found = open_pattern(tmp_path / "a.dat")
    np.testing.assert_allclose(found.radial, np.linspace(5, 6, 51))
    np.testing.assert_array_equal(found.intensity, counts)
    assert (found.unit, found.sigma, found.warnings) == ("2th_deg", None, ())


def test_steps_and_intensities_cut_off(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("5 0.02 6\n" + (10 * "  7" + "\n") * 3)
    with pytest.raises(InputError, match="says that it has 51 points but has 30"):
        open_pattern(tmp_path / "a.dat")


def test_the_header_of_a_dat_is_what_fullprof_passes_over(tmp_path: Path) -> None:
    made = replace(peak(), settings={f"setting {i}": i for i in range(9)}, warnings=("Odd.",))
    lines = save_ascii(made, file=tmp_path / "a.dat").read_text().splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert len(header) == 6
    assert "setting 8 = 8; warning: Odd." in header[4]
    assert header[-1] == "# 2th (deg)  intensity  sigma"
    back = open_pattern(tmp_path / "a.dat")
    np.testing.assert_allclose(back.intensity, made.intensity)


@pytest.mark.parametrize("save", [save_ascii, save_nexus])
def test_nothing_is_overwritten_unless_asked(tmp_path: Path, save: Callable[..., Path]) -> None:
    path = tmp_path / ("a.h5" if save is save_nexus else "a.xye")
    path.write_text("mine")
    with pytest.raises(InputError, match=r"it is there already: choose 'replace it'"):
        save(peak(), file=path)
    assert path.read_text() == "mine"
    save(peak(), file=path, existing="replace")
    np.testing.assert_allclose(open_pattern(path).intensity, peak().intensity, rtol=1e-6)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
