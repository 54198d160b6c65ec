"""Wrong input is one clear sentence, never a traceback, and never someone else's number."""

from __future__ import annotations

import gzip
import random
import re

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import (
    fourier_transform,
    normalise,
    read_athena,
    read_spectra,
    remove_background,
)
from beamcanvas.spectroscopy.reading.expression import evaluate, names_in

from ..conftest import DATA, TUTORIAL


def written(path, energy, *columns, header="energy mu"):
    np.savetxt(path, np.column_stack([energy, *columns]), header=header)
    return path


def test_energies_that_go_down_or_repeat(cu, tmp_path):
    expected = normalise(cu)
    down = read_spectra([written(tmp_path / "a.dat", cu.energy[::-1], cu.mu[0, ::-1])])
    np.testing.assert_array_equal(down.mu, cu.mu)
    energy, mu = np.repeat(cu.energy, 2), np.repeat(cu.mu[0], 2)
    twice = read_spectra([written(tmp_path / "b.dat", energy, mu)])
    assert "612 energies are repeated" in twice.warnings[0]
    assert normalise(twice).edge_step[0] == pytest.approx(expected.edge_step[0], rel=1e-12)
    mixed = np.random.default_rng(0).permutation(len(cu.energy))
    shuffled = read_spectra([written(tmp_path / "c.dat", cu.energy[mixed], cu.mu[0, mixed])])
    assert normalise(shuffled).e0[0] == expected.e0[0]


def test_kev_taken_for_ev(cu, tmp_path):
    file = written(tmp_path / "kev.dat", cu.energy / 1000, cu.mu[0])
    spectra = read_spectra([file])
    assert "taken as keV" in spectra.warnings[0]
    assert normalise(spectra).e0[0] == pytest.approx(8977.58)
    said = read_spectra([file], energy_unit="eV")
    assert "taken as keV although it says eV" in said.warnings[0]
    too_large = read_spectra([DATA / "cu_10k.xmu"], energy_unit="keV")
    assert "were taken as eV" in too_large.warnings[0]


def test_points_without_numbers(cu, tmp_path):
    mu = cu.mu[0].copy()
    mu[[5, 200, 400]] = np.nan
    spectra = read_spectra([written(tmp_path / "nan.dat", cu.energy, mu)])
    assert "3 of 612 points have no energy or no number" in spectra.warnings[0]
    assert normalise(spectra).edge_step[0] == pytest.approx(2.2988, rel=1e-3)
    with pytest.raises(InputError, match="gives no number at any energy"):
        read_spectra([written(tmp_path / "none.dat", cu.energy, mu * np.nan)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no columns of numbers"),
        ("hello\nworld\n", "no columns of numbers"),
        ("1 2\n", "no columns of numbers"),
        ("# k chi\n0.1 0.2\n0.2 0.3\n0.3 0.1\n", "that is k in Å⁻¹, not an energy"),
        ("8979 1 2\n8980 1 2\n8981 1 2\n8982 1\n8983 1 2\n", "Line 4 .* has 2 numbers"),
        ("&SRS\n 1 2\n", "no &END"),
        ("#S 1 scan\n#L a  b\n8979 1\n", "no columns of numbers"),
    ],
    ids=range(7),
)
def test_text_that_is_no_spectrum(tmp_path, text, says):
    file = tmp_path / "text.dat"
    file.write_text(text)
    with pytest.raises(InputError, match=says):
        read_spectra([file])


def test_columns_that_cannot_be_told(tmp_path):
    file = tmp_path / "unknown.dat"
    rows = "\n".join(f"{8979 + i} {i} {2 * i}" for i in range(30))
    file.write_text(f"# energy  count_a  count_b\n{rows}\n")
    with pytest.raises(InputError, match=r"It has energy, count_a, count_b\. Say it"):
        read_spectra([file])
    assert read_spectra([file], mu="count_b / (count_a + 1)").mu[0, 1] == 1.0
    with pytest.raises(InputError, match=r"no column 'count_c'\. Did you mean 'count_"):
        read_spectra([file], mu="count_c")


@pytest.mark.parametrize("name", ["missing.dat", "", "folder"])
def test_files_that_are_not_there(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"There is no file|is a folder"):
        read_spectra([tmp_path / name])


def test_a_lattice_spacing_that_is_none_is_said(tmp_path):
    text = (DATA / "bad" / "bad_00.xdi").read_text()
    file = tmp_path / "a.xdi"
    file.write_text(re.sub(r"(?i)(mono\.d_spacing:).*", r"\1 foo", text))
    found = read_spectra([file])
    assert found.warnings == ("a.xdi: mono.d_spacing should be a lattice spacing in Å, not 'foo'.",)


def test_a_path_of_feff_belongs_to_another_step():
    with pytest.raises(InputError, match="path of Feff, no spectrum: give it to 'Fit a shell'"):
        read_spectra([DATA / "feffcu01.dat"])


