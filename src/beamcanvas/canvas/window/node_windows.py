"""The windows of the nodes: each made when its node is first opened."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from AnyQt.QtCore import QObject
from AnyQt.QtWidgets import QAction, QWidget
from orangecanvas.gui.windowlistmanager import WindowListManager
from orangecanvas.scheme.widgetmanager import WidgetManager

from ...errors import BeamcanvasError
from ..lifetime import delete_later
from ..pictures import icon
from ..run.step_run import StepRun
from ..run.words import error_words
from ..scheme import StepNode
from ..toolbox.registry import (
    GENERIC,
    PLACEHOLDER,
    generic_description,
    store_settings,
    stored_settings,
)
from .placeholder import Placeholder, Subgraph, why_not
from .run_on import RunOnMenu

if TYPE_CHECKING:
    from ..run.engine import Engine

log = logging.getLogger(__name__)


class NodeWindows(WidgetManager):
    """Makes and keeps the windows of the nodes of one scheme."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self._made: dict[StepNode, QWidget] = {}
        engine.scheme.closing.append(self.close_all)

    def set_creation_policy(self, policy: Any) -> None:
        """A window is only made when its node is opened, whatever Orange's window asks for."""
        super().set_creation_policy(WidgetManager.OnDemand)

    def made(self) -> dict[StepNode, QWidget]:
        """The windows that there are."""
        return dict(self._made)

    def create_widget_for_node(self, node: StepNode) -> QWidget:
        widget = self._create(node)
        widget.setWindowTitle(node.title)
        node.title_changed.connect(widget.setWindowTitle)
        self._made[node] = widget
        return widget

    def _create(self, node: StepNode) -> QWidget:
        run: StepRun = node.run
        if node.record.task_type == "graph":
            return Subgraph(node)
        run.find()
        if run.task is None:
            return Placeholder(node, why_not(node))
        if node.kind.qualified_name == PLACEHOLDER:
            node.refine(generic_description(run.task))
        try:
            return self._task_widget(node, run)
        except Exception as error:  # a widget of another package may fail in any way
            if not isinstance(error, BeamcanvasError):
                log.exception("The widget of '%s' can't be made.", node.title)
            return Placeholder(node, f"The widget can't be shown: {error_words(error)[0]}")

    def _task_widget(self, node: StepNode, run: StepRun) -> QWidget:
        module, _, name = (node.kind.qualified_name or GENERIC).rpartition(".")
        kind = getattr(import_module(module), name)
        # Orange's way of making a widget with its stored settings
        widget = kind.__new__(
            kind,
            None,
            captionTitle=node.title,
            signal_manager=None,
            stored_settings=stored_settings(node.record),
            env={"basedir": str(run.folder)},
        )
        widget.__init__()
        widget.attach(run)
        return widget

    def delete_widget_for_node(self, node: StepNode, widget: QWidget) -> None:
        keep_settings(node, widget)
        self._made.pop(node, None)
        widget.close()
        if hasattr(widget, "onDeleteWidget"):
            widget.onDeleteWidget()
        delete_later(widget)

    def close_all(self) -> None:
        """The scheme goes: its windows go with it."""
        listed = WindowListManager.instance()
        for node, widget in list(self._made.items()):
            # Orange leaves them in its list of windows, and all their data in memory
            if listed.actionForWindow(widget) is not None:
                listed.removeWindow(widget)
            self.delete_widget_for_node(node, widget)

    def save_widget_geometry(self, node: StepNode, widget: QWidget) -> bytes:
        if hasattr(widget, "saveGeometryAndLayoutState"):
            return bytes(widget.saveGeometryAndLayoutState())
        return bytes(widget.saveGeometry())

    def restore_widget_geometry(self, node: StepNode, widget: QWidget, state: bytes) -> bool:
        if hasattr(widget, "restoreGeometryAndLayoutState"):
            return bool(widget.restoreGeometryAndLayoutState(state))
        return bool(widget.restoreGeometry(state))

    def actions_for_context_menu(self, node: StepNode) -> list[QAction]:
        engine = self.engine
        actions = [
            QAction(icon("run_from"), "Run from here", self),
            QAction(icon("run_until"), "Run until here", self),
        ]
        actions[0].triggered.connect(lambda: engine.run_from(node))
        actions[1].triggered.connect(lambda: engine.run_until(node))
        if node.run is not None and engine.is_running:
            stop = QAction(icon("stop"), "Cancel", self)
            stop.triggered.connect(lambda: engine.cancel(node))
            actions.append(stop)
        if node.run is not None and node.record.task_type != "graph":
            menu = RunOnMenu(
                "Run on",
                lambda: str(node.run.rules.get("executor") or ""),
                lambda where: self._choose_where(node, where),
                as_scheme="As the scheme",
            )
            menu.setIcon(icon("run_on"))
            self._menu = menu  # Qt holds none of the menus of actions
            actions.append(menu.menuAction())
        return actions

    def _choose_where(self, node: StepNode, where: str) -> None:
        from ..widget.history import set_rules

        rules = {k: v for k, v in node.run.rules.items() if k != "executor"}
        if where:
            rules["executor"] = where
        set_rules(node.run, rules, f"Run {node.title} on")


def keep_settings(node: StepNode, widget: QWidget) -> None:
    """Put what a widget wants kept into its node's record."""
    handler = getattr(widget, "settingsHandler", None)
    if handler is None:
        return
    # the inputs and the task are the node's own words
    own = ("_ewoks_default_inputs", "_ewoks_task")
    packed = {k: v for k, v in handler.pack_data(widget).items() if k not in own}
    before = stored_settings(node.record)
    merged = {**before, **packed}
    if merged != before:
        store_settings(node.record, merged)
