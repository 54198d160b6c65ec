"""The right side of a node's window: its outputs, each in the preview that fits it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from . import Preview, preview_for
from .summary import SummaryPreview
from .table import TablePreview
from .text import TextPreview

VALUES = "Values"

_log = logging.getLogger(__name__)


class PreviewArea(QWidget):
    """Previews of named outputs, in tabs when there are several.

    Small values (numbers, words, paths) share one table. A tab is drawn when it is looked
    at; a preview stays, with its zoom, as long as the output stays of its kind.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        self.nothing = QLabel()
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.setEnabled(False)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        # it would hand the focus to its bar, and where that is hidden the Tab key ends there
        self.tabs.setFocusProxy(None)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.currentChanged.connect(lambda _: self._draw())
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(self.tabs)
        layout.addWidget(self.stack)
        self._waiting: dict[QWidget, Any] = {}

    def show_nothing(self, words: str, failed: bool = False) -> None:
        """Say why there is nothing to see; plainly when something failed."""
        self.nothing.setText(words)
        self.nothing.setEnabled(failed)
        self.stack.setCurrentWidget(self.nothing)

    def show_outputs(
        self, outputs: Mapping[str, Any], made_for: Mapping[str, type[Preview]] | None = None
    ) -> None:
        """Show outputs by title; `made_for` names previews that fit better than the usual ones."""
        wanted = _pages(outputs, made_for or {})
        if not wanted:
            self.show_nothing("The task ran. It has nothing to show.")
            return
        before = {self.tabs.tabText(i): self.tabs.widget(i) for i in range(self.tabs.count())}
        if [(title, type(page)) for title, page in before.items()] != [w[:2] for w in wanted]:
            self._rebuild(wanted, before)
        self._waiting = {self.page(title): value for title, _, value in wanted}
        self.stack.setCurrentWidget(self.tabs)
        self._draw()

    def _rebuild(
        self, wanted: list[tuple[str, type[Preview], Any]], before: dict[str, QWidget]
    ) -> None:
        """Make the tabs those wanted; what was looked at stays in front."""
        current = self.tabs.tabText(self.tabs.currentIndex())
        self.tabs.blockSignals(True)
        for index, (title, kind, _) in enumerate(wanted):
            page = before.get(title)
            if type(page) is not kind:
                page = kind()
            else:
                self.tabs.removeTab(self.tabs.indexOf(page))
                del before[title]
            self.tabs.insertTab(index, page, title)
        for page in before.values():
            self.tabs.removeTab(self.tabs.indexOf(page))
            page.deleteLater()
        titles = [title for title, _, _ in wanted]
        self.tabs.setCurrentIndex(titles.index(current) if current in titles else 0)
        self.tabs.tabBar().setVisible(len(wanted) > 1)
        self.tabs.blockSignals(False)

    def page(self, title: str) -> QWidget | None:
        """The preview of an output."""
        for i in range(self.tabs.count()):
            if self.tabs.tabText(i) == title:
                return self.tabs.widget(i)
        return None

    def _draw(self) -> None:
        page = self.tabs.currentWidget()
        if page not in self._waiting:
            return
        try:
            page.show_value(self._waiting.pop(page))
        except Exception as error:  # what a value says of itself may be wrong in any way
            _log.warning("A preview failed.", exc_info=True)
            words = QLabel(f"This can't be shown: {error}")
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            words.setWordWrap(True)
            index = self.tabs.currentIndex()
            title = self.tabs.tabText(index)
            self.tabs.removeTab(index)
            page.deleteLater()
            self.tabs.insertTab(index, words, title)
            self.tabs.setCurrentIndex(index)


def _preview_for(value: Any) -> type[Preview]:
    try:
        return preview_for(value)
    except Exception:  # as above: it is named in words then
        _log.warning("A value can't be plotted.", exc_info=True)
        return SummaryPreview


def _pages(
    outputs: Mapping[str, Any], made_for: Mapping[str, type[Preview]]
) -> list[tuple[str, type[Preview], Any]]:
    pages, small = [], {}
    for title, value in outputs.items():
        if value is None:
            continue
        kind = made_for.get(title) or _preview_for(value)
        short = kind is TextPreview and len(value) < 200 and "\n" not in value
        if kind is SummaryPreview or short:
            small[title] = value
        else:
            pages.append((title, kind, value))
    if small:
        only = len(small) == 1 and not pages
        title, value = next(iter(small.items()))
        if only:
            pages.append((title, SummaryPreview, value))
        else:
            pages.append((VALUES, TablePreview, small))
    return pages
