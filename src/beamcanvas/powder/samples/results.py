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
        """How many samples failed, why each did, and what to know of the others."""
        said = [f"{name}: {why}" for name, why in self.failures.items()]
        if said:
            total = len(self.patterns) + len(said)
            said.insert(0, f"{len(said)} of {total} samples could not be integrated.")
        names: dict[str, list[str]] = {}
        for name, pattern in self.patterns.items():
            for words in pattern.warnings:
                names.setdefault(words, []).append(name)
        for words, of in names.items():
            more = f" and {len(of) - 3} more" if len(of) > 3 else ""
            said.append(f"{', '.join(of[:3])}{more}: {words}")
        return tuple(said)

    def nxdata(self) -> NXData:
        """All patterns as an image, (sample, radius), on the finest common axis; NaN outside."""
        data = super().nxdata()
        rows, radial = data.axes
        rows = replace(rows, name="sample", label="Sample")
        return replace(data, axes=(rows, radial), title="All samples")
