"""Fields of one line of text: text, numbers, lists, and literals for everything else."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from AnyQt.QtCore import QEvent, QSize, Qt
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from AnyQt.QtWidgets import QLineEdit

from ...task import MISSING, Input
from .base import PROBLEM_STYLE, Field
from .plain import number_text, plain


class Line(QLineEdit):
    """A line edit that tells of finished edits only, and takes dropped files as paths."""

    finished = Signal(str)
    stepped = Signal(int)

    def __init__(self, characters: int = 20) -> None:
        super().__init__()
        self._characters = characters
        self._settled = ""
        self.editingFinished.connect(self._finish)

    def sizeHint(self) -> QSize:
        width = self._characters * self.fontMetrics().horizontalAdvance("0") + 16
        return QSize(width, super().sizeHint().height())

    def settle(self, text: str) -> None:
        """Show a text that nobody typed."""
        self._settled = text
        if self.text() != text:
            self.setText(text)

    def _finish(self) -> None:
        if self.text() != self._settled:
            self._settled = self.text()
            self.finished.emit(self._settled)

    def event(self, event: QEvent) -> bool:
        # Undo belongs to the panel, except while this text is being typed
        if event.type() == QEvent.Type.ShortcutOverride and self.text() == self._settled:
            if event.matches(QKeySequence.StandardKey.Undo) or event.matches(
                QKeySequence.StandardKey.Redo
            ):
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self.stepped.emit(step if event.key() == Qt.Key.Key_Up else -step)
            event.accept()
            return
        if event.key() == Qt.Key.Key_Escape and self.text() != self._settled:
            self.setText(self._settled)
            event.accept()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # else the window's default button is pressed too

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            self.setText(files[0])
            self._finish()
            event.acceptProposedAction()
        else:
            super().dropEvent(event)


class LineField(Field):
    """Text of one line."""

    def __init__(self, spec: Input) -> None:
        super().__init__(spec)
        self.line = Line()
        self.line.setPlaceholderText(self.auto)
        self.line.finished.connect(lambda text: self.give(self.value_of(text)))
        self.row.addWidget(self.line)
        self.setFocusProxy(self.line)

    def value_of(self, text: str) -> Any:
        """What a person typed, or the text itself where it can't be read."""
        if text == "" and (self.can_be_none or self.spec.required):
            return self.empty
        return text

    def text_of(self, value: Any) -> str:
        """The text that `value_of` reads back as the same value."""
        return str(value)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self.line.settle("" if value is MISSING or value is None else self.text_of(value))
        self.line.setCursorPosition(0)

    def set_found(self, value: Any) -> None:
        if not self.auto:
            return
        known = value is not MISSING and value is not None
        words = f"{value:.7g}" if isinstance(value, float) else self.text_of(value)
        self.line.setPlaceholderText(f"auto: {words}" if known else self.auto)

    def set_problem(self, sentence: str) -> None:
        self.line.setStyleSheet(f"QLineEdit {{ {PROBLEM_STYLE} }}" if sentence else "")


def whole_or_real(text: str) -> int | float:
    """A number that is whole when it is written so."""
    try:
        return int(text)
    except ValueError:
        return float(text)


class NumberField(LineField):
    """A number, exactly as it is: the text is never rounded. Up and Down step its last digit."""

    def __init__(self, spec: Input, kind: Callable[[str], Any]) -> None:
        super().__init__(spec)
        self.kind = kind
        self.line.stepped.connect(self._step)

    def value_of(self, text: str) -> Any:
        text = text.strip().replace("−", "-")
        if not text:
            return self.empty
        try:
            return self.kind(text)
        except ValueError:
            return text

    def text_of(self, value: Any) -> str:
        return number_text(value)

    def _step(self, steps: int) -> None:
        shown = self.line.text() or self.line.placeholderText().removeprefix("auto: ")
        try:
            number = Decimal(shown)
            exponent = number.as_tuple().exponent
        except InvalidOperation:
            return
        if isinstance(exponent, int):
            digit = Decimal((0, (1,), 0 if self.kind is int else exponent))
            self.line.setText(str(number + steps * digit))
            self.line.editingFinished.emit()


class ListField(LineField):
    """Several values with commas between them."""

    def __init__(self, spec: Input, kind: Callable[[str], Any]) -> None:
        super().__init__(spec)
        self.kind = kind
        if not self.auto:
            self.line.setPlaceholderText("with commas between")

    def value_of(self, text: str) -> Any:
        text = text.strip().removeprefix("[").removesuffix("]")
        if not text:
            return self.empty if self.can_be_none or self.spec.required else []
        items = [item.strip() for item in text.split(",") if item.strip()]
        try:
            return [self.kind(item) for item in items]
        except ValueError:
            return items

    def text_of(self, value: Any) -> str:
        if not isinstance(value, (list, tuple)):
            return str(value)
        return ", ".join(number_text(v) for v in value)


class LiteralField(LineField):
    """Anything that can be written as JSON or as a Python literal; other text is text.

    What is too long to be typed is only counted.
    """

    LONGEST = 2000

    def set_value(self, value: Any) -> None:
        long = isinstance(value, (list, tuple, dict)) and len(repr(value)) > self.LONGEST
        self.line.setReadOnly(long)
        if long:
            Field.set_value(self, value)
            self.line.settle(f"{len(value)} items")
        else:
            super().set_value(value)

    def value_of(self, text: str) -> Any:
        text = text.strip()
        if not text:
            return self.empty
        for read in (json.loads, ast.literal_eval):
            try:
                return read(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
        return text

    def text_of(self, value: Any) -> str:
        value = plain(value)
        if isinstance(value, str) and self.value_of(value) == value:
            return value
        try:
            text = json.dumps(value, ensure_ascii=False)
            if json.loads(text) == value:
                return text
        except (TypeError, ValueError):
            pass
        return repr(value)
