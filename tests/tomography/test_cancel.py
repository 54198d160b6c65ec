"""Every step that takes a while ends when it is asked to, and leaves nothing half done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from beamcanvas.errors import Cancelled
from beamcanvas.task import Progress
from beamcanvas.tomography import (
    Scans,
    TomoScan,
    add_darks_and_flats,
    cast_volume,
    check_sample_moved,
    concatenate_scans,
    convert_tiff,
    find_centre,
    find_scans,
    normalise_projections,
    open_scan,
    open_scans,
    plan_volume,
    reconstruct_part,
    reconstruct_scans,
    reconstruct_slices,
    reconstruct_volume,
    reduce_darks_and_flats,
    save_scan,
    stitch_volumes,
    try_centres,
    try_delta_beta,
)
from beamcanvas.tomography.simulated.scan import simulate_scan

Step = Callable[[TomoScan, Path, Progress], Any]


def _tiff(scan: TomoScan, folder: Path, progress: Progress) -> None:
    radios = folder / "radios"
    for n in range(4):
        tifffile.imwrite(radios / f"radio_{n}.tif", np.full((4, 6), n, np.uint16))
    convert_tiff(radios, file=folder / "new.nx", progress=progress)


def _moved(scan: TomoScan, folder: Path, progress: Progress) -> None:
    file = simulate_scan(folder / "turns.nx", rows=4, columns=32, projections=40, span=400)
    check_sample_moved(reduce_darks_and_flats(open_scan(file)), progress=progress)


def _volume(scan: TomoScan, folder: Path) -> Any:
    return reconstruct_volume(scan, file=folder / "made.hdf5", last_row=1)


#: all that take a progress, but for the conversions that nxtomomill does
STEPS: dict[str, Step] = {
    "add darks and flats": lambda s, f, p: add_darks_and_flats(
        s, s, file=f / "new.nx", frames="copy", progress=p
    ),
    "cast": lambda s, f, p: cast_volume(_volume(s, f), file=f / "new.hdf5", progress=p),
    "convert tiff": _tiff,
    "find centre": lambda s, f, p: find_centre(s, progress=p),
    "find scans": lambda s, f, p: find_scans(f, progress=p),
    "join": lambda s, f, p: concatenate_scans(
        Scans((s, s)), file=f / "new.nx", frames="copy", progress=p
    ),
    "many centres": lambda s, f, p: try_centres(s, progress=p),
    "many delta/beta": lambda s, f, p: try_delta_beta(s, progress=p),
    "normalise": lambda s, f, p: normalise_projections(s, progress=p),
    "open": lambda s, f, p: open_scans([s.file, s.file], progress=p),
    "part": lambda s, f, p: reconstruct_part(plan_volume(s, file=f / "new"), progress=p),
    "reduce": lambda s, f, p: reduce_darks_and_flats(s, existing="replace", folder=f, progress=p),
    "sample moved": _moved,
    "save": lambda s, f, p: save_scan(s, file=f / "new.nx", frames="copy", progress=p),
    "scans": lambda s, f, p: reconstruct_scans(Scans((s, s)), s, progress=p),
    "slices": lambda s, f, p: reconstruct_slices(s, progress=p),
    "slices upright": lambda s, f, p: reconstruct_slices(s, plane="XZ", progress=p),
    "stitch": lambda s, f, p: stitch_volumes([_volume(s, f)] * 2, file=f / "new.hdf5", progress=p),
    "volume": lambda s, f, p: reconstruct_volume(s, file=f / "new", progress=p),
}


@pytest.fixture
def scan(simulated: TomoScan, tmp_path: Path) -> TomoScan:
    """The simulated scan in a folder of its own."""
    file = tmp_path / "scan.nx"
    shutil.copy(simulated.file, file)
    return replace(reduce_darks_and_flats(open_scan(file)), centre=50.25)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_ends_when_asked(name: str, scan: TomoScan, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    (folder / "radios").mkdir(parents=True)
    with pytest.raises(Cancelled):
        STEPS[name](scan, folder, Progress(is_cancelled=lambda: True))
    new = [path.name for path in folder.rglob("*") if "new" in path.name or path.name[0] == "."]
    assert new == []
