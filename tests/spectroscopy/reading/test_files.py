"""Files of all kinds, from real beamlines, with no more than their name."""

from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import normalise, read_athena, read_spectra

from ..conftest import BALDER, DATA, TUTORIAL

#: file; energy, mu and foil as guessed; points; E0
DIALECTS = [
    ("demeter/cu050k.dat", ("energy", "xmu", ""), 620, 8977.58),
    ("est/EXAFS_Cu.dat", ("Column 1", "`Column 2`", ""), 1461, 8981.11),
    ("parseq_xas/Cu_rt1.fio", ("CU_RT_00001R1", "`CU_RT_00001R1_2`", ""), 848, 8978.808),
    ("xraylarch/feo_exafs_pnccat2001.dat", ("Mono Energy *", "ln(I0 / I1)", ""), 412, 7122.927),
    ("xraylarch/sno2_l3.dat", ("energy", "mu", ""), 208, 3939.21),
    ("xraylarch/znse_zn_xafs.001", ("Energy", "ln(I0 / I1)", ""), 469, 9663.75),
    ("xraylarch/v_foil.xdi", ("energy", "ln(i0 / i1)", ""), 463, 5465.507),
    ("xraylarch/cu_romanglass.xdi", ("energy", "mufluor", "ln(itrans / irefer)"), 473, 8982.954),
    ("xraylarch/beamlines/NSLS6BM_2019.dat", ("energy", "xmu", "ln(It / Ir)"), 352, 5467.0),
    (
        "xraylarch/beamlines/SSRL1_2006.dat",
        ("Achieved Energy", "ln(I0 / I1)", "ln(I1 / I2)"),
        455,
        25521.05,
    ),
    ("xdi/data/se_znse_rt.xdi", ("energy", "ln(i0 / itrans)", ""), 469, 12657.5),
    ("synthetic/bliss_like_bm23.h5", ("energy_enc", "mu_trans", "mu_ref"), 1800, 8980.8),
]


@pytest.mark.parametrize(("name", "roles", "points", "e0"), DIALECTS, ids=lambda v: str(v)[:40])
def test_columns_are_guessed(shared, name, roles, points, e0):
    spectra = read_spectra([shared / name])
    assert tuple(spectra.notes[r] for r in ("energy", "mu", "reference")) == roles
    assert len(spectra.energy) == points
    assert (np.diff(spectra.energy) > 0).all()
    assert normalise(spectra).e0[0] == pytest.approx(e0, abs=0.01)


def test_fluorescence_of_the_line_whose_edge_is_there(shared):
    files = [shared / f"xraylarch/fexafs/fexanes_{x}.001" for x in "abc"]
    spectra = read_spectra(files, mode="fluorescence")
    assert spectra.notes["mu"] == "Sum_Fe_Ka / I0"  # there is Sum_Ca_Ka before it
    assert spectra.shape == (3,)
    assert normalise(spectra).e0 == pytest.approx(np.full(3, 7119.5), abs=2)


def test_units_that_files_do_not_say(shared):
    spec = read_spectra([shared / "demeter/snbl.dat"])
    assert spec.energy[0] == pytest.approx(11050, abs=1)
    assert "taken as keV" in spec.warnings[0]
    angles = shared / "demeter/dubble.dat"
    with pytest.raises(InputError, match="energies are angles"):
        read_spectra([angles], mu="col4 / col3")
    spectra = read_spectra([angles], mu="col4 / col3", d_spacing=3.13553)
    assert spectra.energy[[0, -1]] == pytest.approx([12434.3, 13627.4], abs=1)


def test_a_scan_of_several_passes_is_split(shared):
    file = shared / "synthetic/bliss_like_bm23.h5"
    spectra = read_spectra([file], scan="2.1", trim=2)
    assert len(spectra) == 6
    assert normalise(spectra).e0 == pytest.approx(np.full(6, 8981.1), abs=0.5)
    assert "pass 2 down" in spectra.names[1]
    broken_off = read_spectra([file], scan="3")
    assert len(broken_off) == 3
    assert not broken_off.growing
    assert "was not finished" in broken_off.warnings[-1]
    assert read_spectra([file], scan="3", growing=True).growing
    assert not read_spectra([file], scan="2", growing=True).growing  # it says that it ended


