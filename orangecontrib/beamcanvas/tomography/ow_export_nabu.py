"""Write all that was decided of a scan as a nabu configuration."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWExportNabu(TaskWidget, task="beamcanvas.tomography.export_nabu_conf"):
    name = "Export nabu.conf"
    description = "Write all that was decided of a scan as a nabu configuration."
    icon = "icons/export_nabu.svg"
    priority = 91
    keywords = ("nabu", "configuration", "settings")
