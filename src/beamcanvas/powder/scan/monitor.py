"""The monitors of a scan: by what each frame is divided."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ...nexus.bliss import Scan

Monitor = str | float  #: a counter of the scan, or a number for all frames


def monitors_in(words: str | None, scan: Scan) -> tuple[Monitor, ...]:
    """What intensities are divided by: names of counters, and numbers."""
    found: list[Monitor] = []
    for word in (w.strip() for w in (words or "").split(",") if w.strip()):
        try:
            value = float(word)
        except ValueError:
            if word not in scan.counters:
                there = ", ".join(list(scan.counters)[:12]) or "none"
                raise InputError(
                    f"{scan.file}: scan {scan.entry} has no counter '{word}'. It has {there}."
                ) from None
            found.append(word)
            continue
        if not value > 0 or not np.isfinite(value):
            raise InputError(f"The monitor should be above zero: it is {word}.")
        found.append(value)
    return tuple(found)


class Factors:
    """By what each frame is divided."""

    def __init__(self, scan: Scan, monitors: tuple[Monitor, ...], reference: float) -> None:
        self._scan, self._monitors, self._reference = scan, monitors, reference
        self.values: dict[int, float] = {}

    def of(self, number: int) -> float:
        factor = 1 / self._reference
        for monitor in self._monitors:
            if isinstance(monitor, float):
                factor *= monitor
                continue
            values = self._scan.counters[monitor]
            if number >= len(values):
                raise InputError(f"The monitor '{monitor}' has no value for it.")
            if not values[number] > 0 or not np.isfinite(values[number]):
                raise InputError(f"The monitor '{monitor}' is {values[number]:g}.")
            factor *= values[number]
        self.values[number] = factor
        return factor