def test_several_files_on_the_energies_of_the_first(shared):
    files = [shared / f"parseq_xas/Cu-foil_EXAFS_230{n}.dat" for n in (68, 69, 70)]
    same = read_spectra(files, mu=BALDER)
    assert same.mu.shape == (3, 4096)
    assert not same.warnings
    others = read_spectra([shared / "xraylarch/cu_10k.xmu", shared / "xraylarch/cu_rt01.xmu"])
    assert "1 of 2 spectra are on energies of their own" in others.warnings[-1]
    assert np.isnan(others.mu[1, -1])  # it ends earlier
    assert normalise(others).e0 == pytest.approx([8977.58, 8980.5], abs=1.1)
    iron = read_spectra([DATA / "cu_10k.xmu", DATA / "feo_rt1.xdi"])
    assert "others altogether" in iron.problems[1]
    assert list(normalise(iron).problems) == [1]


def test_every_column_is_a_spectrum(shared):
    spectra = read_spectra([shared / "parseq_xas/cu-ref-mix.res"])
    assert len(spectra) == 19
    assert spectra.names[-1] == "mix2"
    assert not normalise(spectra).problems


@pytest.mark.parametrize("bad", sorted((DATA / "bad").glob("*.xdi")), ids=lambda p: p.stem)
def test_bad_xdi_is_a_sentence_or_a_warning(bad):
    sentences = {
        "bad_00": None,
        "bad_01": "does not begin with '# XDI/1.0'",
        "bad_02": "does not say which edge",
        "bad_03": "does not say which element",
        "bad_04": "its edge is no edge: 'Foo'",
        "bad_07": "its header names no columns",
        "bad_11": "begins with '!'",
        "bad_13": "Line 31 of bad_13.xdi has 3 numbers, the lines before have 4",
        "bad_20": "Line 8 of bad_20.xdi should be 'Family.key: value'",
        "bad_25": None,
        "bad_33": "should be a temperature with its unit, not '300.0a K'",
    }
    expected = sentences[bad.stem]
    try:
        said = read_spectra([bad]).warnings
    except InputError as error:
        said = (str(error),)
    if expected is None:
        assert not said
    else:
        assert expected in " ".join(said)


def test_athena_projects_of_both_kinds(shared):
    folder = shared / "xraylarch/AthenaProjectFiles"
    old = read_spectra([TUTORIAL / "cyanobacteria.prj"])
    assert (len(old), old.element, old.edge) == (17, "Au", "L3")
    one = read_spectra([TUTORIAL / "cyanobacteria.prj"], scan="Au foil")
    assert one.names == ("Au foil",)
    json_like = read_spectra([folder / "json_unzipped.prj"])
    assert len(json_like) == 4
    titles_with_lists = read_spectra([folder / "ESRF_Athena0926.prj"])
    assert len(titles_with_lists) == 2


def test_a_map(shared):
    spectra = read_spectra([TUTORIAL / "map_simulated.h5"])
    assert spectra.shape == (20, 24)
    assert "dead channel" in spectra.problems[3 * 24 + 5]
    assert "are no numbers" in spectra.problems[14 * 24 + 20]
    assert len(spectra.problems) == 2


def test_a_name_does_for_a_path():
    assert len(read_spectra([str(TUTORIAL / "EXAFS_Cu.dat")]).energy) == 1461
    assert len(read_athena(str(TUTORIAL / "cu.prj"), groups=["cu010k.dat"]).spectra) == 1


def test_an_example_is_of_counters(tmp_path):
    rows = np.column_stack([np.arange(50), np.linspace(8900, 9100, 50), np.full(50, 0.1)])
    counts = np.random.default_rng(0).normal(100, 5, (50, 2))
    file = tmp_path / "scan.dat"
    np.savetxt(file, np.hstack([rows, counts]), header="Pt_No mono_energy dt ch_a ch_b")
    with pytest.raises(InputError, match=r"such as ln\(ch_a / ch_b\)"):
        read_spectra([file])
