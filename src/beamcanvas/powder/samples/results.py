"""What integrating many samples ends with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from ...nexus import NXData
from ..results import Patterns


@dataclass(frozen=True, eq=False)
class SampleResults(Patterns):
    """A pattern for each sample that could be integrated, and a sentence for each other."""

    failures: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)  #: that were written

    @property
    def summary(self) -> str:
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"{len(self.patterns)} patterns{failed}"

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self.failures:
            return ()
        name, why = next(iter(self.failures.items()))
        more = "" if len(self.failures) == 1 else f" And {len(self.failures) - 1} more."
        return (f"{name}: {why}{more}",)

    def nxdata(self) -> NXData:
        """All patterns as an image, (sample, radius), on the finest common axis; NaN outside."""
        data = super().nxdata()
        rows, radial = data.axes
        rows = replace(rows, name="sample", label="Sample")
        return replace(data, axes=(rows, radial), title="All samples")
