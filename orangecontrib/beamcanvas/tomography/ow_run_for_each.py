"""Run a scheme for many files, and see what became of each."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWRunForEach(TaskWidget, task="beamcanvas.execution.many.run_for_each"):
    name = "Run for each file"
    description = "Run a scheme for many files, and see what became of each."
    icon = "icons/run_for_each.svg"
    priority = 60
    keywords = ("batch", "many scans", "series", "table", "loop")
