"""Scans of a beamline, and the tasks that read and normalise them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from beamcanvas import InputError
from beamcanvas.nexus.nxdata import Axis, NXData
from beamcanvas.task import Param, task


@dataclass(frozen=True)
class Scan:
    """Counts of the detector and of the monitor before the sample, point by point."""

    position: NDArray[np.float64]  #: of the motor, mm
    counts: NDArray[np.float64]
    errors: NDArray[np.float64]  #: standard deviations of the counts
    monitor: NDArray[np.float64]

    def nxdata(self) -> NXData:
        """The counts over the position, for previews and for NeXus files."""
        return NXData(
            name="counts",
            signal=self.counts,
            errors=self.errors,
            axes=(Axis(name="position", values=self.position, unit="mm"),),
            title="Scan",
        )

    def summary(self) -> str:
        """The words below a window and in lists."""
        first, last = self.position[[0, -1]]
        return f"scan, {len(self.position)} points from {first:g} to {last:g} mm"


@task(title="Read scan", category="Sample beamline", output="scan")
def read_scan(file: Annotated[Path, Param(path="open", filter="Scans (*.txt)")]) -> Scan:
    """Read a scan from three columns of text: position (mm), counts, monitor.

    Parameters
    ----------
    file:
        Text file; lines that start with # are comments.
    """
    try:
        columns = np.loadtxt(file, ndmin=2)
    except (OSError, ValueError) as error:
        raise InputError(f"Can't read a scan from {file}: {error}") from error
    if columns.shape[1] != 3:
        raise InputError(f"{file} has {columns.shape[1]} columns; a scan has three.")
    position, counts, monitor = columns.T
    return Scan(position, counts, np.sqrt(counts), monitor)


@task(title="Normalise", category="Sample beamline", output="scan")
def normalise(
    scan: Scan,
    reference: Annotated[float | None, Param(gt=0, unit="counts", auto="mean monitor")] = None,
) -> Scan:
    """Scale a scan to what it would be had the monitor counted the same at every point.

    Parameters
    ----------
    scan:
        The scan as it was measured.
    reference:
        Counts of the monitor to scale to.
    """
    if not (scan.monitor > 0).all():
        raise InputError("The monitor counted nothing at some points of the scan.")
    wanted = scan.monitor.mean() if reference is None else reference
    factor = wanted / scan.monitor
    return replace(
        scan,
        counts=scan.counts * factor,
        errors=scan.errors * factor,
        monitor=np.full_like(scan.monitor, wanted),
    )
