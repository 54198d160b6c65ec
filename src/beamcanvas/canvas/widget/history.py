"""Undo of settings: part of the scheme's own undo on our canvas, of the panel's elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from AnyQt.QtCore import QObject
from AnyQt.QtWidgets import QUndoCommand, QUndoStack

from ...errors import InputError
from ...task import MISSING
from ..run.node_run import NodeRun


class _Change(QUndoCommand):
    """One input from one value to another."""

    def __init__(self, noderun: NodeRun, name: str | int, value: Any, words: str) -> None:
        super().__init__(words)
        self.noderun, self.name = noderun, name
        self.before = noderun.settings.get(name, MISSING)
        self.after = value

    def redo(self) -> None:
        self.noderun.set_setting(self.name, self.after)

    def undo(self) -> None:
        self.noderun.set_setting(self.name, self.before)


class _Replace(QUndoCommand):
    """All settings at once, so that an automatic node runs once."""

    def __init__(self, noderun: NodeRun, settings: Mapping[str | int, Any], words: str) -> None:
        super().__init__(words)
        self.noderun = noderun
        self.before, self.after = dict(noderun.settings), dict(settings)

    def _apply(self, settings: dict[str | int, Any]) -> None:
        self.noderun.settings.clear()
        self.noderun.settings.update(settings)
        self.noderun.settings_edited()

    def redo(self) -> None:
        self._apply(self.after)

    def undo(self) -> None:
        self._apply(self.before)


class _Rules(QUndoCommand):
    """How a node runs, from one way to another."""

    def __init__(self, noderun: NodeRun, rules: Mapping[str, Any], words: str) -> None:
        super().__init__(words)
        self.noderun = noderun
        self.before, self.after = dict(noderun.rules or {}), dict(rules)

    def redo(self) -> None:
        self.noderun.set_rules(self.after)

    def undo(self) -> None:
        self.noderun.set_rules(self.before)


class History(QObject):
    """Edits of a node's settings, to be undone and done again."""

    def __init__(self, noderun: NodeRun, parent: QObject) -> None:
        super().__init__(parent)
        self.noderun = noderun
        shared = noderun.undo_stack  # an empty one is false
        self._stack = QUndoStack(self) if shared is None else shared

    def undo(self) -> None:
        self._stack.undo()

    def redo(self) -> None:
        self._stack.redo()

    def push(self, change: QUndoCommand) -> None:
        self._stack.push(change)

    def set(self, name: str | int, value: Any, label: str) -> None:
        """Give one input a value; MISSING takes it back to its default."""
        self.push(_Change(self.noderun, name, value, f"Change {label}"))

    def update(self, values: Mapping[str, Any], words: str) -> None:
        """Give several inputs their values at once, as one step."""
        settings = dict(self.noderun.settings)
        settings.update(values)
        kept = {n: v for n, v in settings.items() if v is not MISSING}
        if kept != self.noderun.settings:
            self.push(_Replace(self.noderun, kept, words))

    def reset(self) -> None:
        """All inputs back to their defaults."""
        if self.noderun.settings:
            self.push(_Replace(self.noderun, {}, "Reset to defaults"))

    def copied(self) -> str:
        """The settings as JSON text."""
        from ...workflow.values import Encoder

        return json.dumps(Encoder()(self.noderun.settings), indent=2, ensure_ascii=False)

    def paste(self, text: str) -> None:
        """Take the settings from JSON text; what this task doesn't know is left out.

        Raises
        ------
        InputError
            When the text holds no settings for this task.
        """
        from ...workflow.values import decode

        try:
            given = decode(json.loads(text))
        except ValueError:
            given = None
        task = self.noderun.task
        if not isinstance(given, dict) or task is None:
            raise InputError("The clipboard holds no settings: copy them from another node first.")
        known = {n: v for n, v in given.items() if n in task.inputs or task.open_inputs}
        if not known:
            raise InputError(f"None of the settings in the clipboard is one of '{task.title}'.")
        self.push(_Replace(self.noderun, known, "Paste settings"))


def set_rules(noderun: NodeRun, rules: Mapping[str, Any], words: str) -> None:
    """Have a node run another way, as a step that can be undone where there is a scheme."""
    if rules == noderun.rules:
        return
    change, stack = _Rules(noderun, rules, words), noderun.undo_stack
    if stack is None:  # an empty one is false
        change.redo()
    else:
        stack.push(change)
