"""The main window: Orange's, with our files, our runs and our tutorials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from AnyQt.QtCore import QMimeData, QSettings, QSize, Qt, QTimer, QUrl
from AnyQt.QtGui import QKeySequence, QShowEvent
from AnyQt.QtWidgets import (
    QAction,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QMenu,
    QToolBar,
)
from orangecanvas import config
from orangecanvas.application.canvasmain import CanvasMainWindow, UrlDropEventFilter
from orangecanvas.utils.settings import QSettings_readArray

from ..errors import BeamcanvasError, InputError
from ..task import Task
from ..workflow import Workflow
from ..workflow.formats import load, save
from .autosave import Autosave, Unsaved, left_behind
from .editor import Editor
from .engine import Engine
from .messagebar import MessageBar
from .nodewindows import keep_settings
from .pictures import icon
from .portable import draw, for_file, read_back
from .registry import catalogue, generic_description
from .scheme import Scheme
from .tutorials import Tutorial, TutorialPage, copy_tutorial, place, set_place, tutorials
from .welcome import WelcomePage

SUFFIXES = (".ows", ".json", ".yaml", ".yml")
RESULT_SUFFIXES = (".h5", ".hdf5", ".nx", ".nxs", ".nexus")
_FILTERS = (
    "Orange workflow (*.ows)",
    "JSON workflow (*.json)",
    "YAML workflow (*.yaml *.yml)",
)
AUTOSAVE_MS = 2000


class MainWindow(CanvasMainWindow):
    """One workflow in a window."""

    EDITOR_WIDGET_CONSTRUCTOR = Editor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._autosave = Autosave()
        super().__init__(*args, **kwargs)
        self._autosave_timer = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave_timer.timeout.connect(self._keep_unsaved)
        self._settled = False

    # -- building it

    def setup_actions(self) -> None:
        super().setup_actions()

        def action(text: str, name: str, keys: str, tip: str, slot: Any) -> QAction:
            made = QAction(icon(name), text, self, toolTip=f"{tip} ({keys})")
            made.setObjectName(f"{name}-action")
            made.setShortcut(QKeySequence(keys))
            made.triggered.connect(lambda: slot())
            return made

        self.run_all_action = action(
            "Run All", "run", "F5", "Run the whole scheme", lambda: self.engine.run_all()
        )
        self.run_from_action = action(
            "Run From Here", "run_from", "Shift+F5",
            "Run the selected nodes and all that follows", self._run_from,
        )  # fmt: skip
        self.run_until_action = action(
            "Run Until Here", "run_until", "Ctrl+F5",
            "Run what the selected nodes need, and them", self._run_until,
        )  # fmt: skip
        self.stop_action = action(
            "Stop", "stop", "Ctrl+.", "Stop all that runs", lambda: self.engine.stop()
        )
        self.stop_action.setEnabled(False)
        self.add_task_action = action(
            "Add Task...", "add_task", "Ctrl+Shift+A", "Find any task by its name", self.add_task
        )
        self.examples_action.setVisible(False)
        self.canvas_addons_action.setVisible(False)
        self.recent_action.setVisible(False)
        self.recent_action.setShortcut(QKeySequence())
        self.freeze_action.setToolTip("Nothing runs by itself while this is on (Shift+F)")

    def setup_ui(self) -> None:
        self.message_bar = MessageBar()
        super().setup_ui()
        self.centralWidget().layout().insertWidget(0, self.message_bar)

        bar = QToolBar("Run", self)
        bar.setObjectName("run-toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for act in (self.run_all_action, self.run_from_action, self.run_until_action,
                    self.stop_action):  # fmt: skip
            bar.addAction(act)
        bar.addSeparator()
        bar.addAction(self.add_task_action)
        bar.widgetForAction(self.run_all_action).setObjectName("run-all-button")
        bar.setStyleSheet("#run-all-button { font-weight: bold; }")
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)
        self.run_bar = bar

        self.run_words = QLabel("Nothing was run yet")
        self.statusBar().addWidget(self.run_words, 1)
        self.statusBar().setSizeGripEnabled(False)

        self._drops = DropFilter(self)
        self._drops.urlDropped.connect(self.open_scheme_file)
        self.scheme_widget.view().viewport().installEventFilter(self._drops)

        self.tutorial_page = TutorialPage(self)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.tutorial_page)
        self.tutorial_page.hide()
        self.welcome_page = WelcomePage(self.scheme_widget.view())
        self.dock_help.setDefaultText(
            "Pick a step to see what it does.<br/><br/>New here? Open a tutorial from the"
            " <a href='action:welcome-action'>welcome page</a>."
        )

    def setup_menu(self) -> None:
        super().setup_menu()
        run = QMenu("&Run", self.menuBar())
        run.setObjectName("run-menu")
        run.addActions([self.run_all_action, self.run_from_action, self.run_until_action])
        run.addSeparator()
        run.addActions([self.stop_action, self.freeze_action])
        self.menuBar().insertMenu(self.widget_menu.menuAction(), run)
        self.widget_menu.insertAction(self.widget_menu.actions()[0], self.add_task_action)
        self.tutorial_menu = QMenu("Tutorials", self.help_menu)
        self.tutorial_menu.aboutToShow.connect(self._list_tutorials)
        self.help_menu.insertMenu(self.welcome_action, self.tutorial_menu)
        self.addAction(self.findChild(QAction, "edit-link-action"))

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

    def know_widgets(self) -> None:
        """Fill the tool box, the first time that it is called."""
        if self.widget_registry is None:
            self.set_widget_registry(catalogue().scan().registry)

    # -- the scheme and its runs

    @property
    def scheme(self) -> Scheme:
        return self.current_document().scheme()

    @property
    def engine(self) -> Engine:
        return self.scheme.engine

    def set_scheme(self, new_scheme: Scheme, freeze_creation: bool = True) -> None:
        super().set_scheme(new_scheme, freeze_creation=True)
        engine = new_scheme.engine
        engine.said.connect(self._show_run)
        engine.refused.connect(self.message_bar.tell)
        engine.running_changed.connect(self.stop_action.setEnabled)
        engine.edited.connect(self._settings_edited)
        new_scheme.node_added.connect(self._hide_welcome)
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

    def add_task(self) -> None:
        """Find a task and put it on the canvas."""
        from ..task.discover import discover
        from .add_task import AddTask

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

    # -- opening

    def open_scheme_file(self, filename: str | Path | QUrl, **kwargs: Any) -> bool:
        """Open a file of any format, here if the window is unused, else in a new one."""
        path = Path(filename.toLocalFile() if isinstance(filename, QUrl) else filename)
        workflow = self._read(path)
        if workflow is None:
            return False
        window = self._window_to_use()
        if kwargs.get("freeze", False):
            window.freeze_action.setChecked(True)
        window.show_workflow(workflow, path)
        return True

    def load_scheme(self, filename: str) -> bool:
        """Open a file in this window."""
        path = Path(filename)
        workflow = self._read(path)
        if workflow is not None:
            self.show_workflow(workflow, path)
        return workflow is not None

    def _read(self, path: Path) -> Workflow | None:
        try:
            return load(path.absolute())
        except BeamcanvasError as error:
            self.message_bar.tell(str(error))
            return None

    def _window_to_use(self) -> MainWindow:
        if self.is_transient():
            return self
        window = self.create_new_window()
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def show_workflow(self, workflow: Workflow, path: Path | None) -> None:
        """Put a workflow on the canvas in the place of what is there."""
        self.know_widgets()
        scheme = config.workflow_constructor(parent=self)
        draw(workflow, scheme, catalogue())
        self.set_scheme(scheme)
        document = self.current_document()
        self.welcome_page.hide()
        self.message_bar.hide()
        self.run_words.setText("Nothing was run yet")
        # a results file isn't written over by the workflow that was in it
        if path is not None and path.suffix.lower() not in RESULT_SUFFIXES:
            document.setPath(str(path.absolute()))
        document.setModified(False)
        if path is not None:
            self.add_recent_scheme(scheme.title, str(path.absolute()))
        if workflow.remarks:
            self.message_bar.tell(" ".join(workflow.remarks[:3]), "warning")
        self._show_all()
        document.activateDefaultWindowGroup()

    def _show_all(self) -> None:
        view = self.current_document().view()
        rect = self.current_document().scene().itemsBoundingRect()
        view.ensureVisible(rect, 20, 20)
        if not view.viewport().rect().contains(view.mapFromScene(rect).boundingRect()):
            view.centerOn(rect.topLeft() + (rect.center() - rect.topLeft()) * 0.5)

    def _open_workflow_dialog(self) -> QFileDialog:
        dialog = super()._open_workflow_dialog()
        dialog.setWindowTitle("Open Workflow")
        every = " ".join(f"*{suffix}" for suffix in (*SUFFIXES, *RESULT_SUFFIXES))
        results = " ".join(f"*{suffix}" for suffix in RESULT_SUFFIXES)
        dialog.setNameFilters(
            [f"Workflows and results ({every})", *_FILTERS, f"Results ({results})", "All files (*)"]
        )
        return dialog

    # -- saving

    def save_scheme_to(self, scheme: Scheme, filename: str) -> bool:
        """Write the scheme; what goes wrong is said above the canvas."""
        path = Path(filename)
        for node, widget in scheme.widget_manager.made().items():
            keep_settings(node, widget)
        workflow = read_back(scheme)
        workflow.path = path.absolute()
        try:
            save(for_file(workflow, scheme), path)
        except BeamcanvasError as error:
            self.message_bar.tell(str(error))
            return False
        scheme.base.path = path.absolute()
        scheme.set_runtime_env("basedir", str(path.absolute().parent))
        self.clear_swp()
        return True

    def save_scheme_as(self) -> int:
        document = self.current_document()
        settings = QSettings()
        start = document.path() or str(
            Path(settings.value("mainwindow/last-scheme-dir", "", type=str) or Path.home())
            / f"{self.scheme.title or 'untitled'}.ows"
        )
        dialog = QFileDialog(self, "Save Workflow", start)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(_FILTERS))
        suffix = Path(start).suffix
        dialog.setDefaultSuffix(suffix or ".ows")
        dialog.selectNameFilter(next((f for f in _FILTERS if f"*{suffix}" in f), _FILTERS[0]))
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix(SUFFIXES[_FILTERS.index(chosen)])
        )
        try:
            if not dialog.exec():
                return int(QDialog.DialogCode.Rejected)
            return self.save_as(Path(dialog.selectedFiles()[0]))
        finally:
            dialog.deleteLater()

    def save_as(self, path: Path) -> int:
        """Save to a file and go on with that file."""
        if not self.save_scheme_to(self.scheme, str(path)):
            return int(QDialog.DialogCode.Rejected)
        document = self.current_document()
        document.setPath(str(path))
        document.setModified(False)
        QSettings().setValue("mainwindow/last-scheme-dir", str(path.parent))
        self.add_recent_scheme(self.scheme.title, str(path))
        return int(QDialog.DialogCode.Accepted)

    # -- unsaved work (Orange would pickle it)

    def save_swp(self) -> None:
        self._autosave_timer.start()

    def _keep_unsaved(self) -> None:
        document = self.current_document()
        if document.isModified():
            self._autosave.keep(read_back(self.scheme), document.path())

    def clear_swp(self) -> None:
        self._autosave_timer.stop()
        self._autosave.clear()

    def ask_load_swp_if_exists(self) -> bool:
        return False

    def restore_work(self, unsaved: Unsaved) -> None:
        """Open work that a program left behind; it stays unsaved until it is saved."""
        try:
            workflow = unsaved.workflow()
        except BeamcanvasError as error:
            self.message_bar.tell(f"The unsaved work can't be restored: {error}")
            return
        window = self._window_to_use()
        window.show_workflow(workflow, Path(unsaved.path) if unsaved.path else None)
        window.current_document().setModified(True)
        window.save_swp()
        unsaved.discard()

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
            tutorials(), recent, self.open_tutorial, self.open_scheme_file, self.open_scheme
        )
        return 0

    def _hide_welcome(self, *_: Any) -> None:
        self.welcome_page.hide()

    def _list_tutorials(self) -> None:
        menu = self.tutorial_menu
        menu.clear()
        for tutorial in tutorials():
            menu.addAction(
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
        window.tutorial_page.show_page(copied)
        window.message_bar.tell(f"This is your own copy, in {copied.folder}.", "info")
        return True


class DropFilter(UrlDropEventFilter):
    """Takes any workflow or results file that is dropped on the canvas."""

    def acceptsDrop(self, mime: QMimeData) -> bool:
        urls = mime.urls() if mime.hasUrls() else []
        known = (*SUFFIXES, *RESULT_SUFFIXES)
        return (
            len(urls) == 1
            and urls[0].isLocalFile()
            and Path(urls[0].toLocalFile()).suffix.lower() in known
        )
