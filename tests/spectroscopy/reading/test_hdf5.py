"""HDF5 as others write it: NXxas, est's files, while it is written with SWMR."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.spectroscopy import normalise, read_spectra


@pytest.fixture
def nxxas(cu_rt, tmp_path):
    """As the application definition NXxas says; what is left out is given by name."""

    def make(mode: str = "Transmission", without: tuple[str, ...] = (), unit: str = "eV"):
        file = tmp_path / "nxxas.nxs"
        i0 = np.linspace(1e6, 9e5, len(cu_rt.energy))
        transmission = mode == "Transmission"
        beam = i0 * np.exp(-cu_rt.mu[0]) if transmission else i0 * cu_rt.mu[0]
        datasets = {
            "instrument/monochromator/energy": cu_rt.energy / (1000 if unit == "keV" else 1),
            "instrument/incoming_beam/data": i0,
            "instrument/absorbed_beam/data": beam,
        }
        with h5py.File(file, "w") as root:
            entry = root.create_group("entry")
            entry.attrs["NX_class"] = "NXentry"
            entry["definition"] = "NXxas"
            entry["mode"] = mode
            entry["sample/name"] = "Cu foil"
            for path, values in datasets.items():
                if not any(word in path for word in without):
                    entry[path] = values
            if "energy" not in without:
                entry["instrument/monochromator/energy"].attrs["units"] = unit
        return file

    return make


@pytest.mark.parametrize("mode", ["Transmission", "Fluorescence Yield"])
@pytest.mark.parametrize("unit", ["eV", "keV"])
def test_nxxas(nxxas, cu_rt, mode, unit):
    spectra = read_spectra([nxxas(mode, unit=unit)])
    np.testing.assert_allclose(spectra.mu, cu_rt.mu, rtol=1e-9)
    np.testing.assert_allclose(spectra.energy, cu_rt.energy, rtol=1e-12)
    assert spectra.notes["title"] == "Cu foil"
    assert not spectra.warnings


def test_nxxas_that_lacks_something(nxxas, cu_rt):
    only_mu = read_spectra([nxxas(without=("incoming_beam",))])
    assert only_mu.notes["mu"] == "absorbed"
    with pytest.raises(InputError, match="says it is NXxas but has no monochromator's energy"):
        read_spectra([nxxas(without=("energy",))])
    with pytest.raises(InputError, match="has no absorbed beam"):
        read_spectra([nxxas(without=("absorbed_beam",))])


def test_while_it_is_written_with_swmr(cu_rt, tmp_path):
    file = tmp_path / "swmr.h5"
    with h5py.File(file, "w", libver="latest", locking=False) as root:
        group = root.create_group("1.1/measurement")
        energy = group.create_dataset("energy", (0,), float, maxshape=(None,), chunks=(64,))
        mu = group.create_dataset("mu", (0,), float, maxshape=(None,), chunks=(64,))
        root.swmr_mode = True
        for points in (100, 250):
            energy.resize((points,))
            energy[:] = cu_rt.energy[:points]
            energy.flush()
            mu.resize((points - 3,))  # the counters are not in step
            mu[:] = cu_rt.mu[0, : points - 3]
            mu.flush()
            spectra = read_spectra([file], growing=True)
            assert spectra.growing
            np.testing.assert_array_equal(spectra.mu[0], cu_rt.mu[0, : points - 3])


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1)])
def test_maps_with_the_energy_first_or_last(cu_rt, tmp_path, axes):
    part = slice(0, 300)
    cube = np.arange(6).reshape(2, 3, 1) * 0.1 + cu_rt.mu[0, part]
    file = tmp_path / "map.h5"
    with h5py.File(file, "w") as root:
        root["scan/energy"] = cu_rt.energy[part]
        root["scan/mu"] = np.transpose(cube, axes)
    spectra = read_spectra([file])
    assert spectra.shape == (2, 3)
    np.testing.assert_array_equal(spectra.mu[4], cube[1, 1])
    assert normalise(spectra).e0 == pytest.approx(np.full(6, 8980.5))


def test_a_map_without_the_energy_among_its_axes(cu_rt, tmp_path):
    file = tmp_path / "map.h5"
    with h5py.File(file, "w") as root:
        root["scan/energy"] = cu_rt.energy
        root["scan/mu"] = np.zeros((4, 5, 6))
    with pytest.raises(InputError, match="none of its axes is the energy"):
        read_spectra([file])
