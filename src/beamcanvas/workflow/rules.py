"""What our graphs say beyond ewoks' words on how a node runs and when a link is followed.

Both are extra attributes, which other tools keep and ignore. Of a node::

    "execution": {"map": ["file"], "retries": 2, "timeout": 60, "priority": 1,
                  "executor": "celery:gpu",
                  "resources": {"cores": 8, "memory": 32, "gpus": 1, "time": 90,
                                "partition": "gpu"}}

with memory in GB and time in minutes. Of a link, beside the equalities in ``conditions``,
all of which must hold too::

    "when": [{"source_output": "error", "is": "<", "value": 0.05}]
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import WorkflowError
from ..task.validation import did_you_mean
from .model import InputName, Link, Node

NODE_KEY = "execution"
LINK_KEY = "when"


@dataclass(frozen=True, slots=True)
class Resources:
    """What a node takes of a cluster; None is what the cluster gives by itself."""

    cores: int | None = None
    memory: float | None = None  #: in GB
    gpus: int | None = None
    partition: str | None = None
    time: float | None = None  #: in minutes, after which the cluster ends it


ANY = Resources()


@dataclass(frozen=True, slots=True)
class Rules:
    """How a node runs."""

    #: inputs that are lists: the node runs once for each item, and its outputs are lists
    map: tuple[InputName, ...] = ()
    retries: int = 0  #: how often it is tried again after a failure
    timeout: float | None = None  #: seconds that one try may take
    priority: int = 0  #: of nodes that are due at once, the one with more goes first
    executor: str | None = None  #: where it runs, if not where the others do
    resources: Resources = ANY  #: where it is a job of its own


PLAIN = Rules()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on an output other than that it equals a value."""

    output: str | int
    relation: str
    value: Any

    def holds(self, found: Any) -> bool:
        """Whether it holds for the output; what can't be compared doesn't."""
        try:
            return bool(RELATIONS[self.relation](found, self.value))
        except Exception:  # of other types, or arrays, which have no single answer
            return False


RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda found, value: found in value,
    "not in": lambda found, value: found not in value,
}


def rules_of(node: Node) -> Rules:
    """How a node runs.

    Raises
    ------
    WorkflowError
        When its attribute says what it shouldn't.
    """
    if NODE_KEY not in node.extra:
        return PLAIN
    wrong = tuple(node_problems(node))
    if wrong:
        raise WorkflowError(f"The node '{node.title}', {NODE_KEY}: {' '.join(wrong)}", wrong)
    said = node.extra[NODE_KEY]
    over = said.get("map", ())
    return Rules(
        map=(over,) if isinstance(over, (str, int)) else tuple(over),
        retries=said.get("retries", 0),
        timeout=said.get("timeout"),
        priority=said.get("priority", 0),
        executor=said.get("executor"),
        resources=Resources(**said["resources"]) if "resources" in said else ANY,
    )


def comparisons(link: Link) -> list[Comparison]:
    """The conditions of a link other than equalities with a value.

    Raises
    ------
    WorkflowError
        When its attribute says what it shouldn't.
    """
    if LINK_KEY not in link.extra:
        return []
    wrong = tuple(link_problems(link))
    if wrong:
        raise WorkflowError(f"A link from '{link.source}', {LINK_KEY}: {' '.join(wrong)}", wrong)
    return [
        Comparison(item["source_output"], item["is"], item["value"])
        for item in link.extra[LINK_KEY]
    ]


def node_problems(node: Node) -> Iterator[str]:
    """What is wrong with a node's attribute, one sentence each."""
    said = node.extra.get(NODE_KEY, {})
    if not isinstance(said, Mapping):
        yield f"it should be a mapping, not {said!r}."
        return
    known = ("map", "retries", "timeout", "priority", "executor", "resources")
    for name in said:
        if name not in known:
            yield f"there is no '{name}' in it.{did_you_mean(str(name), known)}"
    over = said.get("map", [])
    if not isinstance(over, (str, int, list, tuple)) or (
        isinstance(over, (list, tuple)) and not all(isinstance(n, (str, int)) for n in over)
    ):
        yield f"'map' should be the name of an input or a list of them, not {over!r}."
    for name, least in (("retries", 0), ("priority", None)):
        value = said.get(name, 0)
        if type(value) is not int or (least is not None and value < least):
            yield f"'{name}' should be a whole number{' from 0' * (least == 0)}, not {value!r}."
    seconds = said.get("timeout")
    if seconds is not None and (type(seconds) not in (int, float) or not seconds > 0):
        yield f"'timeout' should be a number of seconds above 0, not {seconds!r}."
    where = said.get("executor")
    if where is not None and (type(where) is not str or not where):
        yield f"'executor' should be the name of one, not {where!r}."
    yield from _resource_problems(said.get("resources", {}))


#: of each resource the types that its value may have, and the words for them
_RESOURCES: dict[str, tuple[tuple[type, ...], str]] = {
    "cores": ((int,), "a whole number from 1"),
    "memory": ((int, float), "a number of GB above 0"),
    "gpus": ((int,), "a whole number from 1"),
    "partition": ((str,), "a name"),
    "time": ((int, float), "a number of minutes above 0"),
}


def _resource_problems(said: Any) -> Iterator[str]:
    if not isinstance(said, Mapping):
        yield f"'resources' should be a mapping, not {said!r}."
        return
    for name, value in said.items():
        if name not in _RESOURCES:
            yield f"there is no '{name}' in 'resources'.{did_you_mean(str(name), _RESOURCES)}"
            continue
        types, words = _RESOURCES[name]
        if type(value) not in types or not (value if isinstance(value, str) else value > 0):
            yield f"'{name}' in 'resources' should be {words}, not {value!r}."


def link_problems(link: Link) -> Iterator[str]:
    """What is wrong with a link's attribute, one sentence each."""
    said = link.extra.get(LINK_KEY, [])
    if not isinstance(said, (list, tuple)):
        yield f"it should be a list, not {said!r}."
        return
    for item in said:
        if not isinstance(item, Mapping) or set(item) != {"source_output", "is", "value"}:
            yield f"a condition has a source_output, an 'is' and a value: {item!r} hasn't."
        elif item["is"] not in RELATIONS:
            yield f"'is' should be one of {', '.join(RELATIONS)}, not {item['is']!r}."
