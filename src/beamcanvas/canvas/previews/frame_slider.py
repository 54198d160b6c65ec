"""A slider through frames, with buttons and the frame's number. Imports silx."""

from __future__ import annotations

from silx.gui.widgets.FrameBrowser import FrameBrowser, HorizontalSliderWithBrowser


class FrameSlider(HorizontalSliderWithBrowser):
    """silx's, which keeps its place when the number of frames changes."""

    def set_count(self, count: int) -> int:
        """Offer so many frames; the number of the one it stands at."""
        number = min(max(self.value(), 0), count - 1)
        self.blockSignals(True)
        self.setRange(0, count - 1)
        self.setValue(number)
        self.blockSignals(False)
        self.findChild(FrameBrowser).limitWidget().setText(f" of {count - 1} ")
        return int(number)
