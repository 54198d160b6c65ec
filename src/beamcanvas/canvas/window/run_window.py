"""A window as far as runs are concerned: what runs, where, what would run, and what ran."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from AnyQt import sip
from AnyQt.QtCore import QSize, Qt
from AnyQt.QtGui import QKeySequence
from AnyQt.QtWidgets import QAction, QApplication, QLabel, QMenu, QToolBar

from ...workflow import Workflow
from ...workflow.interface import KEY as INTERFACE
from ..pictures import icon
from ..run import kept
from ..run.engine import Engine
from ..scheme import Scheme
from .files import FileWindow
from .history_window import HistoryWindow
from .interface_dialog import ChangeInterface, InterfaceDialog
from .plan_window import PlanWindow
from .run_on import RunOnButton, RunOnMenu


class RunWindow(FileWindow):
    """Actions, menu and tool bar of runs."""

    # -- building it

    def made_action(
        self, text: str, name: str, keys: str, tip: str, slot: Callable[[], object]
    ) -> QAction:
        """An action of the window, with the icon of that name."""
        made = QAction(icon(name), text, self, toolTip=f"{tip} ({keys})")
        made.setObjectName(f"{name}-action")
        made.setShortcut(QKeySequence(keys))
        made.triggered.connect(lambda: slot())
        return made

    def setup_actions(self) -> None:
        super().setup_actions()
        self.run_all_action = self.made_action(
            "Run all", "run", "F5", "Run the whole scheme", lambda: self.engine.run_all()
        )
        self.run_from_action = self.made_action(
            "Run from here", "run_from", "Shift+F5",
            "Run the selected nodes and all that follows", self._run_from,
        )  # fmt: skip
        self.run_until_action = self.made_action(
            "Run until here", "run_until", "Ctrl+F5",
            "Run what the selected nodes need, and them", self._run_until,
        )  # fmt: skip
        self.stop_action = self.made_action(
            "Stop", "stop", "Ctrl+.", "Stop all that runs", lambda: self.engine.stop()
        )
        self.stop_action.setEnabled(False)
        self.plan_action = self.made_action(
            "What would run...", "plan", "Ctrl+Shift+R",
            "What would run, where, with which inputs, and what is missing", self.show_plan,
        )  # fmt: skip
        self.interface_action = self.made_action(
            "Inputs and outputs...", "interface", "Ctrl+Shift+I",
            "What the workflow takes and gives as a whole", self.edit_interface,
        )  # fmt: skip
        self.history_action = self.made_action(
            "History...", "history", "Ctrl+H", "What ran, and again", self.show_history
        )
        self.run_on = RunOnButton(lambda: self.engine.where, self.choose_where)
        self.keep_action = QAction("Keep results for next time", self, checkable=True)
        self.keep_action.setToolTip(
            "A scheme that is opened again shows its results at once, as far as nothing changed"
        )
        self.keep_action.setChecked(kept.is_on())
        self.keep_action.toggled.connect(kept.set_on)

    def setup_ui(self) -> None:
        super().setup_ui()
        bar = QToolBar("Run", self)
        bar.setObjectName("run-toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for act in (self.run_all_action, self.run_from_action, self.run_until_action,
                    self.stop_action):  # fmt: skip
            bar.addAction(act)
        bar.addWidget(self.run_on)
        bar.addSeparator()
        bar.addAction(self.history_action)
        bar.widgetForAction(self.run_all_action).setObjectName("run-all-button")
        bar.setStyleSheet("#run-all-button { font-weight: bold; }")
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)
        self.run_bar = bar
        self.run_words = QLabel("Nothing was run yet")
        self.statusBar().addWidget(self.run_words, 1)
        self.statusBar().setSizeGripEnabled(False)

    def setup_menu(self) -> None:
        super().setup_menu()
        run = QMenu("&Run", self.menuBar())
        run.setObjectName("run-menu")
        run.addActions([self.run_all_action, self.run_from_action, self.run_until_action])
        run.addSeparator()
        run.addActions([self.stop_action, self.freeze_action])
        run.addSeparator()
        self.run_on_menu = RunOnMenu("Run on", lambda: self.engine.where, self.choose_where, self)
        self.run_on_menu.setIcon(icon("run_on"))
        run.addMenu(self.run_on_menu)
        run.addActions([self.plan_action, self.interface_action, self.keep_action])
        run.addSeparator()
        run.addAction(self.history_action)
        self.menuBar().insertMenu(self.widget_menu.menuAction(), run)

    # -- the scheme and its runs

    @property
    def engine(self) -> Engine:
        return self.scheme.engine

    def set_scheme(self, new_scheme: Scheme, freeze_creation: bool = True) -> None:
        super().set_scheme(new_scheme, freeze_creation=True)
        engine = new_scheme.engine
        engine.undo_stack = self.current_document().undoStack()
        engine.said.connect(self._show_run)
        engine.refused.connect(self.message_bar.tell)
        engine.running_changed.connect(self.stop_action.setEnabled)
        engine.edited.connect(self._settings_edited)
        engine.where_changed.connect(self.run_on.show_where)
        self.run_on.show_where(engine.where)
        self.stop_action.setEnabled(False)

    def _show_run(self, words: str) -> None:
        self.run_words.setText(words)

    def _settings_edited(self) -> None:
        self.current_document().setModified(True)
        self.save_swp()

    def _run_from(self) -> None:
        nodes = self.current_document().selectedNodes()
        if nodes:
            self.engine.run_from(*nodes)
        else:
            self.message_bar.tell("Select the node to run from.", "info")

    def _run_until(self) -> None:
        nodes = self.current_document().selectedNodes()
        if nodes:
            self.engine.run_until(*nodes)
        else:
            self.message_bar.tell("Select the node to run until.", "info")

    def choose_where(self, where: str) -> None:
        """Have the scheme run there from now on."""
        self.engine.where = where

    def show_plan(self) -> None:
        """What would run."""
        self.plan_window = PlanWindow(self.engine, self)
        self.plan_window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.plan_window.open()

    def edit_interface(self) -> None:
        """Edit what the workflow takes and gives as a whole."""
        dialog = self.interface_dialog = InterfaceDialog(self.scheme, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._set_interface(dialog.value()))
        dialog.open()

    def _set_interface(self, value: dict[str, Any]) -> None:
        if value != (self.scheme.base.extra.get(INTERFACE) or {}):
            self.current_document().undoStack().push(ChangeInterface(self.scheme, value))
            self.save_swp()

    def show_history(self) -> None:
        """What ran; one window for all of the program's."""
        global _history
        if _history is None or sip.isdeleted(_history):
            _history = HistoryWindow(open_past_run)
            if not _history.is_placed:
                _history.move(self.geometry().center() - _history.rect().center())
        _history.show()
        _history.raise_()
        _history.activateWindow()

    def clear_page(self) -> None:
        super().clear_page()
        self.run_words.setText("Nothing was run yet")

    def show_workflow(self, workflow: Workflow, path: Path | None) -> None:
        super().show_workflow(workflow, path)
        if kept.is_on():
            self.engine.lighting.light_up()


#: the one window of the history, once it was asked for
_history: HistoryWindow | None = None


def open_past_run(workflow: Workflow, run: bool) -> None:
    """Put what ran on a canvas, in a window that isn't used or a new one."""
    shown = [
        w for w in QApplication.topLevelWidgets() if isinstance(w, RunWindow) and w.isVisible()
    ]
    window = shown[-1]._window_to_use()
    window.show_workflow(workflow, None)
    window.show()
    window.raise_()
    window.activateWindow()
    if run:
        window.engine.run_all()