def test_scans_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match=r"has no scan '7'\. It has 1\.1"):
        read_spectra([TUTORIAL / "map_simulated.h5"], scan="7")
    with pytest.raises(InputError, match="is no SPEC file"):
        read_spectra([DATA / "cu_10k.xmu"], scan="2")
    empty = tmp_path / "empty.h5"
    with h5py.File(empty, "w"):
        pass
    with pytest.raises(InputError, match="no scan over an energy"):
        read_spectra([empty])
    cut = tmp_path / "cut.h5"
    cut.write_bytes((TUTORIAL / "map_simulated.h5").read_bytes()[:5000])
    with pytest.raises(InputError, match="cut off"):
        read_spectra([cut])


def test_a_map_of_another_shape():
    with pytest.raises(InputError, match="4 spectra; 1 were read"):
        read_spectra([DATA / "cu_10k.xmu"], shape=(2, 2))


def project(tmp_path, text):
    file = tmp_path / "a.prj"
    file.write_bytes(
        gzip.compress(("# Athena project file -- Athena version 0.8\n" + text).encode())
    )
    return file


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "without groups"),
        ("$old_group = 'a';\n@x = ('1','2')\n", "Line 3 of a.prj is cut off"),
        ("$old_group = 'a';\n@x = ('1','b');\n@y = ('1','2');\n[record]\n", "x that is no number"),
        ("$old_group = 'a';\n@x = ('1','2');\n@y = ('1');\n[record]\n", "2 energies and 1 values"),
        (
            "$old_group = 'a';\n@x = (system 'ls');\n[record]\n",
            "no list of values|0 energies|no number",
        ),
    ],
    ids=range(5),
)
def test_damaged_projects(tmp_path, text, says):
    with pytest.raises(InputError, match=says):
        read_athena(project(tmp_path, text))


def test_a_project_that_is_cut_off(tmp_path):
    file = tmp_path / "cut.prj"
    file.write_bytes((TUTORIAL / "cu.prj").read_bytes()[:3000])
    with pytest.raises(InputError, match="cut off or damaged"):
        read_athena(file)
    with pytest.raises(InputError, match="has no group 'gold'"):
        read_athena(TUTORIAL / "cu.prj", groups=["gold"])
    with pytest.raises(InputError, match="is no Athena project"):
        read_athena(DATA / "cu_10k.xmu")


COLUMNS = {"i0": np.array([2.0, 4.0]), "it": np.array([1.0, 1.0]), "a b": np.array([5.0, 6.0])}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ln(i0 / it)", np.log([2, 4])),
        ("-ln(it/i0)", np.log([2, 4])),
        ("i0 - it - 1", [0, 2]),
        ("i0/it/2", [1, 2]),
        ("2 * (`a b` + 1e1)", [30, 32]),
        ("a b", [5, 6]),
        ("I0", [2, 4]),
        ("col3", [5, 6]),
        ("--it", [1, 1]),
        ("sqrt(i0*i0) + abs(-it)", [3, 5]),
    ],
)
def test_expressions(text, value):
    np.testing.assert_allclose(evaluate(text, COLUMNS, "here"), value)


@pytest.mark.parametrize(
    "text",
    ["i0 +", "(i0", "i0)", "i0 it", "i0 ** 2", "__import__('os')", "i0;it", "", "ln i0", "?"],
)
def test_no_expressions(text):
    with pytest.raises(InputError, match="here"):
        evaluate(text, COLUMNS, "here")


@given(st.text(alphabet="i0t+-*/()ln .1e`ab", max_size=25))
def test_any_text_is_a_value_or_a_sentence(text):
    try:
        evaluate(text, COLUMNS, "here")
    except InputError:
        pass
    names_in(text)


@pytest.mark.parametrize("name", ["cu_rt01.xmu", "feo_rt1.xdi"])
@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_are_read_or_named(tmp_path, name, seed):
    """Lines lost, doubled, cut, mixed up: a spectrum or one sentence, also while it grows."""
    chance = random.Random(seed)
    lines = (DATA / name).read_text().splitlines()
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(lines))
        change = chance.randrange(6)
        if change == 0:
            del lines[at : at + chance.randint(1, 60)]
        elif change == 1:
            lines[at] = "".join(chance.choices("0123456789.eE+-# \t,nNaA;!&", k=20))
        elif change == 2:
            lines[at:at] = [chance.choice(lines)] * chance.randint(1, 30)
        elif change == 3:
            lines[at] = lines[at].replace("1", "nan", 1)
        elif change == 4:
            lines[at] = lines[at][: chance.randint(0, 20)]
        else:
            chance.shuffle(lines)
    file = tmp_path / name
    file.write_text("\n".join(lines))
    for growing in (False, True):
        said = ""
        try:
            spectra = read_spectra([file], growing=growing)
            said = fourier_transform(remove_background(normalise(spectra))).summary
            assert (np.diff(spectra.energy) > 0).all()
        except InputError as error:
            said = str(error)
        assert said
        assert "\n" not in said
