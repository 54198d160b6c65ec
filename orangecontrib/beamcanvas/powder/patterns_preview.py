"""Patterns by name, plotted together."""

from __future__ import annotations

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.powder import Patterns

_MOST = 12  #: plotted together; more can't be told apart


class PatternsPreview(CurvePreview):
    """The patterns over the first one's axis; those over another have their own plot in a file."""

    def show_value(self, value: Patterns) -> None:
        unit = next(iter(value.patterns.values())).unit
        shown = [(n, p.nxdata()) for n, p in value.patterns.items() if p.unit == unit]
        self.show_curves(shown[:_MOST])
