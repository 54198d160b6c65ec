"""The living state of one node on the canvas, whether or not its window was ever opened.

The engine of our canvas drives it; a `TaskWidget` shows it and edits its settings. In
another Orange canvas the widget drives one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from AnyQt.QtCore import QObject
from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import QUndoStack

from ...task import MISSING, Task
from ...task.progress import Look


class State(Enum):
    """What a node is at."""

    IDLE = "not run yet"
    WAITING = "waiting for its inputs"
    QUEUED = "waiting for its turn where it will run"
    RUNNING = "running"
    DONE = "done"
    STALE = "settings or inputs changed since it ran"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_busy(self) -> bool:
        """Whether its work is under way."""
        return self in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True)
class Linked:
    """Where an input comes from when a link feeds it."""

    node: str  #: title of the node
    output: str  #: its output
    value: Any = MISSING  #: what it delivered last
    failed: bool = False  #: whether its last run failed


class NodeRun(QObject):
    """Settings, inputs, outputs and state of one node; runs it in the background.

    All of it lives in the GUI thread; only the task itself runs elsewhere.
    """

    #: a setting, or what is linked, changed
    inputs_changed = Signal()
    #: `state` changed; outputs and error are set by then
    state_changed = Signal(object)
    #: fraction done (0 to 1, or None) and a message
    progressed = Signal(object, str)
    #: the file that it reads is followed from now on, or no longer
    following_changed = Signal(bool)

    def __init__(
        self,
        task: Task | None,
        settings: Mapping[str | int, Any] | None = None,
        *,
        problem: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.task = task
        #: why there is no task: it can't be found, or its package isn't installed
        self.problem = problem
        #: values a person gave, exactly the node's ``default_inputs``
        self.settings: dict[str | int, Any] = dict(settings or {})
        self.linked: dict[str | int, Linked] = {}
        self.outputs: dict[str, Any] = {}
        self.error: BaseException | None = None
        self.look: Look | None = None  #: gives the outputs of a run under way, as they are
        self.seconds: float | None = None  #: that the last run took
        self.state = State.IDLE
        #: run by itself when a setting or an input changes
        self.automatic = True
        #: folder of the scheme, for relative paths
        self.folder = Path.cwd()

    @property
    def undo_stack(self) -> QUndoStack | None:
        """Where edits of the settings are kept to be undone; None where there is no scheme."""
        return None

    @property
    def rules(self) -> dict[str, Any] | None:
        """What is said of how it runs; None where nothing can be said of that."""
        return None

    def set_rules(self, rules: Mapping[str, Any]) -> None:
        """Have it run another way."""
        raise NotImplementedError

    def set_setting(self, name: str | int, value: Any) -> None:
        """Give an input a value; MISSING takes it back to the task's default."""
        if value is MISSING:
            if name not in self.settings:
                return
            del self.settings[name]
        else:
            if name in self.settings and _same(self.settings[name], value):
                return
            self.settings[name] = value
        self.settings_edited()

    def reset_settings(self) -> None:
        """All settings back to the task's defaults."""
        if self.settings:
            self.settings.clear()
            self.settings_edited()

    def settings_edited(self) -> None:
        """A person changed a setting: tell who shows it, and run again when automatic."""
        self.inputs_changed.emit()
        if self.state in (State.DONE, State.FAILED, State.CANCELLED):
            self.set_state(State.STALE)

    def values(self) -> dict[str | int, Any]:
        """What the task would get now: settings, overridden by what links delivered."""
        values = dict(self.settings)
        values.update({n: k.value for n, k in self.linked.items() if k.value is not MISSING})
        return values

    def set_state(self, state: State) -> None:
        self.look = None  # of a run that ended, or has not shown anything yet
        self.state = state
        self.state_changed.emit(state)

    @property
    def can_follow(self) -> bool:
        """Whether it reads a file that could be followed; only an engine can do that."""
        return False

    def follow(self, on: bool) -> None:
        """Run again whenever the file that it reads has grown, until it is whole."""

    def run(self) -> None:
        """Run the task now with its current inputs, replacing a run under way."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop the run under way; the node is CANCELLED within a second."""
        raise NotImplementedError


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and (a is b or bool(a == b))
