"""Fields for files, folders and paths inside an HDF5 file, with their choosers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from AnyQt.QtCore import QSettings
from AnyQt.QtWidgets import QFileDialog, QToolButton

from ...task import MISSING, Input
from .line import LineField
from .several import LinesField


def _remembered_key(spec: Input) -> str:
    return f"folders/{spec.param.filter or spec.param.path or spec.name}"


def _button(tip: str) -> QToolButton:
    button = QToolButton()
    button.setText("…")
    button.setToolTip(tip)
    return button


class PathField(LineField):
    """A file to open or to save, or a folder. A person can drop a file on it."""

    folder = Path()  #: of the scheme: relative paths are relative to it

    def __init__(self, spec: Input) -> None:
        super().__init__(spec)
        self.button = _button({"folder": "Choose a folder"}.get(spec.param.path, "Choose a file"))
        self.button.clicked.connect(self._browse)
        self.row.addWidget(self.button)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        # the file's name says more than the disk's
        self.line.setCursorPosition(len(self.line.text()))
        self.line.setToolTip(self.line.text())

    def _start(self) -> str:
        if self.line.text():
            return str(self.folder / Path(self.line.text()).expanduser())
        return str(QSettings().value(_remembered_key(self.spec), str(self.folder)))

    def _browse(self) -> None:
        kind, words, title = self.spec.param.path, self.spec.param.filter, self.spec.label
        if kind == "folder":
            chosen = QFileDialog.getExistingDirectory(self, title, self._start())
        elif kind == "save":
            chosen, _ = QFileDialog.getSaveFileName(self, title, self._start(), words)
        else:
            filters = f"{words};;All files (*)" if words else ""
            chosen, _ = QFileDialog.getOpenFileName(self, title, self._start(), filters)
        if chosen:
            folder = chosen if kind == "folder" else str(Path(chosen).parent)
            QSettings().setValue(_remembered_key(self.spec), folder)
            self.line.setText(chosen)
            self.line.editingFinished.emit()


class PathsField(LinesField):
    """Several files, one a line."""

    folder = Path()

    def __init__(self, spec: Input) -> None:
        super().__init__(spec, as_list=True)
        button = _button("Add files")
        button.clicked.connect(self._browse)
        self.row.addWidget(button)

    def _browse(self) -> None:
        start = str(QSettings().value(_remembered_key(self.spec), str(self.folder)))
        words = self.spec.param.filter
        filters = f"{words};;All files (*)" if words else ""
        chosen, _ = QFileDialog.getOpenFileNames(self, self.spec.label, start, filters)
        if chosen:
            QSettings().setValue(_remembered_key(self.spec), str(Path(chosen[0]).parent))
            before = self.editor.toPlainText().splitlines()
            self.editor.setPlainText("\n".join([*before, *chosen]))
            self._finished()


class DataPathField(LineField):
    """A path inside an HDF5 file, chosen in silx's tree."""

    folder = Path()

    def __init__(self, spec: Input) -> None:
        super().__init__(spec)
        self.file: Any = MISSING  #: value of the input that holds the file
        self.button = _button("Choose in the file")
        self.button.clicked.connect(self._browse)
        self.row.addWidget(self.button)

    def set_file(self, value: Any) -> None:
        """Tell which file the path is in."""
        self.file = value
        self.button.setEnabled(isinstance(value, (str, Path)) and bool(str(value)))

    def _browse(self) -> None:
        from silx.gui.dialog.DatasetDialog import DatasetDialog

        file = self.folder / Path(self.file).expanduser()
        dialog = DatasetDialog(self)
        dialog.setWindowTitle(f"{self.spec.label} in {file.name}")
        try:
            dialog.addFile(str(file))
        except OSError:
            self.set_problem(f"{file} can't be opened as HDF5.")
            return
        if dialog.exec():
            url = dialog.getSelectedDataUrl()
            if url is not None:
                self.line.setText(url.data_path())
                self.line.editingFinished.emit()
