"""The main window: Orange's, with our files, our runs and our tutorials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from AnyQt.QtCore import QByteArray, QSettings, QSize, Qt, QTimer
from AnyQt.QtGui import QKeySequence, QShowEvent
from AnyQt.QtWidgets import (
    QAction,
    QApplication,
    QFileDialog,
    QMenu,
)
from orangecanvas.gui.toolgrid import ToolGrid
from orangecanvas.registry import WidgetRegistry
from orangecanvas.utils.settings import QSettings_readArray

from ...errors import InputError
from ...task import Task
from ...tutorials import Tutorial, copy_tutorial, tutorials
from ...workflow import Workflow
from ..editor.view import Editor
from ..pictures import icon
from ..scheme import Scheme
from ..toolbox.registry import catalogue, generic_description
from .autosave import left_behind
from .dropping import Drops
from .run_window import RunWindow
from .tutorials import TutorialPage, place, set_place
from .welcome import WelcomePage


class MainWindow(RunWindow):
    """One workflow in a window."""

    EDITOR_WIDGET_CONSTRUCTOR = Editor

    _settled = False

    # -- building it

    def setup_actions(self) -> None:
        super().setup_actions()
        self.add_task_action = self.made_action(
            "Add task...", "add_task", "Ctrl+Shift+A", "Find any task by its name", self.add_task
        )
        self.examples_action.setVisible(False)
        self.canvas_addons_action.setVisible(False)
        self.recent_action.setVisible(False)
        self.recent_action.setShortcut(QKeySequence())
        self.freeze_action.setToolTip("Nothing runs by itself while this is on (Shift+F)")

    def setup_ui(self) -> None:
        super().setup_ui()
        self.centralWidget().layout().insertWidget(0, self.message_bar)
        self.widgets_tool_box.setButtonSize(QSize(92, 78))
        self.widgets_tool_box.setIconSize(QSize(40, 40))

        self.run_bar.insertAction(self.history_action, self.add_task_action)
        self.tutorial_page = TutorialPage(self)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.tutorial_page)
        self.tutorial_page.hide()
        self.welcome_page = WelcomePage(self.scheme_widget.view())
        self.drops = Drops(self)
        for taking in (self.scheme_widget.view().viewport(), self.welcome_page):
            self.drops.watch(taking)
        self.dock_help.setDefaultText(
            "Pick a step to see what it does.<br/><br/>New here? Open a tutorial from the"
            " <a href='action:welcome-action'>welcome page</a>."
        )

    def restoreState(self, state: QByteArray, version: int = 0) -> bool:
        """Bars and docks as they were left, without a tutorial's page that isn't there."""
        restored = bool(super().restoreState(state, version))
        self.tutorial_page.setVisible(bool(self.tutorial_page.browser.toPlainText()))
        return restored

    def setup_menu(self) -> None:
        super().setup_menu()
        self.widget_menu.insertAction(self.widget_menu.actions()[0], self.add_task_action)
        self.tutorial_menu = QMenu("Tutorials", self.help_menu)
        self.tutorial_menu.aboutToShow.connect(self._list_tutorials)
        self.help_menu.insertMenu(self.welcome_action, self.tutorial_menu)
        self.addAction(self.findChild(QAction, "edit-link-action"))

    def set_widget_registry(self, widget_registry: WidgetRegistry) -> None:
        """Show the steps there are, names in full; at first the techniques only."""
        super().set_widget_registry(widget_registry)
        for grid in self.widgets_tool_box.findChildren(ToolGrid):
            grid.setColumnCount(3)
        if not QSettings().contains("mainwindow/widgettoolbox/state"):
            for n in range(self.widgets_tool_box.count()):
                self.widgets_tool_box.tabAction(n).setChecked(False)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._settled:
            self._settled = True
            if not QSettings().contains("mainwindow/geometry"):
                # Qt by itself takes two thirds of the screen at most
                room = self.screen().availableSize()
                self.resize(min(1280, room.width() - 40), min(800, room.height() - 60))
            # all that a first look doesn't need comes after it
            QTimer.singleShot(0, self._settle_in)

    def _settle_in(self) -> None:
        self.know_widgets()
        wanted = QSettings().value("startup/show-welcome-screen", True, type=bool)
        if wanted and self.is_transient() and not self.scheme.nodes:
            self.welcome_dialog()
        found = left_behind()
        if found and self.is_transient():
            self.message_bar.tell(
                f"There is unsaved work: {found[0].words}.",
                "info",
                {
                    "Restore": lambda: self.restore_work(found[0]),
                    "Discard": found[0].discard,
                },
            )

    # -- the scheme

    def set_scheme(self, new_scheme: Scheme, freeze_creation: bool = True) -> None:
        super().set_scheme(new_scheme, freeze_creation)
        new_scheme.node_added.connect(self._hide_welcome)

    def add_task(self) -> None:
        """Find a task and put it on the canvas."""
        from ...task.discover import discover
        from ..toolbox.add_task import AddTask

        problems: list[str] = []
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            tasks = discover(ewoks=True, report=problems.append)
        finally:
            QApplication.restoreOverrideCursor()
        self.task_dialog = AddTask(tasks, self.place_task, self)
        self.task_dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.task_dialog.open()
        if problems:
            self.message_bar.tell(problems[0], "warning")

    def place_task(self, task: Task) -> None:
        """Add a node for a task: with its own widget where there is one."""
        known = [d for d in catalogue().scan().registry.widgets()
                 if catalogue().task_of[d.qualified_name] == task.identifier]  # fmt: skip
        self.current_document().createNewNode(known[0] if known else generic_description(task))

    # -- welcome and tutorials

    def welcome_dialog(self) -> int:
        """Show the welcome page; on an empty canvas of a new window when this one is used."""
        if self.scheme.nodes:
            self.create_new_window().show()
            return 0
        recent = [
            (item["title"], item["path"])
            for item in QSettings_readArray(
                QSettings(), "mainwindow/recent-items", {"title": str, "path": str}
            )
            if Path(item["path"]).exists()
        ]
        self.welcome_page.offer(
            self._tutorials(), recent, self.open_tutorial, self.open_scheme_file, self.open_scheme
        )
        return 0

    def _tutorials(self) -> dict[str, list[Tutorial]]:
        """By technique, as the tool box names and orders them."""
        found: dict[str, list[Tutorial]] = {}
        folders = {t.folder.name: t.folder.name.capitalize() for t in tutorials()}
        if self.widget_registry is not None:
            for category in self.widget_registry.categories():
                folder = (category.package or "").rpartition(".")[2]
                if folder in folders:
                    folders[folder] = category.name
                    found[category.name] = []
        for tutorial in tutorials():
            found.setdefault(folders[tutorial.folder.name], []).append(tutorial)
        return found

    def clear_page(self) -> None:
        super().clear_page()
        self.welcome_page.hide()
        self.tutorial_page.hide()

    def show_workflow(self, workflow: Workflow, path: Path | None) -> None:
        super().show_workflow(workflow, path)
        if path is not None:  # a scheme that has a page is a tutorial, from wherever it is opened
            self.tutorial_page.show_page(Tutorial(path))
            QTimer.singleShot(300, self.show_all)  # the page has slid in by then

    def _hide_welcome(self, *_: Any) -> None:
        self.welcome_page.hide()

    def _list_tutorials(self) -> None:
        menu = self.tutorial_menu
        menu.clear()
        for technique, some in self._tutorials().items():
            part = menu.addMenu(technique)
            for tutorial in some:
                part.addAction(
                    icon("tutorial"), tutorial.title, lambda t=tutorial: self.open_tutorial(t)
                )
        menu.addSeparator()
        menu.addAction(f"Copies go to {place()}...", self._choose_place)

    def _choose_place(self) -> bool:
        chosen = QFileDialog.getExistingDirectory(
            self, "Where copies of tutorials go", str(place())
        )
        if chosen:
            set_place(Path(chosen))
        return bool(chosen)

    def open_tutorial(self, tutorial: Tutorial) -> bool:
        """Copy a tutorial to the user's place and open its scheme with its page beside it."""
        try:
            copied = copy_tutorial(tutorial, place())
        except InputError as error:
            self.message_bar.tell(str(error), "error", {"Another place...": lambda: (
                self._choose_place() and self.open_tutorial(tutorial)
            )})  # fmt: skip
            return False
        workflow = self._read(copied.scheme)
        if workflow is None:
            return False
        window = self._window_to_use()
        window.show_workflow(workflow, copied.scheme)
        window.message_bar.tell(f"This is your own copy, in {copied.folder}.", "info")
        return True
