"""Opening and saving in a window: any format, and what a person must not lose."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from AnyQt.QtCore import QSettings, QTimer, QUrl
from AnyQt.QtWidgets import QDialog, QFileDialog
from orangecanvas import config
from orangecanvas.application.canvasmain import CanvasMainWindow

from ...errors import BeamcanvasError
from ...workflow import Workflow
from ...workflow.formats import load, save, suffixes
from ..scheme import Scheme
from ..scheme.portable import draw, for_file, read_back
from ..toolbox.registry import catalogue
from .autosave import Autosave, Unsaved
from .data_files import ask_for_missing, keep_found
from .message_bar import MessageBar
from .node_windows import keep_settings

_TITLES = {"ows": "Orange", "json": "JSON", "yaml": "YAML"}
#: the format of results: read, and never written over by the workflow that was in them
_RESULTS = "nexus"
AUTOSAVE_MS = 2000


def filters() -> dict[str, tuple[str, ...]]:
    """The formats that a workflow is saved in, as a file dialog shows them; Orange's first."""
    known = {n: s for n, s in suffixes().items() if s and n != _RESULTS}
    ordered = sorted(known, key=lambda name: name != "ows")
    return {
        f"{_TITLES.get(name, name)} workflow ({_patterns(known[name])})": known[name]
        for name in ordered
    }


def _patterns(of_format: Iterable[str]) -> str:
    return " ".join(f"*{suffix}" for suffix in of_format)


class FileWindow(CanvasMainWindow):
    """A main window as far as files are concerned."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.message_bar = MessageBar()
        self._autosave = Autosave()
        super().__init__(*args, **kwargs)
        self._autosave_timer = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave_timer.timeout.connect(self._keep_unsaved)

    @property
    def scheme(self) -> Scheme:
        return self.current_document().scheme()

    def know_widgets(self) -> None:
        """Fill the tool box, the first time that it is called."""
        if self.widget_registry is None:
            self.set_widget_registry(catalogue().scan().registry)

    def clear_page(self) -> None:
        """Take away what belongs to the scheme that was there."""
        self.message_bar.hide()

    def setWindowTitle(self, title: str) -> None:
        """The file's name, and the program's, whatever Orange asks for."""
        path = self.current_document().path()
        name = Path(path).name if path else "Untitled"
        super().setWindowTitle(f"{name}[*] - beamcanvas")

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

    def _window_to_use(self) -> FileWindow:
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
        document.scene().clearSelection()
        self.clear_page()
        # a results file isn't written over by the workflow that was in it
        if path is not None and path.suffix.lower() not in suffixes()[_RESULTS]:
            document.setPath(str(path.absolute()))
        document.setModified(False)
        if path is not None:
            self.add_recent_scheme(scheme.title, str(path.absolute()))
        if workflow.remarks:
            self.message_bar.tell(" ".join(workflow.remarks[:3]), "warning")
        else:
            ask_for_missing(scheme, self.message_bar)
        # the view gets its size when docks and bars beside it have theirs
        QTimer.singleShot(0, self.show_all)
        document.activateDefaultWindowGroup()

    def show_all(self) -> None:
        """Zoom out as far as needed for the whole scheme to be seen, and still be read."""
        view = self.current_document().view()
        rect = self.current_document().scene().itemsBoundingRect().adjusted(-20, -20, 20, 20)
        room = view.viewport().size()
        if not rect.isEmpty():
            fitting = 100 * min(room.width() / rect.width(), room.height() / rect.height())
            view.setZoomLevel(min(100.0, max(60.0, fitting)))
            if fitting >= 60:
                view.centerOn(rect.center())
            else:
                view.ensureVisible(rect.left(), rect.top(), 10, 10, 0, 0)

    def _open_workflow_dialog(self) -> QFileDialog:
        dialog = super()._open_workflow_dialog()
        dialog.setWindowTitle("Open Workflow")
        every = _patterns(s for of_format in suffixes().values() for s in of_format)
        results = _patterns(suffixes()[_RESULTS])
        dialog.setNameFilters(
            [f"Workflows and results ({every})", *filters(), f"Results ({results})",
             "All files (*)"]
        )  # fmt: skip
        return dialog

    # -- saving

    def save_scheme_to(self, scheme: Scheme, filename: str) -> bool:
        """Write the scheme; what goes wrong is said above the canvas."""
        path = Path(filename)
        for node, widget in scheme.widget_manager.made().items():
            keep_settings(node, widget)
        keep_found(scheme, path.absolute().parent)
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
        known = filters()
        dialog.setNameFilters(list(known))
        suffix = Path(start).suffix
        dialog.setDefaultSuffix(suffix or ".ows")
        for name, of_format in known.items():
            if suffix in of_format:
                dialog.selectNameFilter(name)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(known[chosen][0]))
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
