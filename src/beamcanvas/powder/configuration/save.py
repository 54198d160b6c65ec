"""Saving how something was integrated as pyFAI's JSON, version 5."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from ...errors import InputError
from ...output_file import replacing
from ...task import Existing, Param, task
from ..integration.engines import SPLITTING
from ..results import Cake, Pattern
from ..types import Geometry
from .configuration import Configuration


@task(title="Save configuration", output="file", requires="powder")
def save_configuration(
    data: Pattern | Cake | Configuration | Geometry,
    geometry: Geometry | None = None,
    *,
    file: Annotated[Path, Param(path="save", filter="pyFAI configuration (*.json)")],
    existing: Existing = "keep",
) -> Path:
    """Save how something was integrated as JSON that ``pyFAI-integrate`` opens (version 5).

    Parameters
    ----------
    data:
        A pattern or a cake, for the settings that made it; a configuration, for what it
        holds; or a geometry, for pyFAI's usual settings with it.
    geometry:
        To write in the place of the geometry in it.
    file:
        File to write.
    existing:
        What to do with a file of that name: nothing is overwritten unless asked.

    Raises
    ------
    InputError
        When the file can't be written, or is there and to be kept.
    """
    held = data if isinstance(data, Configuration) else None
    settings: dict[str, Any] = {}
    if not isinstance(data, Geometry):
        settings = dict(data.settings)
        for what in ("radial", "azimuth") if held is None else ():
            ends = settings.pop(f"{what}_range", (None, None))
            settings |= dict(zip((f"{what}_min", f"{what}_max"), ends, strict=True))
    if geometry is None:
        geometry = data if isinstance(data, Geometry) else data.geometry
    if geometry is None:
        raise InputError("The pattern has no geometry of its own: link 'geometry'.")
    said = version_5(
        geometry,
        settings,
        {} if held is None else held.files,
        None if held is None else held.dummy,
    )
    with replacing(file, ".json", existing) as (path, new):
        new.write_text(json.dumps(said, indent=1, default=float) + "\n", encoding="utf-8")
    return path


def version_5(
    geometry: Geometry,
    settings: Mapping[str, Any],
    files: Mapping[str, tuple[Path, ...]],
    dummy: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """The JSON of pyFAI's configuration, version 5, that `read_words` and pyFAI read."""
    from pyFAI.io.ponifile import PoniFile

    def pair(what: str) -> list[float | None] | None:
        ends = [settings.get(f"{what}_{end}") for end in ("min", "max")]
        if ends == [None, None]:
            return None
        return [
            sign * float("inf") if value is None else value
            for value, sign in zip(ends, (-1, 1), strict=True)
        ]

    def paths(what: str) -> list[str] | None:
        return [str(f) for f in files.get(what, ())] or None

    polarization = settings.get("polarization")
    monitor = settings.get("monitor")
    model = settings.get("error_model", "none")
    return {
        "application": "pyfai-integrate",
        "version": 5,
        "poni": PoniFile(geometry.pyfai()).as_dict(),
        "shape": list(geometry.detector.shape),
        "nbpt_rad": settings.get("points", 2000),
        "nbpt_azim": settings.get("azimuth_points", 1),
        "unit": settings.get("unit", "2th_deg"),
        "chi_discontinuity_at_0": False,
        "polarization_description": None if polarization is None else [polarization, 0],
        "normalization_factor": monitor / settings.get("reference", 1.0) if monitor else 1.0,
        "val_dummy": dummy[0] if dummy else None,
        "delta_dummy": dummy[1] if dummy else None,
        "correct_solid_angle": settings.get("solid_angle", True),
        "dark_current": paths("dark"),
        "flat_field": paths("flat"),
        "mask_file": mask[0] if (mask := paths("mask")) else None,
        "error_model": "no" if model == "none" else model,
        "method": [
            SPLITTING[settings.get("splitting", "bounding box")],
            settings.get("algorithm", "CSR").lower(),
            settings.get("engine", "Cython").lower(),
        ],
        "opencl_device": None,
        "azimuth_range": pair("azimuth"),
        "radial_range": pair("radial"),
        "integrator_class": "AzimuthalIntegrator",
        "integrator_method": None,
        "extra_options": None,
        "monitor_name": None,
    }
