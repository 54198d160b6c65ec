"""What a task says of itself, in a window beside that of its node."""

from __future__ import annotations

from AnyQt.QtCore import QSize, Qt
from AnyQt.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from ...task import Task


class HelpWindow(QDialog):
    """The prose and the settings of a task. It stays open while one works; Esc closes it."""

    def __init__(self, task: Task, parent: QWidget) -> None:
        super().__init__(parent)
        from ..toolbox.help import task_html

        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{task.title}: help")
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setHtml(f"<h3>{task.title}</h3>{task_html(task)}")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)

    def sizeHint(self) -> QSize:
        return QSize(480, 520)
