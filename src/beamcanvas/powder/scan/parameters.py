"""The inputs that say which scan of a bliss file, and what of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ...task import Param
from .contents import counters, detectors, motors, scan_numbers

File = Annotated[
    Path,
    Param(
        path="open",
        filter="bliss files (*.h5);;All files (*)",
        help="The dataset's file, as bliss writes it.",
    ),
]
Number = Annotated[
    int,
    Param(ge=1, label="Scan number", choices=scan_numbers, help="Number of the scan: 3 for 3.1."),
]
Detector = Annotated[
    str | None,
    Param(
        auto="the only one",
        choices=detectors,
        help="Name of the detector, where a scan has several.",
    ),
]
Monitor = Annotated[
    str | None,
    Param(
        auto="not used",
        choices=counters,
        group="Normalisation",
        help="Counter of the scan by which intensities are divided, or a number; several, "
        "separated by commas, are multiplied.",
    ),
]
Motor = Annotated[
    str | None,
    Param(
        label="Motor of the detector",
        auto="the one that moves",
        choices=motors,
        help="The motor that moves the detector, as the scan records it frame by frame; one that "
        "stands still in the scan is taken from where it stood.",
    ),
]
Subscan = Annotated[int, Param(ge=1, more=True, help="2 for the slow counters' 3.2.")]
