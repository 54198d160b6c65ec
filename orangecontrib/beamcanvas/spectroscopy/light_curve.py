"""A curve that is drawn over its plot, so that new points cost neither axes nor labels.

Imports silx, so it is imported when the first plot is shown.
"""

from __future__ import annotations

from typing import Any

from silx.gui.plot.items import Curve


class LightCurve(Curve):
    """A curve of the layer in which silx has its markers."""

    def isOverlay(self) -> bool:
        return True

    def _addBackendRenderer(self, backend: Any) -> Any:
        renderer = super()._addBackendRenderer(backend)
        if renderer is not None:
            for artist in renderer.get_children():
                artist.set_animated(True)  # left out of what is kept below
        return renderer
