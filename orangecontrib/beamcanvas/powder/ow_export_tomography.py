"""Export a scan for diffraction tomography."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWExportTomography(TaskWidget, task="beamcanvas.powder.export_tomography"):
    name = "Export for tomography"
    description = "Write the patterns of a scan over y and rotation for XRD-CT."
    icon = "icons/export_tomography.svg"
    priority = 104
    keywords = ("XRD-CT", "XRDCT", "sinogram", "diffraction tomography", "ID31", "fscan2d")
