"""Named columns, as files of all kinds have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Table:
    """What a file holds of one scan."""

    name: str  #: of the file, and of the scan in it
    columns: Mapping[str, Array]  #: by label, each (points,); of a map also of more dimensions
    energy_unit: str = ""  #: "eV", "keV", "deg", "mdeg"; "" when the file doesn't say
    energy: str = ""  #: the label of the energy, where the format says it
    mu: str = ""  #: the same for mu: a label or an expression
    reference: str = ""
    element: str = ""
    edge: str = ""
    d_spacing: float | None = None  #: of the monochromator, Å
    title: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    growing: bool = False
