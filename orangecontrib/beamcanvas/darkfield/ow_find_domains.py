"""Group pixels of alike orientation."""

from __future__ import annotations

from beamcanvas.canvas.widget import TaskWidget


class OWFindDomains(TaskWidget, task="beamcanvas.darkfield.find_domains"):
    name = "Sub-domains"
    description = "Group pixels of alike orientation."
    icon = "icons/find_domains.svg"
    priority = 62
    keywords = ("clustering", "k-means", "cells")
