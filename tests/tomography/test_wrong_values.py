"""Values that no experiment has: one sentence, whether they are typed or the file has them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.task import task_of
from beamcanvas.tomography import (
    TomoScan,
    cast_volume,
    convert_edf,
    edit_scan,
    export_nabu_conf,
    import_nabu_conf,
    open_scan,
    plan_volume,
    reconstruct_slices,
    reconstruct_volume,
    retrieve_phase,
    retrieve_phase_ctf,
    stitch_volumes,
    try_delta_beta,
)

#: a parameter of a task, and values that it can't have
TYPED: list[tuple[Callable[..., Any], str, tuple[Any, ...]]] = [
    (edit_scan, "energy", (0, -1, np.nan, np.inf)),
    (edit_scan, "distance", (0, -1, np.nan, np.inf)),
    (edit_scan, "pixel_width", (0, -1, np.nan, np.inf)),
    (edit_scan, "x_translation", (np.nan, np.inf, -np.inf)),
    (retrieve_phase, "energy", (0, -1, np.nan, np.inf)),
    (retrieve_phase_ctf, "distance", (0, -1, np.nan, np.inf)),
    (try_delta_beta, "values", ([np.nan], [0.0], [1e300], [-1.0, 5.0], [])),
    (try_delta_beta, "highest", (np.nan, np.inf, 1e300)),
    (plan_volume, "file", ("", "\0", "a" * 300, "a" * 300 + "/b")),
]


@pytest.mark.parametrize(("task", "name", "values"), TYPED)
def test_a_value_that_cannot_be(
    simulated: TomoScan, task: Callable[..., Any], name: str, values: tuple[Any, ...]
) -> None:
    scan = replace(simulated, centre=50.25)
    for value in values:
        with pytest.raises(InputError) as raised:
            task_of(task).run({"scan": scan, name: value})
        assert str(raised.value).endswith(".")


@pytest.mark.parametrize("value", [0.0, -3.0, np.nan, np.inf, 1e300])
@pytest.mark.parametrize("task", [retrieve_phase, retrieve_phase_ctf])
def test_a_plain_call_is_told_too(
    simulated: TomoScan, task: Callable[..., TomoScan], value: float
) -> None:
    for name in ("energy", "distance", "pixel_size"):
        with pytest.raises(InputError, match="body: phase retrieval can't be done for"):
            task(simulated, **{name: value})
    with pytest.raises(InputError, match="δ/β should be more than 0, up to 1e"):
        task(simulated, delta_beta=value)


@pytest.mark.parametrize("path", ["instrument/beam/incident_energy", "sample/propagation_distance"])
def test_a_file_with_an_absurd_experiment(simulated: TomoScan, tmp_path: Path, path: str) -> None:
    file = Path(shutil.copy(simulated.file, tmp_path / "scan.nx"))
    with h5py.File(file, "a") as root:
        del root[f"entry0000/{path}"]
        root[f"entry0000/{path}"] = 1e300
    with pytest.raises(InputError, match="scan: phase retrieval can't be done for"):
        retrieve_phase(open_scan(file))


def test_a_scan_whose_file_became_another(simulated: TomoScan, tmp_path: Path) -> None:
    file = Path(shutil.copy(simulated.file, tmp_path / "scan.nx"))
    scan = replace(simulated, file=file, centre=50.25)
    with h5py.File(file, "a") as root:
        data = root["entry0000/instrument/detector/data"][:, :10]
        del root["entry0000/instrument/detector/data"]
        root["entry0000/instrument/detector/data"] = data
    with pytest.raises(InputError, match=r"105 × 10 × 96 .* had 105 × 20 × 96; open it again"):
        reconstruct_slices(scan)


def test_volumes_that_changed_or_have_no_end(simulated: TomoScan, tmp_path: Path) -> None:
    scan = replace(simulated, centre=50.25)
    volume = reconstruct_volume(scan, file=tmp_path / "v.hdf5", last_row=3)
    for ends in ({"low": -np.inf}, {"high": np.inf}):
        with pytest.raises(InputError, match="the highest value"):
            cast_volume(volume, file=tmp_path / "cast", **ends)
    # no further than the volumes reach, however far is asked for
    with pytest.raises(InputError, match="overlap by more than a neighbour does"):
        stitch_volumes([volume, volume], overlap=2, search=10**12)  # they are the same
    reconstruct_volume(scan, file=volume.path, last_row=1, existing="replace")
    with pytest.raises(InputError, match="no longer 4 × 96 × 96; open it again"):
        cast_volume(volume, file=tmp_path / "cast")


def test_names_that_are_not_said(tmp_path: Path) -> None:
    (tmp_path / "x_0000.edf").write_bytes(b"")
    for which in ("darks", "flats"):
        with pytest.raises(InputError, match=f"names of the {which} start is not said"):
            convert_edf(tmp_path, **{which: " , "})


@pytest.mark.parametrize(
    ("key", "value"), [("binning", "0"), ("binning_z", "nan"), ("end_x", "nan"), ("start_z", "inf")]
)
def test_a_nabu_conf_with_numbers_that_are_none(
    simulated: TomoScan, tmp_path: Path, key: str, value: str
) -> None:
    centred = replace(simulated, centre=50.25)
    file = export_nabu_conf(centred, file=tmp_path / "nabu.conf")
    text, count = re.subn(f"^{key} *=.*$", f"{key} = {value}", file.read_text(), flags=re.MULTILINE)
    assert count == 1
    file.write_text(text)
    with pytest.raises(InputError, match=r"nabu\.conf: .*should be"):
        import_nabu_conf(file)
