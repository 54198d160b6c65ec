"""Write scans as a SPEC file."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWConvertToSpec(TaskWidget, task="beamcanvas.powder.convert_to_spec"):
    name = "Convert to SPEC"
    description = "Write scans of analysers as SPEC columns."
    icon = "icons/convert_to_spec.svg"
    priority = 96
    keywords = ("ID22", "ASCII", "SPEC", "columns", "HDF5")
