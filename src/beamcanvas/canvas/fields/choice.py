"""Fields to choose in: one of some values, yes or no."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtGui import QFocusEvent, QWheelEvent
from AnyQt.QtWidgets import QCheckBox, QComboBox, QCompleter, QGridLayout

from ...errors import InputError
from ...task import MISSING, Input
from .base import PROBLEM_STYLE, Field
from .plain import number_text, plain

#: from so many choices on, one types to find
SEARCHED = 13
#: letters that there is room for, with short and with long words
FEWEST, MOST = 10, 24


class _Combo(QComboBox):
    """A combo box that fills itself when it is first used."""

    def __init__(self, fill: Callable[[], None]) -> None:
        super().__init__()
        self._fill = fill
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(FEWEST)

    def showPopup(self) -> None:
        self._fill()
        super().showPopup()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._fill()
        super().focusInEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # scrolling the panel must not change a setting on its way
        event.ignore()


class ChoiceField(Field):
    """One of some values.

    A callable lists them when the field is first used; one that has parameters gets the
    values of the inputs of those names, and is asked again when these have changed. Long
    lists are searched by typing, and take what is not in the list when the task may know it.
    """

    def __init__(
        self, spec: Input, choices: Sequence[Any] | Callable[..., Sequence[Any]], words: Any = None
    ) -> None:
        super().__init__(spec)
        self._choices = choices
        self._words = words or spec.param.words
        self._filled = False
        self._filled_for: dict[str, Any] = {}
        self.given: Callable[[], Mapping[str, Any]] = dict  #: values of the task's inputs
        self._marked = spec.param.unavailable is None
        self._found: Any = MISSING
        self.combo = _Combo(self._open)
        self.row.addWidget(self.combo)
        self.setFocusProxy(self.combo)
        if not callable(choices):
            self._fill()
        self.combo.activated.connect(self._chosen)

    def text_of(self, value: Any) -> str:
        if value is None:
            known = self._found is not MISSING and self._found is not None
            return f"auto: {self.text_of(self._found)}" if known else self.auto or "none"
        return next((words for v, words in self._words.items() if v == value), number_text(value))

    def _open(self) -> None:
        self._fill()
        self._mark_unavailable()

    def _mark_unavailable(self) -> None:
        """Grey what can't be chosen here, and say why."""
        if self._marked or self.spec.param.unavailable is None:
            return
        self._marked = True
        for value, reason in self.spec.param.unavailable().items():
            index = self._index_of(plain(value))
            if index >= 0:
                self.combo.model().item(index).setEnabled(False)
                self.combo.setItemText(index, f"{self.text_of(value)}: {reason}")
        view = self.combo.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + 24)

    def _fill(self) -> None:
        needed = self._needed()
        if self._filled and needed == self._filled_for:
            return
        first, self._filled, self._filled_for = not self._filled, True, needed
        values = [plain(choice) for choice in self._listed(needed)]
        if self.can_be_none and None not in values:
            values.insert(0, None)
        self.combo.clear()
        for value in values:
            self.combo.addItem(self.text_of(value), value)
        if first:
            self._make_room()
        if first and (len(values) >= SEARCHED or callable(self._choices)):
            self._make_searchable()
        self._show()

    def _make_room(self) -> None:
        """As wide as its words, within reason."""
        metrics = self.combo.fontMetrics()
        texts = (self.combo.itemText(n) for n in range(self.combo.count()))
        longest = max((metrics.horizontalAdvance(text) for text in texts), default=0)
        letters = -(-longest // metrics.horizontalAdvance("X"))
        self.combo.setMinimumContentsLength(min(max(FEWEST, letters), MOST))

    def _needed(self) -> dict[str, Any]:
        """The values of the inputs that the choices depend on."""
        names = signature(self._choices).parameters if callable(self._choices) else {}
        given = self.given() if names else {}
        return {name: given.get(name) for name in names}

    def _listed(self, needed: dict[str, Any]) -> Iterable[Any]:
        if not callable(self._choices):
            return self._choices
        try:
            return self._choices(**needed)
        except InputError:  # the file isn't there, or isn't yet what it should be
            return ()

    def _make_searchable(self) -> None:
        self.combo.setEditable(True)
        self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = self.combo.completer() or QCompleter(self.combo.model(), self.combo)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.combo.lineEdit().editingFinished.connect(self._typed)
        if self.combo.hasFocus():
            self.combo.lineEdit().selectAll()

    def _show(self) -> None:
        if self.value is MISSING:
            self.combo.setCurrentIndex(-1)
            if self.combo.isEditable():
                self.combo.setEditText("")
            return
        index = self._index_of(self.value)
        if index < 0:  # not listed, or not listed yet
            self.combo.addItem(self.text_of(self.value), self.value)
            index = self.combo.count() - 1
        self.combo.setCurrentIndex(index)
        if self.combo.isEditable():
            self.combo.lineEdit().setCursorPosition(0)

    def _index_of(self, value: Any) -> int:
        for i in range(self.combo.count()):
            item = self.combo.itemData(i)
            if item == value and isinstance(item, bool) == isinstance(value, bool):
                return i
        return -1

    def _chosen(self, index: int) -> None:
        self.give(self.combo.itemData(index))

    def _typed(self) -> None:
        text = self.combo.currentText().strip()
        matches = [
            i for i in range(self.combo.count()) if self.combo.itemText(i).lower() == text.lower()
        ]
        if matches:
            self.give(self.combo.itemData(matches[0]))
        else:
            self.give(text or self.empty)

    def set_value(self, value: Any) -> None:
        super().set_value(value if value is MISSING else plain(value))
        self._show()

    def set_found(self, value: Any) -> None:
        self._found = value if value is MISSING else plain(value)
        index = self._index_of(None) if self.can_be_none else -1
        if index >= 0:
            self.combo.setItemText(index, self.text_of(None))

    def set_problem(self, sentence: str) -> None:
        self.combo.setStyleSheet(f"QComboBox {{ {PROBLEM_STYLE} }}" if sentence else "")


class CheckField(Field):
    """Yes or no, with its words beside the box."""

    def __init__(self, spec: Input) -> None:
        super().__init__(spec)
        self.check = QCheckBox(spec.label)
        self.check.clicked.connect(lambda on: self.give(bool(on)))
        self.row.addWidget(self.check)
        self.row.addStretch()
        self.setFocusProxy(self.check)

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self.check.setChecked(bool(value))


class SeveralField(Field):
    """Any of a few values, each with a box to tick."""

    def __init__(self, spec: Input, choices: Sequence[Any]) -> None:
        super().__init__(spec)
        words = spec.param.words
        self.boxes = {c: QCheckBox(words.get(c, number_text(c))) for c in choices}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        for i, box in enumerate(self.boxes.values()):
            box.clicked.connect(self._clicked)
            grid.addWidget(box, i // 2, i % 2)
        self.row.addLayout(grid)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def _clicked(self) -> None:
        self.give([choice for choice, box in self.boxes.items() if box.isChecked()])

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        chosen = value if isinstance(value, (list, tuple, set)) else ()
        for choice, box in self.boxes.items():
            box.setChecked(choice in chosen)
