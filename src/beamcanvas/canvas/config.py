"""What tells our program from other Orange programs: its name, its settings, what it offers."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

from AnyQt.QtCore import QRect
from AnyQt.QtGui import QIcon, QPixmap
from orangecanvas import config

from .. import __version__
from .pictures import icon
from .run.engine import Engine
from .scheme import Scheme
from .window.node_windows import NodeWindows


class Config(config.Default):
    """Settings, caches and data of our own; no add-ons, no network."""

    OrganizationDomain = "beamcanvas"
    ApplicationName = "beamcanvas"
    ApplicationVersion = __version__
    APPLICATION_URLS: ClassVar[dict[str, str | None]] = {}

    @staticmethod
    def application_icon() -> QIcon:
        return icon("beamcanvas")

    @staticmethod
    def splash_screen() -> tuple[QPixmap, QRect]:
        return QPixmap(), QRect()

    @staticmethod
    def widgets_entry_points() -> Iterable[EntryPoint]:
        return iter(())  # the catalogue finds them, after the window stands

    @staticmethod
    def addon_entry_points() -> Iterable[EntryPoint]:
        return iter(())

    @staticmethod
    def core_packages() -> list[str]:
        return []

    @staticmethod
    def examples_entry_points() -> Iterable[EntryPoint]:
        return iter(())

    @staticmethod
    def workflow_constructor(*args: Any, **kwargs: Any) -> Scheme:
        return new_scheme(*args, **kwargs)


def new_scheme(*args: Any, **kwargs: Any) -> Scheme:
    """An empty scheme with its engine and the windows of its nodes."""
    scheme = Scheme(*args, **kwargs)
    scheme.engine = scheme.signal_manager = Engine(scheme)
    scheme.widget_manager = NodeWindows(scheme.engine, scheme)
    scheme.widget_manager.set_workflow(scheme)
    return scheme
