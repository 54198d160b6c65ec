"""*Run on*: where a scheme, or one node of it, runs."""

from __future__ import annotations

from collections.abc import Callable

from AnyQt.QtCore import QSettings, Qt
from AnyQt.QtWidgets import QAction, QActionGroup, QInputDialog, QMenu, QToolButton, QWidget

from ...execution.executors.places import Place, place_words, places
from ..pictures import icon

_LAST = "run/arguments"


class RunOnMenu(QMenu):
    """A choice of executors; those that can't be used here are grey and say why.

    Parameters
    ----------
    now:
        What is chosen.
    choose:
        Called with what a person chooses.
    as_scheme:
        Words for *as the scheme says*, which is then offered first and stands for "".
    """

    def __init__(
        self,
        title: str,
        now: Callable[[], str],
        choose: Callable[[str], None],
        parent: QWidget | None = None,
        as_scheme: str = "",
    ) -> None:
        super().__init__(title, parent)
        self.setToolTipsVisible(True)
        self._now = now
        self._choose = choose
        self._as_scheme = as_scheme
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List what there is, now."""
        self.clear()
        self._group = QActionGroup(self)
        now = self._now()
        if self._as_scheme:
            self._add("", self._as_scheme, "", not now)
            self.addSeparator()
        for place in places():
            reason = place.needs()
            chosen = now == place.name
            action = self._add(place.name, place.words, place.help, chosen)
            if reason:
                action.setEnabled(False)
                action.setToolTip(f"{place.help} {reason}")
            elif place.argument:
                self._add_said(place, now)
            elif now.startswith(f"{place.name}:"):
                self._add(now, place_words(now), place.help, True)

    def _add(self, where: str, words: str, tip: str, chosen: bool) -> QAction:
        action = self.addAction(words, lambda: self._choose(where))
        action.setCheckable(True)
        action.setChecked(chosen)
        action.setToolTip(tip)
        self._group.addAction(action)
        return action

    def _add_said(self, place: Place, now: str) -> None:
        """What was said of it last, and a question for something else."""
        last = QSettings().value(f"{_LAST}/{place.name}", "", type=str)
        said = now if now.startswith(f"{place.name}:") else f"{place.name}:{last}" if last else ""
        if said:
            self._add(said, place_words(said), place.help, said == now)
        action = self.addAction(
            f"{place.asking} …", lambda: self._ask(place, said.partition(":")[2])
        )
        action.setToolTip(f"Give the {place.argument}.")

    def _ask(self, place: Place, said: str) -> None:
        words = f"{place.words}:\n{place.argument[:1].upper()}{place.argument[1:]}."
        text, given = QInputDialog.getText(self.parentWidget(), "Run on", words, text=said)
        if given:
            text = text.strip()
            QSettings().setValue(f"{_LAST}/{place.name}", text)
            self._choose(f"{place.name}:{text}" if text else place.name)


class RunOnButton(QToolButton):
    """Shows where the scheme runs, and offers others."""

    def __init__(self, now: Callable[[], str], choose: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("run-on-button")
        self.setIcon(icon("run_on"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(RunOnMenu("Run on", now, choose, self))

    def show_where(self, where: str) -> None:
        """Name the executor that is chosen."""
        words = place_words(where)
        self.setText(words if len(words) <= 32 else f"{words[:31]}…")
        self.setToolTip(f"The scheme runs on: {words}")
        self.setAccessibleName(f"Run on {words}")
