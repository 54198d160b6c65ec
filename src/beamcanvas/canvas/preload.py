"""Loads in quiet moments what the first opened or run node would have to wait for.

Imports in a thread let the window's own events in between, so that nothing is seen to
stall; what makes Qt objects while it is imported belongs into the window's thread.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from AnyQt.QtCore import QObject, QTimer

log = logging.getLogger(__name__)

_FIRST = ("numpy", "h5py", "pydantic", "docstring_parser", "matplotlib.figure", "silx.io")
#: of these silx.gui.hdf5 makes objects when it is imported
_IN_WINDOW_THREAD = ("orangewidget.widget", "beamcanvas.canvas.generic", "silx.gui.hdf5")
_THEN = (
    "beamcanvas.canvas.previews.plots",
    "silx.gui.plot.backends.BackendMatplotlib",
    "silx.gui.plot.ColorBar",
    "silx.gui.plot.tools.profile.toolbar",
    "silx.gui.widgets.FrameBrowser",
)

_wanted: deque[str] = deque()
_known: set[str] = set()
_loader: Preload | None = None


def want(libraries: Iterable[str]) -> None:
    """Load these too, once there is a program that preloads."""
    for name in libraries:
        if name not in _known:
            _known.add(name)
            _wanted.append(name)
    if _loader is not None and _wanted:
        _loader.go_on()


class Preload(QObject):
    """Imports module after module."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: deque[tuple[str, ...]] = deque(
            [_FIRST, *((name,) for name in _IN_WINDOW_THREAD), _THEN]
        )
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self, interval=100)
        self._timer.timeout.connect(self._next)

    def start(self) -> None:
        global _loader
        _loader = self
        self.go_on()

    def go_on(self) -> None:
        """There is something to load."""
        if not self._stopped:
            self._timer.start()

    def stop(self) -> None:
        """Leave the rest; Python must not end in the middle of an import."""
        global _loader
        _loader = None
        self._stopped = True
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()

    def _next(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        if self._steps:
            names = self._steps.popleft()
        else:
            names = tuple(_wanted)
            _wanted.clear()
        if not names:
            self._timer.stop()
        elif names[0] in _IN_WINDOW_THREAD:
            _load(names[0])
        else:
            self._thread = threading.Thread(target=self._work, args=(names,), daemon=True)
            self._thread.start()

    def _work(self, names: tuple[str, ...]) -> None:
        for name in names:
            if not self._stopped:
                _load(name)
        if names is _THEN and not self._stopped and "silx.gui.plot" in sys.modules:
            _warm_up()


def _load(name: str) -> None:
    """Import a module, and what it names itself as needed later."""
    hook = sys.excepthook
    try:
        for library in getattr(import_module(name), "LIBRARIES", ()):
            _load(library)
    except Exception as error:  # whoever needs it says so
        log.debug("%s can't be loaded: %s", name, error)
    sys.excepthook = hook  # pyqtgraph puts its own in


def _warm_up() -> None:
    """Draw a plot that nobody sees: it finds the fonts, and reads the previews there are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from .previews import known_previews

    known_previews()
    figure = Figure()
    figure.add_subplot().set_yscale("log")
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
