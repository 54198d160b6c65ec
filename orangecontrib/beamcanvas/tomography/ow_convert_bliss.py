"""Make NXtomo files of a file that bliss wrote."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWConvertBliss(TaskWidget, task="beamcanvas.tomography.convert_bliss"):
    name = "Convert bliss file"
    description = "Make NXtomo files of a file that bliss wrote."
    icon = "icons/convert_bliss.svg"
    priority = 20
    keywords = ("h52nx", "nxtomomill", "HDF5", "ESRF", "BLISS")
