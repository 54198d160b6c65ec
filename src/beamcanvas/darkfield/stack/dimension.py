"""One motor of a scan: where it went, in how many steps."""

from __future__ import annotations

from dataclasses import dataclass

#: units of the motors that move in a dark-field scan; any other is taken to turn
_LENGTHS = ("obx", "mainx", "ffz", "difftz", "diffty", "difftx", "samtz", "samty")
_ENERGIES = ("ccmenergy", "energy", "dmmenergy")


def unit_of(motor: str) -> str:
    """What a motor's position is measured in: degrees, mm or keV; nothing for a number."""
    if motor in _ENERGIES:
        return "keV"
    if motor in ("frame", "scan"):
        return ""
    return "mm" if motor in _LENGTHS else "°"


@dataclass(frozen=True)
class Dimension:
    """The positions of a motor over a scan, evenly spaced."""

    motor: str
    size: int  #: number of positions
    start: float  #: first position
    stop: float  #: last position

    @property
    def step(self) -> float:
        """From one position to the next; 0 when there is one."""
        return (self.stop - self.start) / (self.size - 1) if self.size > 1 else 0.0

    @property
    def unit(self) -> str:
        return unit_of(self.motor)

    @property
    def words(self) -> str:
        return f"{self.motor} {self.start:.6g} to {self.stop:.6g} {self.unit} in {self.size}"
