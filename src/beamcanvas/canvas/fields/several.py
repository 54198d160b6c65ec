"""Fields of several lines or several numbers: text, lists of files, ranges."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import QEvent, QMimeData, QObject, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QFocusEvent, QKeyEvent
from AnyQt.QtWidgets import QLabel, QPlainTextEdit

from ...task import MISSING, Input
from .base import PROBLEM_STYLE, Field
from .line import Line
from .plain import number_text


class TupleField(Field):
    """A fixed number of numbers, each in its own line: a range, a position."""

    def __init__(self, spec: Input, kinds: tuple[type, ...]) -> None:
        super().__init__(spec)
        self.kinds = kinds
        self.lines = [Line(characters=8) for _ in kinds]
        between = "–" if "range" in spec.name or "limits" in spec.name else ","
        for i, line in enumerate(self.lines):
            if i:
                self.row.addWidget(QLabel(between))
            line.finished.connect(self._finished)
            line.installEventFilter(self)
            self.row.addWidget(line, 1)
        self.setFocusProxy(self.lines[0])
        self._hint(self.auto)

    def _hint(self, text: str) -> None:
        for line in self.lines:
            line.setPlaceholderText("auto" if text else "")
            line.setToolTip(text)

    def _texts(self) -> list[str]:
        return [line.text().strip().replace("−", "-") for line in self.lines]

    def _finished(self) -> None:
        texts = self._texts()
        if not any(texts):
            self.give(self.empty)
        elif all(texts):
            try:
                self.give([kind(t) for kind, t in zip(self.kinds, texts, strict=True)])
            except ValueError:
                self.give(texts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # a half filled one is judged when a person leaves it, not between its fields
        if event.type() == QEvent.Type.FocusOut:
            texts = self._texts()
            if any(texts) and not all(texts) and not self._has_focus_next(event):
                self.give(texts)
        return super().eventFilter(watched, event)

    def _has_focus_next(self, event: QFocusEvent) -> bool:
        window = self.window()
        following = window.focusWidget() if window is not None else None
        return following in self.lines

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        known = isinstance(value, (list, tuple)) and len(value) == len(self.lines)
        for i, line in enumerate(self.lines):
            line.settle(number_text(value[i]) if known else "")
            line.setCursorPosition(0)

    def set_found(self, value: Any) -> None:
        known = isinstance(value, (list, tuple)) and len(value) == len(self.lines)
        if self.auto and known:
            for line, number in zip(self.lines, value, strict=True):
                line.setPlaceholderText(f"{number:.6g}")
        elif self.auto:
            self._hint(self.auto)

    def set_problem(self, sentence: str) -> None:
        for line in self.lines:
            line.setStyleSheet(f"QLineEdit {{ {PROBLEM_STYLE} }}" if sentence else "")


class _Lines(QPlainTextEdit):
    """Lines of text; files that are dropped or pasted become lines with their paths."""

    finished = Signal()

    def canInsertFromMimeData(self, mime: QMimeData) -> bool:
        return bool(mime.hasUrls() or super().canInsertFromMimeData(mime))

    def insertFromMimeData(self, mime: QMimeData) -> None:
        files = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
        if not files:
            super().insertFromMimeData(mime)
            return
        self.setPlainText("\n".join([*self.toPlainText().splitlines(), *files]))
        self.finished.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.finished.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
            return
        super().keyPressEvent(event)


class LinesField(Field):
    """Text of several lines, or a list with one item a line. Ctrl+Enter applies it."""

    def __init__(self, spec: Input, *, as_list: bool = False) -> None:
        super().__init__(spec)
        self.as_list = as_list
        self.editor = _Lines()
        self.editor.setTabChangesFocus(True)
        self.editor.setFixedHeight(self.fontMetrics().lineSpacing() * 4 + 10)
        self.editor.setPlaceholderText(self.auto or ("one a line" if as_list else ""))
        self.editor.finished.connect(self._finished)
        self.row.addWidget(self.editor)
        self.setFocusProxy(self.editor)

    def _finished(self) -> None:
        text = self.editor.toPlainText()
        if self.as_list:
            items = [line.strip() for line in text.splitlines() if line.strip()]
            self.give(items or ([] if not (self.can_be_none or self.spec.required) else self.empty))
        else:
            self.give(text if text or not self.can_be_none else self.empty)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        if value is MISSING or value is None:
            text = ""
        elif self.as_list and isinstance(value, (list, tuple)):
            text = "\n".join(str(v) for v in value)
        else:
            text = str(value)
        if text != self.editor.toPlainText():
            self.editor.setPlainText(text)

    def set_problem(self, sentence: str) -> None:
        self.editor.setStyleSheet(f"QPlainTextEdit {{ {PROBLEM_STYLE} }}" if sentence else "")
