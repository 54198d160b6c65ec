"""Make an NXtomo file of folders of TIFF files."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWConvertTiff(TaskWidget, task="beamcanvas.tomography.convert_tiff"):
    name = "Convert TIFF folder"
    description = "Make an NXtomo file of folders of TIFF files."
    icon = "icons/convert_tiff.svg"
    priority = 22
    keywords = ("tif", "images", "radiographs")
