"""The program: `main` opens the window, with a file if one is given."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

# AnyQt and silx would each choose a binding of their own
os.environ.setdefault("QT_API", "pyqt5" if find_spec("PyQt5") else "pyqt6")

import argparse
import logging
import threading
from typing import Any

from AnyQt.QtCore import QTimer
from orangecanvas import config
from orangecanvas.main import Main
from orangecanvas.registry import WidgetRegistry, set_global_registry

from .config import Config
from .preload import Preload
from .run.jobs import THREAD
from .run.recorded import wait_for_records
from .run.sites import wait_for_sites
from .window.main_window import MainWindow


def configure() -> None:
    """Make Orange's parts use our names and settings; needed once before any window."""
    config.set_default(Config())
    config.init()


class Program(Main):
    """Orange's way of starting, less what would wait for widgets, ask, or look at the network."""

    DefaultConfig = "beamcanvas.canvas.config.Config"

    def argument_parser(self) -> argparse.ArgumentParser:
        parser = super().argument_parser()
        parser.prog = "beamcanvas open"
        # a widget or a preview that can't be read is told of by a warning
        parser.set_defaults(log_level=logging.WARNING)
        return parser

    def run_discovery(self) -> Any:
        """Nothing yet: the window finds its widgets once it stands."""
        self.registry = WidgetRegistry()
        return self.registry

    def create_main_window(self) -> MainWindow:
        return MainWindow()

    def setup_main_window(self) -> MainWindow:
        window = self.window = self.create_main_window()
        window.setWindowIcon(self.config.application_icon())
        window.setStyleSheet(self.main_window_stylesheet())
        window.output_view().setDocument(self.output)
        hook: Any = sys.excepthook  # Orange's: it tells of what went wrong in a slot
        hook.handledException.connect(lambda _: self._tell_of_error())
        preload = Preload(self.application)
        self.application.aboutToQuit.connect(preload.stop)
        QTimer.singleShot(500, preload.start)
        return window

    def _tell_of_error(self) -> None:
        window = self.window
        if window is not None:
            window.message_bar.tell(
                "Something went wrong inside the program; View > Log has the details. "
                "Your scheme is as it was."
            )

    def show_welcome_screen(self, parent: MainWindow) -> None:
        """The window shows its welcome page itself, without stopping anyone."""

    def splash_screen(self) -> None:
        return None

    def open_files(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.window.open_scheme_file(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the canvas.

    Parameters
    ----------
    argv:
        Files to open, and options of the Qt application; those of the command line by default.

    Returns
    -------
    int
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    set_global_registry(WidgetRegistry())
    code = int(Program().run([sys.argv[0] or "beamcanvas", *arguments]))
    wait_for_sites(5.0)
    wait_for_records(5.0)
    if any(thread.name == THREAD for thread in threading.enumerate()):
        # a task that doesn't listen is still at it: Python can't end around it cleanly
        sys.stdout.flush()
        os._exit(code)
    return code
