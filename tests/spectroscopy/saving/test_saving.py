from __future__ import annotations

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import (
    back_transform,
    fourier_transform,
    normalise,
    read_athena,
    read_spectra,
    remove_background,
    save_athena,
    save_columns,
    save_nexus,
    save_xdi,
)

from ..conftest import DATA, TUTORIAL


@pytest.fixture(scope="module")
def fourier(cu_rt):
    exafs = remove_background(normalise(cu_rt, pre2=-60.0), kweight=2.0)
    return fourier_transform(exafs, kmin=3.0, kmax=14.0, dk=2.0, window="hanning")


def test_nexus_holds_every_step_with_its_parameters(fourier, tmp_path):
    import h5py

    path = save_nexus(back_transform(fourier), file=tmp_path / "out.h5")
    with h5py.File(path) as root:
        entry = root["entry"]
        assert entry["definition"].asstr()[()] == "NXxasproc"
        parameters = entry["remove_background/parameters"]
        assert parameters["kweight"][()] == 2.0
        assert parameters["nclamp"][()] == 3  # resolved, not asked for
        assert entry["fourier_transform/parameters/window"].asstr()[()] == "hanning"
        assert entry["normalise/ranges/pre2"][0] == -60
        np.testing.assert_array_equal(entry["remove_background/data/chi"][()], fourier.exafs.chi[0])
        np.testing.assert_allclose(entry["fourier_transform/data/chir_mag"], fourier.magnitude[0])
        assert entry["back_transform/data"].attrs["signal"] == "chiq_re"
        default = root[root.attrs["default"]]
        plot = default[default.attrs["default"]]
        assert plot[plot.attrs["default"]].attrs["NX_class"] == "NXdata"
    again = read_spectra([path])
    np.testing.assert_array_equal(again.mu, fourier.spectra.mu)
    assert normalise(again, pre2=-60.0).edge_step[0] == fourier.normalised.edge_step[0]


def test_nexus_of_a_map(tmp_path):
    spectra = read_spectra([TUTORIAL / "map_simulated.h5"])
    path = save_nexus(normalise(spectra), file=tmp_path / "map.h5")
    again = read_spectra([path])
    assert again.shape == spectra.shape
    good = [i for i in range(len(spectra)) if i not in spectra.problems]
    np.testing.assert_array_equal(again.mu[good], spectra.mu[good])


def test_columns(fourier, tmp_path):
    for suffix, x, y, step in (
        (".nor", 0, 2, fourier.normalised.flat(0)[0]),
        (".chik", 0, 1, fourier.exafs.chi[0]),
        (".chir", 0, 3, fourier.magnitude[0]),
    ):
        path = save_columns(fourier, file=tmp_path / f"cu{suffix}")
        table = np.loadtxt(path)
        np.testing.assert_allclose(table[:, y], step, rtol=1e-7, atol=1e-9)
        assert (np.diff(table[:, x]) > 0).all()
        header = path.read_text().splitlines()
        assert any("edge_step" in line for line in header)
    with pytest.raises(InputError, match=r"takes χ\(q\), to which these data have not come"):
        save_columns(fourier, file=tmp_path / "cu.chiq")
    again = read_spectra([save_columns(fourier, file=tmp_path / "cu.xmu")])
    np.testing.assert_allclose(again.mu, fourier.spectra.mu, rtol=1e-7)


def test_columns_of_several_are_read_again(tmp_path):
    project = read_athena(TUTORIAL / "cu.prj")
    path = save_columns(project.spectra, file=tmp_path / "all.xmu")
    again = read_spectra([path], mu="all")
    assert again.names == project.spectra.names
    seen = np.isfinite(project.spectra.mu)
    np.testing.assert_allclose(again.mu[seen], project.spectra.mu[seen], rtol=1e-7)


def test_xdi_is_read_again_with_what_it_said(tmp_path):
    oxide = read_spectra([DATA / "feo_rt1.xdi"])
    path = save_xdi(normalise(oxide), file=tmp_path / "again.xdi")
    again = read_spectra([path])
    np.testing.assert_allclose(again.mu, oxide.mu, rtol=1e-8)
    assert (again.element, again.edge) == ("Fe", "K")
    assert again.notes["mono.d_spacing"] == oxide.notes["mono.d_spacing"]
    assert again.notes["comments"] == oxide.notes["comments"]
    assert not again.warnings


def test_xdi_asks_for_what_the_format_asks_for(cu_rt, tmp_path):
    with pytest.raises(InputError, match="normalise the spectrum first"):
        save_xdi(cu_rt, file=tmp_path / "a.xdi")
    with pytest.raises(InputError, match="d spacing"):
        save_xdi(normalise(cu_rt), file=tmp_path / "a.xdi")
    save_xdi(normalise(cu_rt), file=tmp_path / "a.xdi", d_spacing=3.13553)
    assert not list(tmp_path.glob(".*"))


def test_an_athena_project_is_read_again(fourier, tmp_path):
    path = save_athena(fourier, file=tmp_path / "out.prj")
    again = read_athena(path)
    assert again.normalised.e0[0] == pytest.approx(fourier.normalised.e0[0])
    assert again.normalised.edge_step[0] == pytest.approx(fourier.normalised.edge_step[0], rel=1e-6)
    np.testing.assert_allclose(again.exafs.chi[0], fourier.exafs.chi[0], atol=1e-6)
    assert again.fourier.peak() == pytest.approx(fourier.peak(), rel=1e-5)


def test_larch_reads_our_project(fourier, tmp_path, larch):
    from beamcanvas.spectroscopy.larch import quiet

    path = save_athena(fourier, file=tmp_path / "out.prj")
    with quiet():
        from larch.io import read_athena as larch_read

        (group,) = larch_read(str(path)).groups.values()
    np.testing.assert_allclose(group.mu, fourier.spectra.mu[0], rtol=1e-9)
    assert float(group.athena_params.bkg.rbkg) == 1.0
    assert float(group.athena_params.fft.kmin) == 3.0


def test_nothing_is_replaced_unless_asked(fourier, tmp_path):
    path = save_columns(fourier, file=tmp_path / "cu.chik")
    before = path.read_bytes()
    for save, name in ((save_columns, "cu.chik"), (save_nexus, "cu.chik")):
        with pytest.raises(InputError, match="it is there already"):
            save(fourier, file=tmp_path / name, existing="keep")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
