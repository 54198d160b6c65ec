"""Saving what every analyser counted: NeXus, or columns for programs that sum them up."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ... import __version__
from ...output_file import replacing
from ...task import Existing, Param, task
from ..files.nexus import describe, note
from ..files.raw import write_origins
from .patterns import AnalyzerPatterns

_COLUMNS = (".spec", ".dat", ".adv")


@task(title="Save analysers", output="file", requires="powder")
def save_analyzers(
    patterns: AnalyzerPatterns,
    *,
    file: Annotated[
        Path, Param(path="save", filter="NeXus (*.h5 *.nxs);;SPEC columns (*.spec *.dat *.adv)")
    ],
    existing: Existing = "keep",
) -> Path:
    """Save the rebinned patterns of all analysers in one file, before they are merged.

    As NeXus with counts, monitors, the stage and the scans. With the suffix ``.spec``,
    ``.dat`` or ``.adv`` as SPEC columns: the angle, the counts of each analyser and their
    mean, the monitor of each analyser and its mean.

    Parameters
    ----------
    patterns:
        What each analyser counted.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.

    Raises
    ------
    InputError
        When the file can't be written, or is there and to be kept.
    """
    import h5py

    with replacing(file, ".h5", existing) as (path, new):
        if path.suffix.lower() in _COLUMNS:
            _write_columns(new, path.name, patterns)
        else:
            with h5py.File(new, "w") as root:
                _write_nexus(root, patterns, path.absolute().parent)
    return path


def _write_columns(new: Path, name: str, patterns: AnalyzerPatterns) -> None:
    count = len(patterns.counts)
    labels = ["2_theta", *(f"MA{i}" for i in range(count)), "MAav"]
    labels += [*(f"Mon{i}" for i in range(count)), "Monav"]
    columns = [patterns.two_theta]
    for values in (patterns.counts, patterns.monitor):
        columns += [*values, values.mean(axis=0)]
    with new.open("w", encoding="utf-8") as stream:
        stream.write(f"#F {name}\n\n#S 1 rebinned {' '.join(patterns.scans)}\n")
        stream.write(f"#N {len(labels)}\n#L {'  '.join(labels)}\n")
        np.savetxt(stream, np.column_stack(columns), fmt="%.10g")


def _write_nexus(root: Any, patterns: AnalyzerPatterns, folder: Path) -> None:
    describe(root, "NXroot", "entry")
    root.attrs["creator"] = "beamcanvas"
    root.attrs["creator_version"] = __version__
    entry = describe(root.create_group("entry"), "NXentry", "rebin")
    entry["title"] = patterns.source
    describe(entry.create_group("measurement"), "NXcollection")
    write_origins(entry, patterns.origins, folder)
    process = describe(entry.create_group("rebin"), "NXprocess", "result")
    process["program"] = "beamcanvas"
    process["version"] = __version__
    process["date"] = datetime.now(UTC).isoformat(timespec="seconds")
    process["scans"] = list(patterns.scans)
    for name, told in (("settings", patterns.settings), ("stage", asdict(patterns.stage))):
        note(process, name, "application/json", json.dumps(told, indent=1))
    if patterns.warnings:
        process["warnings"] = list(patterns.warnings)
    data = describe(process.create_group("result"), "NXdata")
    data.attrs.update(signal="intensity", interpretation="spectrum")
    data.attrs["axes"] = ["analyser", "2th"]
    data["title"] = patterns.source
    data["analyser"] = np.arange(len(patterns.counts))
    data["2th"] = patterns.two_theta
    data["2th"].attrs.update(units="deg", long_name="2θ (°)")
    data["efficiency"] = [a.efficiency for a in patterns.stage.analyzers]
    for name, values, unit in (
        ("intensity", patterns.intensity, ""),
        ("counts", patterns.counts, "counts"),
        ("monitor", patterns.monitor, "counts"),
    ):
        data.create_dataset(name, data=values, compression="gzip", shuffle=True)
        if unit:
            data[name].attrs["units"] = unit
    data["intensity"].attrs["long_name"] = "Counts per monitor count"
