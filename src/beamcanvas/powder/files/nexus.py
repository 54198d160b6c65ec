"""NeXus groups as all our files have them."""

from __future__ import annotations

import json
from typing import Any

from ...nexus import Axis
from ..experiment.poni import poni_text
from ..types import Geometry

#: NeXus wants plain ASCII units; these are the ones that pyFAI and silx know too.
UNITS = {"°": "deg", "nm⁻¹": "1/nm", "Å⁻¹": "1/angstrom", "Å": "angstrom"}


def describe(group: Any, nx_class: str, default: str = "") -> Any:
    """Give a group its class, and what a viewer is to open in it."""
    group.attrs["NX_class"] = nx_class
    if default:
        group.attrs["default"] = default
    return group


def note(process: Any, name: str, kind: str, text: str) -> None:
    """Keep a text beside a result."""
    kept = describe(process.create_group(name), "NXnote")
    kept["type"] = kind
    kept["data"] = text


def describe_integration(
    process: Any, engine: str, settings: dict[str, Any], geometry: Geometry | None
) -> None:
    """Write down how something was integrated."""
    import pyFAI

    process["engine"] = engine
    process["pyFAI_version"] = pyFAI.version
    note(process, "settings", "application/json", json.dumps(settings, indent=1))
    if geometry is not None:
        note(process, "geometry", "text/plain", poni_text(geometry))


def write_axis(group: Any, axis: Axis) -> None:
    """Write an axis with its unit and words."""
    values = group.create_dataset(axis.name, data=axis.values)
    values.attrs["units"] = UNITS.get(axis.unit, axis.unit)
    values.attrs["long_name"] = axis.title
