"""The portable graph: nodes, links and their inputs, as a file states them.

Nothing is resolved, flattened or run here; a workflow is data. What a file says beyond
the words below is kept in ``extra`` and written back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ..errors import WorkflowError

#: Ids of flattened subgraphs are pairs of the graph node's id and the inner id.
NodeId: TypeAlias = "str | int | tuple[NodeId, ...]"
InputName: TypeAlias = "str | int"
TaskType = Literal[
    "class", "generated", "method", "graph", "ppfmethod", "ppfport", "script", "notebook"
]
TASK_TYPES: tuple[str, ...] = TaskType.__args__  # type: ignore[attr-defined]


@dataclass(kw_only=True, slots=True)
class Node:
    """One step of a workflow."""

    id: NodeId
    task_type: str
    #: dotted path, file or command; for a ``graph`` a path, a mapping or a `Workflow`
    task_identifier: Any = None
    task_generator: str | None = None
    label: str = ""
    default_inputs: dict[InputName, Any] = field(default_factory=dict)
    force_start_node: bool = False
    conditions_else_value: Any = None
    default_error_node: bool = False
    default_error_attributes: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    #: of a node that flattening took from another file: relative paths start in this folder
    folder: Path | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        """The label, or the id where there is none."""
        return self.label or id_text(self.id)

    @property
    def position(self) -> tuple[float, float] | None:
        """Where it stands on a canvas; kept as both canvases of ewoks spell it."""
        from .position import read_position

        return read_position(self.extra)

    @position.setter
    def position(self, value: tuple[float, float]) -> None:
        from .position import write_position

        write_position(self.extra, value)


@dataclass(kw_only=True, slots=True)
class Link:
    """What one node hands to another, and when."""

    source: NodeId
    target: NodeId
    #: target input -> source output; an output of None hands over all outputs as one mapping
    data_mapping: dict[InputName, str | int | None] = field(default_factory=dict)
    map_all_data: bool = False
    #: source output -> value that it must have; all must hold
    conditions: dict[str | int, Any] = field(default_factory=dict)
    on_error: bool = False
    required: bool | None = None  #: None: follows from the graph
    cache_if_optional: bool = False
    sub_source: NodeId | None = None
    sub_target: NodeId | None = None
    sub_target_attributes: dict[str, Any] | None = None
    enabled: bool = True  #: a link that a person switched off on a canvas
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_conditional(self) -> bool:
        """Whether it is followed only when something holds (see also `workflow.rules`)."""
        return bool(self.conditions or "when" in self.extra)

    @property
    def is_plain(self) -> bool:
        """Whether Orange can say all of it: named data, always handed over."""
        return not (self.map_all_data or self.is_conditional or self.on_error) and bool(
            self.data_mapping
        )


@dataclass(kw_only=True, slots=True)
class Alias:
    """A name under which a subgraph offers one of its nodes to the graph around it."""

    id: NodeId
    node: NodeId | None = None  #: None: not connected
    sub_node: NodeId | None = None
    link_attributes: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Workflow:
    """A graph of tasks.

    >>> workflow = Workflow(id="demo")
    >>> first = workflow.add("builtins.max", id="first", inputs={0: 1, 1: 2})
    >>> second = workflow.add("builtins.max", id="second", inputs={1: 10})
    >>> workflow.link(first, second, {0: "return_value"})
    >>> [node.title for node in workflow.nodes.values()]
    ['first', 'second']
    """

    id: str = "notspecified"
    label: str = ""
    #: of the file it came from; what is written follows from what the graph needs
    schema_version: str = field(default="1.1", compare=False)
    requirements: list[str] | None = None
    input_nodes: list[Alias] = field(default_factory=list)
    output_nodes: list[Alias] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    #: what the file says beside ``graph``, ``nodes`` and ``links``
    document: dict[str, Any] = field(default_factory=dict)
    #: the file it came from; relative paths in it are relative to its folder
    path: Path | None = field(default=None, compare=False)
    #: where else the files of its subgraphs may be
    roots: tuple[Path, ...] = field(default=(), compare=False)
    #: what the reader could not understand and carried along, one sentence each
    remarks: list[str] = field(default_factory=list, compare=False)

    # -- making one in memory

    def add(
        self,
        task: str | Callable[..., Any] | Workflow,
        *,
        id: NodeId | None = None,
        label: str = "",
        inputs: Mapping[InputName, Any] | None = None,
        task_type: str = "",
        **attributes: Any,
    ) -> Node:
        """Add a node and return it.

        Parameters
        ----------
        task:
            A function decorated with ``@task``, the identifier of any task, or a workflow
            as a subgraph.
        id:
            Its identity; by default made from the task's name.
        inputs:
            Values by input name.
        task_type:
            How to read an identifier: ``method`` by default.
        attributes:
            Further attributes of `Node`.

        Raises
        ------
        WorkflowError
            When a node of that id exists.
        """
        generator = None
        if isinstance(task, Workflow):
            identifier: Any = task
            task_type, name = task_type or "graph", task.id
        elif callable(task):
            from ..task import task_of

            found = task_of(task)
            identifier, generator = found.identifier, found.task_generator
            task_type, name = found.task_type, found.function.__name__
        else:
            identifier, name = task, task.rpartition(".")[2] or task
            task_type = task_type or "method"
        node_id = self._free_id(name) if id is None else id
        if node_id in self.nodes:
            raise WorkflowError(f"There is a node '{id_text(node_id)}' already.")
        node = Node(
            id=node_id,
            task_type=task_type,
            task_identifier=identifier,
            task_generator=generator,
            label=label,
            default_inputs=dict(inputs or {}),
            **attributes,
        )
        self.nodes[node_id] = node
        return node

    def _free_id(self, name: str) -> str:
        if name not in self.nodes:
            return name
        n = 2
        while f"{name}_{n}" in self.nodes:
            n += 1
        return f"{name}_{n}"

    def link(
        self,
        source: Node | NodeId,
        target: Node | NodeId,
        data: Mapping[InputName, str | int | None] | None = None,
        *,
        when: Mapping[str | int, Any] | None = None,
        **attributes: Any,
    ) -> None:
        """Link two nodes.

        Parameters
        ----------
        data:
            Output of the source for each input of the target: ``{"image": "result"}``.
        when:
            The link is followed only when these outputs have these values.
        attributes:
            Further attributes of `Link`: ``map_all_data``, ``on_error``, ``required`` ...

        Raises
        ------
        WorkflowError
            When one of the nodes isn't there.
        """
        ends = [end.id if isinstance(end, Node) else end for end in (source, target)]
        for end in ends:
            if end not in self.nodes:
                raise WorkflowError(f"There is no node '{id_text(end)}' to link.")
        self.links.append(
            Link(
                source=ends[0],
                target=ends[1],
                data_mapping=dict(data or {}),
                conditions=dict(when or {}),
                **attributes,
            )
        )

    # -- looking at it

    @property
    def title(self) -> str:
        """The label, or the id where there is none."""
        return self.label or self.id

    @property
    def folder(self) -> Path:
        """Relative paths in the workflow are relative to this."""
        return self.path.parent if self.path is not None else Path.cwd()

    def find(self, name: str) -> list[Node]:
        """The nodes whose id, as text, or whose label is `name`; an id wins."""
        by_id = [n for n in self.nodes.values() if id_text(n.id) == name]
        return by_id or [n for n in self.nodes.values() if n.label == name]

    def links_to(self, node_id: NodeId) -> Iterator[Link]:
        """The links into a node, in order. For many nodes, index the links once instead."""
        return (link for link in self.links if link.target == node_id)

    def save(self, path: str | Path, format: str | None = None) -> Path:
        """Write it to a file; the format follows from the suffix."""
        from .formats import save

        return save(self, path, format)


def id_text(node_id: NodeId) -> str:
    """A node id as people read and type it: the parts of a nested one joined by ``:``."""
    if isinstance(node_id, Sequence) and not isinstance(node_id, str):
        return ":".join(id_text(part) for part in node_id)
    return str(node_id)
