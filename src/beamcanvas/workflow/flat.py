"""From a graph with subgraphs to the flat graph that runs.

A node of a subgraph gets the pair of the graph node's id and its own id. Everything is in
proportion to the size of the flat graph. The result shares the nodes and links that need
no change with the workflow: treat both as read-only while they are used together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import WorkflowError
from .garbage import no_garbage_collection
from .model import Alias, Link, Node, NodeId, Workflow, id_text
from .rules import LINK_KEY

_DEEPEST = 200  # subgraphs inside each other; nested ids are compared recursively


@no_garbage_collection()
def flatten(workflow: Workflow) -> Workflow:
    """The workflow without subgraphs, disabled links, parallel links and default handlers.

    - A subgraph is a `Workflow`, a mapping, a JSON text or a path. A relative path is looked
      for in the folder of the file that names it, then where that file itself was looked for
      (``root_dir``, ``root_module``), then in the current folder.
    - Links to and from a graph node go to the nodes that its aliases name, or to inner
      nodes by id. The link's attributes win over those of the target's alias, these over
      the source's; those of an outer alias over those of an inner one.
    - ``default_inputs``, ``force_start_node``, ``conditions_else_value`` and the default
      error attributes of a graph node go to all its input nodes.
    - Links between the same nodes become one: data mappings and conditions add up. An error
      link stays apart from the others.
    - In each graph, a node that has no error link of its own, and isn't downstream of a
      default error node, gets one to each default error node.

    Raises
    ------
    WorkflowError
        Naming the link, node or file that can't be expanded.
    """
    return _Expansion(workflow, (), workflow.path).finish()


class _Expansion:
    """One graph, flattened, with what the graph around it asks of its aliases."""

    def __init__(
        self, workflow: Workflow, around: tuple[Any, ...], path: Path | None = None
    ) -> None:
        key = path or id(workflow)
        if key in around:
            raise WorkflowError(f"The workflow '{workflow.title}' contains itself.")
        if len(around) >= _DEEPEST:
            raise WorkflowError(f"Subgraphs are nested more than {_DEEPEST} deep.")
        self.workflow = workflow
        self.nodes: dict[NodeId, Node] = {}
        #: default error nodes of this graph and those in it
        self.handlers: list[NodeId] = []
        self._inner: dict[NodeId, _Expansion] = {}
        self._changes: dict[NodeId, dict[str, Any]] = defaultdict(dict)
        if "graph" in {node.task_type for node in workflow.nodes.values()}:
            for node in workflow.nodes.values():
                if node.task_type == "graph":
                    self._expand(node, (*around, key))
                else:
                    self.nodes[node.id] = node
        else:
            self.nodes.update(workflow.nodes)
        own = [link for link in workflow.links if link.enabled]
        if self._inner:
            inside = (link for inner in self._inner.items() for link in _renamed_links(*inner))
            self.links = _merged([*inside, *(e for link in own for e in self._expand_link(link))])
        else:
            for link in own:
                said = link.sub_source, link.sub_target, link.sub_target_attributes
                if said != (None, None, None):
                    list(self._expand_link(link))  # says why not
            self.links = _merged(own)
        self._check_ends()
        self.inputs = self._resolve_aliases(workflow.input_nodes, "input_nodes")
        self.outputs = self._resolve_aliases(workflow.output_nodes, "output_nodes")
        for node_id, changes in self._changes.items():
            self.nodes[node_id] = _changed(self.nodes[node_id], changes)
        self._connect_default_error_nodes()

    def finish(self) -> Workflow:
        """The flat graph, without the default error nodes that nothing needs."""
        nodes, links = self.nodes, self.links
        if self.handlers:
            unneeded = _never_reached(self.handlers, nodes, links)
            nodes = {i: n for i, n in nodes.items() if i not in unneeded}
            links = [k for k in links if k.source not in unneeded]
        return replace(
            self.workflow,
            nodes=nodes,
            links=links,
            input_nodes=[a for aliases in self.inputs.values() for a in aliases],
            output_nodes=[a for aliases in self.outputs.values() for a in aliases],
        )

    # -- graph nodes

    def _expand(self, node: Node, around: tuple[Any, ...]) -> None:
        try:
            inner = _Expansion(*_subgraph(node, self.workflow, around))
        except WorkflowError as error:
            problems = tuple(f"In the graph node '{node.title}': {p}" for p in error.problems)
            raise WorkflowError(f"In the graph node '{node.title}': {error}", problems) from None
        self._inner[node.id] = inner
        folder = inner.workflow.folder if inner.workflow.path != self.workflow.path else None
        for inner_id, inner_node in inner.nodes.items():
            new_id = (node.id, inner_id)
            self.nodes[new_id] = replace(inner_node, id=new_id, folder=inner_node.folder or folder)
        self.handlers += [(node.id, handler) for handler in inner.handlers]
        given = {
            name: value
            for name in _HANDED_IN
            if (value := getattr(node, name)) not in (None, False, {})
        }
        if given:
            if not inner.inputs:
                names = ", ".join(given)
                raise WorkflowError(
                    f"The graph node '{node.title}' sets {names}, but its graph has no input_nodes."
                )
            for aliases in inner.inputs.values():
                for alias in aliases:
                    self._changes[(node.id, alias.node)].update(given)  # type: ignore[index]

    # -- links

    def _expand_link(self, link: Link) -> Iterator[Link]:
        for key, end in (("sub_source", link.source), ("sub_target", link.target)):
            sub = getattr(link, key)
            if end in self._inner:
                if sub is None:
                    raise WorkflowError(
                        f"{_named(link)} should say by '{key}' which node of the graph "
                        f"'{id_text(end)}' it means."
                    )
            elif sub is not None:
                raise WorkflowError(
                    f"{_named(link)} says '{key}', but '{id_text(end)}' is not a graph."
                )
        into_graph = link.target in self._inner
        if link.sub_target_attributes and not into_graph:
            raise WorkflowError(
                f"{_named(link)} has 'sub_target_attributes', but "
                f"'{id_text(link.target)}' is not a graph."
            )
        if link.source not in self._inner and not into_graph:
            yield link
            return
        for source, source_attributes in self._ends(link, link.source, link.sub_source, False):
            for target, target_attributes in self._ends(link, link.target, link.sub_target, True):
                if link.sub_target_attributes:
                    self._changes[target].update(
                        _node_changes(link.sub_target_attributes, _named(link))
                    )
                default = {**source_attributes, **target_attributes}
                yield _with_defaults(link, source, target, default)

    def _ends(
        self, link: Link, end: NodeId, sub: NodeId | None, into: bool
    ) -> list[tuple[NodeId, dict[str, Any]]]:
        if sub is None:
            return [(end, {})]
        found = self._inside(end, sub, into)
        if not found:
            raise WorkflowError(
                f"{_named(link)}: the graph '{id_text(end)}' has no "
                f"{'input' if into else 'output'} node '{id_text(sub)}'."
            )
        return found

    def _inside(
        self, graph: NodeId, sub: NodeId, into: bool
    ) -> list[tuple[NodeId, dict[str, Any]]]:
        """The nodes that an alias, or else an id, means inside a graph node."""
        inner = self._inner[graph]
        aliases = (inner.inputs if into else inner.outputs).get(sub)
        if aliases:
            return [
                ((graph, a.node), a.link_attributes or {}) for a in aliases if a.node is not None
            ]
        if sub in inner.nodes:
            return [((graph, sub), {})]
        if isinstance(sub, tuple) and len(sub) == 2 and sub[0] in inner._inner:
            deeper = inner._inside(sub[0], sub[1], into)
            return [((graph, node_id), attributes) for node_id, attributes in deeper]
        return []

    def _check_ends(self) -> None:
        nodes = self.nodes
        for link in self.links:
            if link.source not in nodes or link.target not in nodes:
                end = link.source if link.source not in nodes else link.target
                raise WorkflowError(f"{_named(link)}: there is no node '{id_text(end)}'.")

    # -- aliases

    def _resolve_aliases(self, aliases: list[Alias], key: str) -> dict[NodeId, list[Alias]]:
        found: dict[NodeId, list[Alias]] = {}
        for alias in aliases:
            if alias.node is None:
                continue
            for node_id, attributes in self._alias_ends(alias, key):
                said = {**attributes, **(alias.link_attributes or {})}
                found.setdefault(alias.id, []).append(
                    replace(alias, node=node_id, sub_node=None, link_attributes=said or None)
                )
        return found

    def _alias_ends(self, alias: Alias, key: str) -> list[tuple[NodeId, dict[str, Any]]]:
        node, sub = alias.node, alias.sub_node
        where = f"'{key}' of the graph '{self.workflow.title}', alias '{id_text(alias.id)}'"
        if sub is None and node in self.nodes:
            return [(node, {})]
        if sub is None and isinstance(node, tuple) and len(node) == 2:
            node, sub = node
        if node not in self._inner:
            if node in self.nodes:
                raise WorkflowError(
                    f"{where}: it says 'sub_node', but '{id_text(node)}' is not a graph."
                )
            raise WorkflowError(f"{where}: there is no node '{id_text(alias.node)}'.")  # type: ignore[arg-type]
        if sub is None:
            raise WorkflowError(
                f"{where} should say by 'sub_node' which node of the graph "
                f"'{id_text(node)}' it means."
            )
        found = self._inside(node, sub, key == "input_nodes")
        if not found:
            raise WorkflowError(f"{where}: the graph '{id_text(node)}' has no '{id_text(sub)}'.")
        return found

    # -- default error nodes

    def _connect_default_error_nodes(self) -> None:
        if True not in {node.default_error_node for node in self.nodes.values()}:
            return
        handlers = {i: n for i, n in self.nodes.items() if n.default_error_node}
        downstream: dict[NodeId, list[NodeId]] = defaultdict(list)
        handled = set()
        for link in self.links:
            downstream[link.source].append(link.target)
            if link.on_error:
                handled.add(link.source)
        handled |= _reachable(handlers, downstream)
        unhandled = [i for i in self.nodes if i not in handled and i not in handlers]
        for node_id, node in handlers.items():
            self.nodes[node_id] = replace(
                node, default_error_node=False, default_error_attributes=None
            )
            said = dict(node.default_error_attributes or {})
            if not said.keys() & {"map_all_data", "data_mapping"}:
                said["map_all_data"] = True
            said["on_error"] = True
            attributes = _link_attributes(said, f"The default error node '{node.title}'")
            self.links += [Link(source=i, target=node_id, **attributes) for i in unhandled]
        self.handlers += handlers


_HANDED_IN = (
    "default_inputs",
    "force_start_node",
    "conditions_else_value",
    "default_error_node",
    "default_error_attributes",
)


def _subgraph(
    node: Node, parent: Workflow, around: tuple[Any, ...]
) -> tuple[Workflow, tuple[Any, ...], Path | None]:
    """The graph of a graph node, what it stands in, and the file that it has for itself."""
    from .formats import find_file, load, place

    said = node.task_identifier
    if isinstance(said, Workflow):
        return said, around, None
    if not said:
        raise WorkflowError("it should say its graph by 'task_identifier'.")
    if isinstance(said, (str, Path)) and not ("{" in str(said) and "}" in str(said)):
        roots = (parent.folder, *parent.roots, Path.cwd())
        found = load(find_file(str(said), roots))
        found.roots = (*parent.roots, parent.folder)
        return found, around, found.path
    found = load(said)
    if parent.path is not None:
        place(found, parent.path, parent.roots)
    return found, around, None


def _renamed_links(graph: NodeId, inner: _Expansion) -> Iterator[Link]:
    for link in inner.links:
        yield replace(link, source=(graph, link.source), target=(graph, link.target))


def _named(link: Link) -> str:
    return f"The link from '{id_text(link.source)}' to '{id_text(link.target)}'"


def _merged(links: list[Link]) -> list[Link]:
    """Links between the same nodes as one; the first tells the place."""
    if len({link.target for link in links}) == len(links):
        return links
    found: dict[tuple[NodeId, NodeId, bool], Link] = {}
    for link in links:
        key = (link.source, link.target, link.on_error)
        first = found.setdefault(key, link)
        if first is not link:
            found[key] = _merge(first, link)
    return list(found.values()) if len(found) < len(links) else links


def _merge(one: Link, other: Link) -> Link:
    if {one.required, other.required} == {True, False}:
        raise WorkflowError(
            f"{_named(one)} is there twice, once with required true and once with false."
        )
    return replace(
        one,
        data_mapping=_union(one, one.data_mapping, other.data_mapping, "the input"),
        conditions=_union(one, one.conditions, other.conditions, "a condition on the output"),
        map_all_data=one.map_all_data or other.map_all_data,
        required=other.required if one.required is None else one.required,
        cache_if_optional=one.cache_if_optional or other.cache_if_optional,
        extra=_both(one.extra, other.extra),
    )


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The further attributes of two links; their conditions add up."""
    both = {**other, **one}
    if LINK_KEY in one and LINK_KEY in other:
        both[LINK_KEY] = [*one[LINK_KEY], *other[LINK_KEY]]
    return both


