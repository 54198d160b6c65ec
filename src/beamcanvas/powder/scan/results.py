"""What integrating a scan ends with: many patterns, or cakes, in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...nexus import Axis, NXData
from ..origin import Origin
from ..results import AXES
from ..types import Geometry

_AT_ONCE = 32_000_000  #: bytes of a scan that a plot takes at most; beyond, every n-th frame
_REASONS = 3  #: that a sentence gives


@dataclass(frozen=True, eq=False)
class IntegratedScan:
    """The patterns, or cakes, of a scan. They stay in the file and are read when needed."""

    file: Path
    path: str  #: of the NXdata group in it
    frames: int
    radial: NDArray[np.float64]
    azimuthal: NDArray[np.float64] | None  #: degrees; None: patterns
    unit: str  #: of the radial axis, as pyFAI spells it
    geometry: Geometry
    engine: str  #: what computed it: the operator, or pyFAI and which of its methods
    settings: dict[str, Any] = field(default_factory=dict)
    #: frames that could not be integrated and why; they are NaN in the file
    failures: Mapping[int, str] = field(default_factory=dict)
    source: str = ""  #: file and scan
    origins: tuple[Origin, ...] = ()  #: the raw scan, and what its frames are corrected with
    #: the same frames integrated in other ways, by name
    variants: Mapping[str, IntegratedScan] = field(default_factory=dict)
    is_complete: bool = True  #: False when waiting for the rest of a scan was given up
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        kind = "patterns" if self.azimuthal is None else "cakes"
        points = f"{len(self.radial)}"
        if self.azimuthal is not None:
            points += f" × {len(self.azimuthal)}"
        words = f"scan, {self.frames} {kind} of {points} points"
        if self.failures:
            words += f", {len(self.failures)} failed"
        return words if self.is_complete else f"{words}, not complete"

    @property
    def failed(self) -> str:
        """The frames that failed, those in a row with one reason in one line."""
        return "\n".join(failure_lines(self.failures))

    def nxdata(self) -> NXData:
        """All frames over the radial axis; of a long scan, as many as a plot can show."""
        import h5py

        cell = 4 * len(self.radial) * (1 if self.azimuthal is None else len(self.azimuthal))
        with h5py.File(self.file, "r", locking=False) as root:
            signal = root[f"{self.path}/intensity"]
            step = max(1, -(-signal.shape[0] * cell // _AT_ONCE))
            values = signal[::step]
        name, unit, label = AXES[self.unit]
        axes = [Axis(name="points", values=np.arange(len(values)) * step, label="Frame")]
        if self.azimuthal is not None:
            axes.append(Axis(name="chi", values=self.azimuthal, unit="°", label="Azimuth"))
        axes.append(Axis(name=name, values=self.radial, unit=unit, label=label))
        return NXData(
            signal=values,
            name="intensity",
            label="Intensity",
            axes=tuple(axes),
            mask=~np.isfinite(values),
            title=self.source,
            log=True,
            meta={"engine": self.engine, **self.settings},
        )


def failure_lines(failures: Mapping[int, str]) -> list[str]:
    """One line for each run of frames that failed for the same reason."""
    lines: list[tuple[int, int, str]] = []
    for number, reason in sorted(failures.items()):
        if lines and lines[-1][1] == number - 1 and lines[-1][2] == reason:
            lines[-1] = (lines[-1][0], number, reason)
        else:
            lines.append((number, number, reason))
    return [
        f"frame {low}: {why}" if low == high else f"frames {low} to {high}: {why}"
        for low, high, why in lines
    ]


def left_out(failures: Mapping[int, str], frames: int) -> str:
    """One sentence on the frames that a result lacks, with the first few reasons."""
    count = len(failures)
    lines = [line.rstrip(".") for line in failure_lines(failures)]
    more = f"; and {len(lines) - _REASONS} more" if len(lines) > _REASONS else ""
    return (
        f"{count} of {frames} frames {'is' if count == 1 else 'are'} missing in the result: "
        f"{'; '.join(lines[:_REASONS])}{more}."
    )
