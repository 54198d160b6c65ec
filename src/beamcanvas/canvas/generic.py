"""The widget of any task that has none of its own, also of other packages."""

from __future__ import annotations

from typing import Any

from orangewidget.settings import Setting

from ..errors import BeamcanvasError
from ..task import Task, resolve
from .widget import TaskWidget


class TaskNode(TaskWidget):
    """Shows whatever task its run has; in another Orange program, the one in its settings."""

    name = "Task"
    description = "A task that has no widget of its own."
    icon = "icons/task.svg"

    #: task_type, task_identifier, task_generator, as a graph file has them
    _ewoks_task: dict[str, Any] = Setting({}, schema_only=True)

    def _task(self) -> tuple[Task | None, str]:
        said = self._ewoks_task
        if not said:
            return None, "This node names no task."
        try:
            return resolve(
                said.get("task_type", ""), said.get("task_identifier"), said.get("task_generator")
            ), ""
        except BeamcanvasError as error:
            return None, str(error)

    def _store_settings(self) -> None:
        super()._store_settings()
        task = self._noderun.task if self._noderun is not None else None
        if task is not None:
            self._ewoks_task = {
                "task_type": task.task_type,
                "task_identifier": task.identifier,
                "task_generator": task.task_generator,
            }
