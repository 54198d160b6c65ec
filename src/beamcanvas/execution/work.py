"""What an executor is asked to do: one node's work, in words that cross any border."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from traceback import format_exception
from typing import Any, Protocol

from ..errors import Cancelled, InputError, TaskError
from ..task import MISSING, Progress, Task, resolve
from ..task.paths import absolute_paths
from ..workflow import InputName, NodeId
from ..workflow.rules import PLAIN, Rules, rules_of
from .delivery import Delivery
from .scheduler import Firing


@dataclass(slots=True)
class Work:
    """A task, named so that another process finds it too, and its inputs."""

    serial: int
    title: str  #: of the node
    task_type: str
    identifier: str | None
    generator: str | None
    inputs: dict[InputName, Any]
    #: inputs that came because a link hands over all outputs, wanted or not
    offered: frozenset[InputName]
    folder: Path  #: that relative paths are relative to
    #: outputs that conditions look at: they have to come back as they are; None is all
    looked_at: frozenset[str | int] | None = None
    rules: Rules = PLAIN
    node: NodeId = ""  #: its node
    #: what an executor that goes on does afterwards, one after the other as long as all is well
    then: tuple[Work, ...] = ()
    delivery: Delivery | None = None  #: of such work, what hands it the outputs before it
    is_wanted: bool = True  #: whether anybody but the work after it looks at its outputs

    @classmethod
    def of(cls, firing: Firing, folder: Path) -> Work:
        """The work of a firing, all of it."""
        node = firing.node
        return cls(
            firing.serial,
            node.title,
            node.task_type,
            node.task_identifier,
            node.task_generator,
            firing.inputs,
            firing.offered,
            folder,
            rules=rules_of(node),
            node=node.id,
        )

    def feed(self, outputs: Mapping[str, Any]) -> None:
        """Take the outputs of the work before it."""
        if self.delivery is not None:
            values = self.delivery.data({n: v for n, v in outputs.items() if v is not MISSING})
            self.inputs = {**self.inputs, **values}
            self.offered = frozenset(values) if self.delivery.everything else self.offered

    @property
    def priority(self) -> int:
        """Of work that is due at once, what has more goes first."""
        return self.rules.priority

    def do(self, progress: Progress) -> dict[str, Any]:
        """Find the task, run it here and return its outputs by name.

        What is mapped runs item by item, and what fails is tried again as often as the rules
        say. A run has taken such work apart before; on the canvas it is done here.
        """
        if self.rules.map:
            return self._map(progress)
        for _ in range(self.rules.retries):
            with suppress(TaskError, OSError, ValueError, RuntimeError, ArithmeticError):
                return self._once(progress)
        return self._once(progress)

    def _once(self, progress: Progress) -> dict[str, Any]:
        if self.rules.timeout is None:
            return self._run(progress)
        end = monotonic() + self.rules.timeout
        try:
            return self._run(progress.until(lambda: monotonic() > end))
        except Cancelled:
            if monotonic() > end and not progress.cancelled:
                # the clock of the run may be later: it starts when the run hears of the start
                raise overdue(self.rules) from None
            raise

    def _run(self, progress: Progress) -> dict[str, Any]:
        task = resolve(self.task_type, self.identifier, self.generator, folder=self.folder)
        return task.run(task_inputs(task, self.inputs, self.offered, self.folder), progress)

    def _map(self, progress: Progress) -> dict[str, Any]:
        rows = items(self.inputs, self.rules.map)
        one = replace(self.rules, map=())
        outputs = [
            replace(self, inputs={**self.inputs, **row}, rules=one).do(
                progress.part(i / len(rows), (i + 1) / len(rows))
            )
            for i, row in enumerate(rows)
        ]
        return gathered(outputs, self)


def overdue(rules: Rules) -> TaskError:
    """The failure of what takes too long."""
    return TaskError(f"It took longer than the {rules.timeout:g} s that it may take.")


def items(inputs: Mapping[InputName, Any], names: Sequence[InputName]) -> list[dict[Any, Any]]:
    """The inputs item by item that a node is mapped over, those of these names.

    Raises
    ------
    InputError
        When they aren't lists of one length.
    """
    lengths: dict[InputName, int] = {}
    for name in names:
        if name not in inputs:
            raise InputError(f"It is mapped over the input '{name}', which has no value.")
        value = inputs[name]
        listed = hasattr(value, "__len__") and hasattr(value, "__getitem__")
        if not listed or isinstance(value, (str, bytes, Mapping)):
            raise InputError(
                f"It is mapped over the input '{name}', which should be a list, "
                f"not {type(value).__name__}."
            )
        lengths[name] = len(value)
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"'{name}' has {n}" for name, n in lengths.items())
        raise InputError(f"It is mapped over inputs of different lengths: {said}.")
    return [{name: inputs[name][i] for name in names} for i in range(next(iter(lengths.values())))]


def gathered(outputs: Sequence[Mapping[str, Any]], work: Work) -> dict[str, Any]:
    """The outputs of all items, each a list in the order of the items."""
    if not outputs:
        task = resolve(work.task_type, work.identifier, work.generator, folder=work.folder)
        return {str(name): [] for name in task.outputs}
    names = dict.fromkeys(name for one in outputs for name in one)
    return {name: [one.get(name) for one in outputs] for name in names}


def task_inputs(
    task: Task, inputs: dict[InputName, Any], offered: frozenset[InputName], folder: Path
) -> dict[InputName, Any]:
    """The inputs as the task takes them.

    What a link offered without being asked is left out where the task has no such input;
    relative paths are taken from `folder`.
    """
    if offered and not task.open_inputs:
        inputs = {n: v for n, v in inputs.items() if n not in offered or n in task.inputs}
    return absolute_paths(task, inputs, folder)


class Report(Protocol):
    """Whom an executor tells what becomes of the work, in the thread of the run."""

    def started(self, serial: int, time: float, process_id: int) -> None: ...
    def progressed(self, serial: int, fraction: float | None, message: str) -> None: ...
    def finished(self, serial: int, outputs: dict[str, Any], time: float) -> None: ...
    def failed(self, serial: int, error: BaseException, time: float) -> None: ...
    def is_cancelled(self) -> bool: ...


def thinned(
    send: Callable[[float | None, str], None], seconds: float = 0.1
) -> Callable[[float | None, str], None]:
    """Pass on each new percent at once, and other news of a progress now and then only."""
    last_percent: int | None = None
    last_time = 0.0

    def report(fraction: float | None, message: str) -> None:
        nonlocal last_percent, last_time
        percent = None if fraction is None else round(100 * fraction)
        now = monotonic()
        if percent != last_percent or now - last_time >= seconds:
            last_percent, last_time = percent, now
            send(fraction, message)

    return report


def portable(error: BaseException) -> BaseException:
    """The error as it can travel to another process, its traceback here in its notes."""
    lines = "".join(format_exception(error))
    try:
        again: BaseException = pickle.loads(pickle.dumps(error))  # noqa: S301 - just made
    except Exception:
        again = RuntimeError(f"{type(error).__name__}: {error}")
    again.add_note(f"In process {os.getpid()}:\n{lines}")
    return again


def not_picklable(values: Iterable[tuple[Any, Any]], kind: str, error: Exception) -> InputError:
    """Which of the values it is that can't be sent to another process; `kind` is their word."""
    if isinstance(error, OSError):
        return InputError(f"The {kind}s can't be sent to another process: {error}.")
    for name, value in values:
        try:
            pickle.dumps(value, protocol=5)
        except Exception as why:
            return InputError(
                f"The {kind} '{name}', a {type(value).__name__}, can't be sent to another "
                f"process ({why}): run this workflow inline or in threads."
            )
    return InputError(f"The {kind}s can't be sent to another process: {error}.")
