"""How a scan is to be reconstructed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Backend = Literal["fast", "nabu-identical", "nabu", "astra"]
Method = Literal["FBP", "SIRT", "CGLS", "MLEM"]
Filter = Literal[
    "ramlak", "shepp-logan", "cosine", "hamming", "hann", "tukey", "lanczos", "hilbert", "none"
]
Padding = Literal["edges", "zeros"]


@dataclass(frozen=True)
class Reconstruction:
    """What is decided of a scan's reconstruction, beyond its rotation axis.

    Positions in the slice are pixels of it, after binning.
    """

    backend: Backend = "fast"
    method: Method = "FBP"
    iterations: int = 50  #: of the iterative methods
    filter: Filter = "ramlak"
    cutoff: float = 1.0  #: of the filter's window, as a share of the highest frequency
    padding: Padding = "edges"  #: what continues a projection beyond its edges
    half_acquisition: bool | None = None  #: None: as the scan's file says
    centred: bool = True  #: the axis is in the middle of the slice
    #: first and last column, first and last row of the slice that are kept; None: all
    region: tuple[int, int, int, int] | None = None
    clip: bool = False  #: give all outside of the circle that was always seen one value
    outside: float = 0.0  #: that value
    angles_file: Path | None = None  #: text with one angle (degrees) for each projection
    axis_file: Path | None = None  #: text with the axis' way aside (px) in each projection
    angle_offset: float = 0.0  #: turns the slice, degrees

    @property
    def summary(self) -> str:
        """In words."""
        if self.method != "FBP":
            return f"{self.method}, {self.iterations} iterations, {self.backend}"
        return f"FBP, {self.filter}, {self.backend}"
