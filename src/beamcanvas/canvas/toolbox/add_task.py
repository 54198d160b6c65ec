"""*Add task...*: any task of an installed package, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from AnyQt.QtCore import QEvent, QObject, Qt
from AnyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...task import Task
from .help import first_paragraph

_TASK = Qt.ItemDataRole.UserRole


class AddTask(QDialog):
    """Search among tasks. Typing filters, the arrow keys choose, Enter adds."""

    def __init__(
        self, tasks: Sequence[Task], add: Callable[[Task], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Add task")
        self._add = add
        self.search = QLineEdit()
        self.search.setPlaceholderText("Name, category or dotted path")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.filter)
        self.search.installEventFilter(self)
        self.list = QListWidget()
        self.list.itemDoubleClicked.connect(lambda _: self.accept())
        self.list.currentItemChanged.connect(lambda *_: self._show_help())
        self.help = QLabel()
        self.help.setWordWrap(True)
        self.help.setMinimumHeight(60)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        ok = QDialogButtonBox.StandardButton.Ok
        self.buttons = QDialogButtonBox(ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.button(ok).setText("Add")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.list, self.help, self.buttons):
            layout.addWidget(widget)
        for task in tasks:
            item = QListWidgetItem(
                f"{task.title}  ({task.category})" if task.category else task.title
            )
            item.setData(_TASK, task)
            item.setToolTip(task.identifier)
            self.list.addItem(item)
        self.filter("")
        self.resize(480, 460)

    def filter(self, text: str) -> None:
        """Show the tasks that hold all the words."""
        words = text.lower().split()
        first = None
        for row in range(self.list.count()):
            item = self.list.item(row)
            task = item.data(_TASK)
            whole = f"{task.title} {task.category} {task.identifier}".lower()
            item.setHidden(not all(word in whole for word in words))
            if first is None and not item.isHidden():
                first = item
        current = self.list.currentItem()
        if current is None or current.isHidden():
            self.list.setCurrentItem(first)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(first is not None)

    def chosen(self) -> Task | None:
        """The task that is marked."""
        item = self.list.currentItem()
        return None if item is None or item.isHidden() else item.data(_TASK)

    def accept(self) -> None:
        task = self.chosen()
        if task is not None:
            self._add(task)
            super().accept()

    def _show_help(self) -> None:
        task = self.chosen()
        self.help.setText("" if task is None else first_paragraph(task.help))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys move in the list while one types."""
        keys = (Qt.Key.Key_Down, Qt.Key.Key_Up)
        if event.type() == QEvent.Type.KeyPress and event.key() in keys:
            step = 1 if event.key() == keys[0] else -1
            row = self.list.currentRow() + step
            while 0 <= row < self.list.count() and self.list.item(row).isHidden():
                row += step
            if 0 <= row < self.list.count():
                self.list.setCurrentRow(row)
            return True
        return False