def _union(link: Link, one: dict[Any, Any], other: dict[Any, Any], what: str) -> dict[Any, Any]:
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            raise WorkflowError(
                f"{_named(link)} is there twice and gives {what} '{name}' both "
                f"'{one[name]}' and '{other[name]}'."
            )
    return {**one, **other}


def _with_defaults(link: Link, source: NodeId, target: NodeId, default: dict[str, Any]) -> Link:
    """The link between inner nodes: what it doesn't say itself, the aliases say."""
    changes: dict[str, Any] = {}
    for name, value in _link_attributes(default, _named(link)).items():
        own = getattr(link, name)
        if name == "extra":
            changes[name] = {**value, **own}
        elif own is None or (own in (False, {}) and name != "required"):
            changes[name] = value
    return replace(
        link,
        source=source,
        target=target,
        sub_source=None,
        sub_target=None,
        sub_target_attributes=None,
        **changes,
    )


def _link_attributes(said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Link attributes in a file's words as keywords of `Link`."""
    if not said:
        return {}
    from .formats.ewoks_reader import Reader

    reader = Reader()
    link = reader.link_attributes(said, where)
    named = {name: getattr(link, name) for name in _LINK_WORDS if name in said}
    return {**named, "extra": link.extra} if link.extra else named


_LINK_WORDS = (
    "data_mapping",
    "map_all_data",
    "conditions",
    "on_error",
    "required",
    "cache_if_optional",
)


def _node_changes(said: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Node attributes in a file's words as changes of a `Node`."""
    from .formats.ewoks_reader import Reader

    return Reader().node_attributes(said, where)


def _changed(node: Node, changes: dict[str, Any]) -> Node:
    if "extra" in changes:
        changes = {**changes, "extra": {**node.extra, **changes["extra"]}}
    return replace(node, **changes)


def _reachable(start: Mapping[NodeId, Any], downstream: dict[NodeId, list[NodeId]]) -> set[NodeId]:
    """The nodes downstream of some nodes."""
    found: set[NodeId] = set()
    front = list(start)
    while front:
        for target in downstream.get(front.pop(), ()):
            if target not in found:
                found.add(target)
                front.append(target)
    return found


def _never_reached(
    handlers: list[NodeId], nodes: dict[NodeId, Node], links: list[Link]
) -> set[NodeId]:
    """The default error nodes that nothing leads to, and what only they lead to."""
    sources: dict[NodeId, set[NodeId]] = defaultdict(set)
    downstream: dict[NodeId, list[NodeId]] = defaultdict(list)
    for link in links:
        sources[link.target].add(link.source)
        downstream[link.source].append(link.target)
    front = [i for i in handlers if not sources[i] and not nodes[i].force_start_node]
    found = set(front)
    while front:
        source = front.pop()
        for target in downstream[source]:
            sources[target].discard(source)
            if not sources[target] and target not in found:
                found.add(target)
                front.append(target)
    return found
