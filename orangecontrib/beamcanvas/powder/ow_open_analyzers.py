"""Open the geometry of analyser crystals."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWOpenAnalyzers(TaskWidget, task="beamcanvas.powder.analyzers.open_analyzers"):
    name = "Open analysers"
    description = "Read where the crystals of a multi-analyser stage stand."
    icon = "icons/open_analyzers.svg"
    priority = 92
    keywords = ("ID22", "multi-analyser", "TOPAS", "pars", "crystals")
