"""Make an NXtomo file of a folder of EDF files."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWConvertEdf(TaskWidget, task="beamcanvas.tomography.convert_edf"):
    name = "Convert EDF folder"
    description = "Make an NXtomo file of a folder of EDF files."
    icon = "icons/convert_edf.svg"
    priority = 21
    keywords = ("edf2nx", "nxtomomill", "ESRF")
