"""Open the scan of a nabu configuration, with all that it decides."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWImportNabu(TaskWidget, task="beamcanvas.tomography.import_nabu_conf"):
    name = "Import nabu.conf"
    description = "Open the scan of a nabu configuration, with all that it decides."
    icon = "icons/import_nabu.svg"
    priority = 90
    keywords = ("nabu", "configuration", "settings")
