"""Scans of ID22's analyser stage as a SPEC file, for programs that know no HDF5."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...output_file import replacing
from ...task import SILENT, Existing, Param, Progress, task
from .roi_scan import Layout, Order, RoiScan, open_scans

Array = NDArray[np.float64]

#: Slow counters as ID22's SPEC files call them; others keep their own names.
_NAMES = {
    "blower_in": "blowerT",
    "ox700": "Cryostream",
    "ls340_A": "Cryostat",
    "pace_in": "Press_in",
    "pace_press": "Press_out",
}
_CLOCKS = ("epoch_trig", "epoch")
_NOT_COUNTERS = ("elapsed_time", "timer_delta", *_CLOCKS)


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
        Order | None,
        Param(label="Order in a frame", auto="as the file says", group="File", more=True),
    ] = None,
    counter: Annotated[
        str, Param(label="Counts", group="File", more=True)
    ] = "eiger_roi_collection",
    monitor: Annotated[str, Param(group="File", more=True)] = "mon",
    progress: Progress = SILENT,
) -> Path:
    """Write scans as SPEC columns: the arm's angle, what each analyser counted, all counters.

    The rows of each strip are added up as they are: for a quick look, and for programs that
    want columns. For a pattern, rebin. Slow counters of the scan, temperatures and pressures,
    take the value that is nearest in time.

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
        How the strips are stored in a frame, slowest first, where the file doesn't say for each
        number in it where it was counted.
    counter:
        Name of the counts in the file.
    monitor:
        Name of the beam monitor in the file.

    Raises
    ------
    InputError
        When the file or a scan is missing or cut off, its frames have another size, or the
        output can't be written, or is there and to be kept.
    """
    layout = Layout(analysers, rows, order)
    with (
        open_scans(Path(file), list(scans), counter, monitor, layout) as found,
        replacing(output, ".spec", existing) as (path, new),
        new.open("w", encoding="utf-8") as stream,
    ):
        stream.write(f"#F {path.name}\n#C from {Path(file).name}\n")
        for number, scan in enumerate(found, 1):
            further = _further(scan)
            labels = ["2_theta", *(f"MA{i}" for i in range(analysers)), "Monitor", *further]
            stream.write(_heading(number, scan, labels))
            formats = ["%.10g"] * (analysers + 2) + ["%.16g"] * len(further)
            for part, counts in scan.blocks(layout):
                progress(part.start / len(scan.arm), f"Scan {scan.entry}")
                columns = [scan.arm[part], *counts.sum(axis=2).T, scan.monitor[part]]
                columns += [values[part] for values in further.values()]
                np.savetxt(stream, np.column_stack(columns), fmt=formats)
    return path


def _further(scan: RoiScan) -> dict[str, Array]:
    """Clock, rotation of the sample and slow counters at each frame, as SPEC names them."""
    fast = _counters(scan.group.get("measurement"), len(scan.arm))
    clock = next((fast[name] for name in _CLOCKS if name in fast), None)
    found = {} if clock is None else {"Epoch": clock}
    if "om" in fast:
        found["Omega"] = fast["om"]
    number = scan.entry.partition(".")[0]
    slow = _counters(scan.group.parent.get(f"{number}.2/measurement"))
    times = slow.get("epoch")
    if clock is None or times is None or not len(times):
        return found
    order = np.argsort(times, kind="stable")
    after = np.clip(np.searchsorted(times[order], clock), 1, max(len(times) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    nearer = np.abs(times[order][after] - clock) < np.abs(clock - times[order][before])
    nearest = order[np.where(nearer, after, before)]
    for name, values in slow.items():
        if name not in _NOT_COUNTERS and len(values) == len(times):
            found[_NAMES.get(name, name)] = values[nearest]
    return found


def _counters(measurement: Any, least: int = 1) -> dict[str, Array]:
    """The counters of at least so many points."""
    found = {}
    for name in measurement if measurement is not None else ():
        values = measurement.get(name)  # None for a link that leads nowhere
        if values is not None and values.ndim == 1 and values.dtype.kind in "iuf":
            if len(values) >= least:
                found[name] = np.asarray(values[()], dtype=float)
    return found


def _heading(number: int, scan: RoiScan, labels: list[str]) -> str:
    title = scan.title or f"fscan of {scan.entry}"
    lines = ["", f"#S {number} {title}", f"#C scan {scan.entry}"]
    if scan.start_time:
        lines.append(f"#D {scan.start_time}")
    # SPEC parts names by two spaces
    lines += [f"#N {len(labels)}", f"#L {'  '.join(labels)}"]
    return "\n".join(lines) + "\n"
