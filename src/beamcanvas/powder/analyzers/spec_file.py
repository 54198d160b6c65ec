"""Scans of ID22's analyser stage as a SPEC file, for programs that know no HDF5."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from .roi_scan import Layout, RoiScan, open_scans


@task(title="Convert to SPEC", output="converted", requires="powder")
def convert_to_spec(
    file: Annotated[Path, Param(path="open", filter="Scans (*.h5 *.hdf5);;All files (*)")],
    output: Annotated[Path, Param(path="save", filter="SPEC (*.spec *.dat)")],
    *,
    existing: Existing = "keep",
    scans: list[str] = [],  # noqa: B006 - never changed; a list is what the panel shows
    analysers: Annotated[int, Param(ge=1, group="File", more=True)] = 13,
    rows: Annotated[int, Param(ge=1, label="Rows of a strip", group="File", more=True)] = 512,
    order: Annotated[
        Literal["column, analyser, row", "analyser, column, row", "analyser, row, column"],
        Param(label="Order in a frame", group="File", more=True),
    ] = "column, analyser, row",
    counter: Annotated[
        str, Param(label="Counts", group="File", more=True)
    ] = "eiger_roi_collection",
    monitor: Annotated[str, Param(group="File", more=True)] = "mon",
    progress: Progress = SILENT,
) -> Path:
    """Write scans as SPEC columns: the arm's angle, what each analyser counted, the monitor.

    The rows of each strip are added up as they are: for a quick look, and for programs that
    want columns. For a pattern, rebin.

    Parameters
    ----------
    file:
        File of the scans, as the beamline's BLISS writes it.
    output:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.
    scans:
        Names of the scans, such as 1.1; none: all scans of the arm.
    analysers:
        Number of analysers.
    rows:
        Rows of the strip behind each analyser.
    order:
        How the strips are stored in a frame, slowest first.
    counter:
        Name of the counts in the file.
    monitor:
        Name of the beam monitor in the file.

    Raises
    ------
    InputError
        When the file or a scan is missing or cut off, its frames have another size, or the
        output can't be written.
    """
    layout = Layout(analysers, rows, order)
    with (
        open_scans(Path(file), list(scans), counter, monitor, layout) as found,
        replacing(output, ".spec", existing) as (path, new),
        new.open("w", encoding="utf-8") as stream,
    ):
        stream.write(f"#F {path.name}\n#C from {Path(file).name}\n")
        for number, scan in enumerate(found, 1):
            stream.write(_heading(number, scan, analysers))
            for part, counts in scan.blocks(layout):
                progress(part.start / len(scan.arm), f"Scan {scan.entry}")
                columns = [scan.arm[part, None], counts.sum(axis=2), scan.monitor[part, None]]
                np.savetxt(stream, np.hstack(columns), fmt="%.10g")
    return path


def _heading(number: int, scan: RoiScan, analysers: int) -> str:
    labels = ["2_theta", *(f"MA{i}" for i in range(analysers)), "Monitor"]
    title = scan.title or f"fscan of {scan.entry}"
    return (
        f"\n#S {number} {title}\n#C scan {scan.entry}\n#N {len(labels)}\n#L {'  '.join(labels)}\n"
    )
