"""The errors that beamcanvas raises, so that a caller can tell them apart.

Each carries one sentence that names what is wrong (file, node, field), what was
found and what was expected. The command line prints that sentence alone.
"""

from __future__ import annotations

from typing import Any


class BeamcanvasError(Exception):
    """Anything that beamcanvas itself reports."""


class InputError(BeamcanvasError, ValueError):
    """What was given can't be used: a file, a value, a setting.

    A task raises it for data that it can't work on. The command line exits with 2.
    """


class WorkflowError(InputError):
    """A graph, or the file that it is read from, is not a valid workflow."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        #: Every problem found, one sentence each, when there are several.
        self.problems = problems or (message,)


class TaskNotFoundError(InputError):
    """No task goes by that identifier here."""


class Cancelled(BeamcanvasError):  # noqa: N818 - an outcome, not an error
    """The run, or the task, was asked to stop."""

    #: of a run: what it produced until then (`beamcanvas.execution.Result`)
    result: Any = None


class TaskError(BeamcanvasError, RuntimeError):
    """A task failed; ``__cause__`` is what it raised."""

    def __init__(self, message: str, node_id: object = None, task_identifier: str = "") -> None:
        super().__init__(message)
        self.node_id = node_id
        self.task_identifier = task_identifier
        #: every failure of the run, one sentence each, when there are several
        self.problems: tuple[str, ...] = (message,)
        #: what the run produced nonetheless (`beamcanvas.execution.Result`)
        self.result: Any = None
