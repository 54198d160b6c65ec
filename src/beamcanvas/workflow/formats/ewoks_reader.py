"""From ewoks' nested mapping to a `Workflow`, naming everything that is wrong at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ...errors import WorkflowError
from ..model import TASK_TYPES, Alias, Link, Node, Workflow, id_text
from ..values import decode, from_literal
from .attributes import Attributes, copied, shown
from .usual import usual_link, usual_node

VERSIONS = ("1.0", "1.1", "1.2")

_OLD_TASK_KEYS = {kind: kind for kind in TASK_TYPES if kind != "generated"} | {"task": "generated"}
NODE_KEYS = {
    "id",
    "label",
    "task_type",
    "task_identifier",
    "task_generator",
    "default_inputs",
    "force_start_node",
    "conditions_else_value",
    "default_error_node",
    "default_error_attributes",
    *_OLD_TASK_KEYS,
}
LINK_KEYS = {
    "source",
    "target",
    "sub_source",
    "sub_target",
    "sub_target_attributes",
    "data_mapping",
    "map_all_data",
    "conditions",
    "on_error",
    "required",
    "cache_if_optional",
}
_GRAPH_KEYS = {
    "id",
    "label",
    "schema_version",
    "requirements",
    "input_nodes",
    "output_nodes",
    "disabled_links",
}
_ALIAS_KEYS = {"id", "node", "sub_node", "link_attributes"}
_DOCUMENT_KEYS = {"graph", "nodes", "links", "directed", "multigraph", "__ewoks_serialize__"}


def _taken(items: list[Any]) -> Iterator[Any]:
    """The items, each let go before the next."""
    items.reverse()
    while items:
        yield items.pop()


class Reader(Attributes):
    """Reads one document and collects its problems."""

    def __init__(self, consume: bool = False) -> None:
        super().__init__()
        self._each: Callable[[list[Any]], Iterable[Any]] = _taken if consume else iter

    def workflow(self, mapping: Any) -> Workflow:
        """The workflow that a document describes."""
        try:
            found = self._document(mapping)
        except RecursionError:
            raise WorkflowError(
                "The graph refers to itself or is nested too deeply to be read."
            ) from None
        self._raise_problems()
        return found

    def link_attributes(self, said: Mapping[str, Any], where: str) -> Link:
        """A link with attributes that stand elsewhere: of an alias, of a default error node."""
        link = self._link({"source": "", "target": "", **said}, where)
        self._raise_problems(f"{where}: ")
        return link or Link(source="", target="")

    def node_attributes(self, said: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Changes of a node, from the attributes that a link or a graph node hands on."""
        node = self._node({"task_type": "method", **said, "id": ""}, 0)
        self._raise_problems(f"{where}: ")
        changes = {key: getattr(node, key) for key in said if key in NODE_KEYS and key != "id"}
        if node is not None and node.extra:
            changes["extra"] = node.extra
        return changes

    # -- the document

    def _document(self, mapping: Any) -> Workflow:
        if not isinstance(mapping, Mapping):
            raise WorkflowError(
                f"A workflow should be a mapping of graph, nodes and links, not {shown(mapping)}."
            )
        if not mapping.get("directed", True):
            raise WorkflowError(
                "The graph is undirected: the links of a workflow have a direction."
            )
        self._value = self._how_values_are_spelled(mapping.get("__ewoks_serialize__"))
        graph = self._expect(mapping, "graph", Mapping, "The document") or {}
        workflow = self._graph(graph)
        workflow.document = {
            self._word(k, "The document"): self._value(v)
            for k, v in mapping.items()
            if k not in _DOCUMENT_KEYS
        }
        nodes = workflow.nodes
        for i, item in enumerate(self._each(self._list(mapping, "nodes", "The document"))):
            node = usual_node(item) or self._node(item, i)
            if node is not None and nodes.setdefault(node.id, node) is not node:
                self._problem(f"There are two nodes '{id_text(node.id)}'.")
        links = [
            usual_link(item) or self._link(item, f"The link {i + 1}")
            for i, item in enumerate(self._each(self._list(mapping, "links", "The document")))
        ]
        workflow.links = [link for link in links if link is not None]
        self._disabled(workflow.links, self._list(graph, "disabled_links", "The graph"))
        if self._opaque:
            workflow.remarks.append(
                f"The file holds {len(self._opaque)} pickled values: they are carried along, "
                "never loaded, and no task can use them."
            )
        return workflow

    def _how_values_are_spelled(self, said: Any) -> Callable[[Any], Any]:
        serializer = None
        if said is not None:
            if not isinstance(said, Mapping) or said.get("serializer_version", "1.0.0") != "1.0.0":
                raise WorkflowError(
                    f"'__ewoks_serialize__' is {shown(said)}: "
                    "only values of serializer version 1.0.0 can be read."
                )
            serializer = said.get("serializer")
        if serializer in (None, "json"):
            return copied
        if serializer in ("json_pickle", "hdf5_pickle"):
            return lambda value: decode(value, self._opaque)
        raise WorkflowError(f"'__ewoks_serialize__' names the unknown serializer {serializer!r}.")

    def _graph(self, graph: Mapping[str, Any]) -> Workflow:
        where = "The graph"
        found = Workflow(
            id=self._text(graph, "id", where) or "notspecified",
            label=self._text(graph, "label", where),
            schema_version=self._version(graph.get("schema_version")),
            input_nodes=self._aliases(graph, "input_nodes"),
            output_nodes=self._aliases(graph, "output_nodes"),
            extra={
                self._word(k, where): self._value(v)
                for k, v in graph.items()
                if k not in _GRAPH_KEYS
            },
        )
        if graph.get("requirements") is not None:
            requirements = self._list(graph, "requirements", where)
            if all(isinstance(r, str) for r in requirements):
                found.requirements = list(requirements)
            else:
                self._problem(f"{where}: 'requirements' should be a list of texts.")
        return found

    def _version(self, said: Any) -> str:
        version = str(said) if isinstance(said, float) else said or VERSIONS[-1]
        if version in VERSIONS:
            return str(version)
        hint = " Version 0.0 needs: pip install 'ewokscore<0.0.1'." if version == "0.0" else ""
        self._problem(
            f"The graph has 'schema_version' {shown(said)}: this version of beamcanvas reads "
            f"{', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}; a newer one may read more "
            f"(pip install --upgrade beamcanvas).{hint}"
        )
        return VERSIONS[-1]

    def _disabled(self, links: list[Link], items: list[Any]) -> None:
        for i, item in enumerate(items):
            where = f"The disabled link {i + 1}"
            index = item.get("index") if isinstance(item, Mapping) else None
            if type(index) is not int or index < 0:
                self._problem(f"{where}: 'index' should be its place among the links.")
                continue
            link = self._link({k: v for k, v in item.items() if k != "index"}, where)
            if link is not None:
                link.enabled = False
                links.insert(index, link)

    # -- nodes

    def _node(self, item: Any, i: int) -> Node | None:
        if not isinstance(item, Mapping):
            self._problem(f"The node {i + 1} should be a mapping, not {shown(item)}.")
            return None
        known: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in item.items():
            if key in NODE_KEYS:
                known[key] = value
            else:
                extra[key if type(key) is str else self._word(key, f"The node {i + 1}")] = (
                    self._value(value)
                )
        ows = extra.get("ows")
        if isinstance(ows, dict) and isinstance(ows.get("settings"), str):
            with suppress(WorkflowError):
                ows["settings"] = from_literal(ows["settings"])
        node_id = known.get("id")
        if type(node_id) is not str:
            node_id = self._id(node_id, f"The node {i + 1}", "id")
            if node_id is None:
                return None
        where = (
            f"The node '{node_id}'" if type(node_id) is str else f"The node {id_text(node_id)!r}"
        )
        task_type, identifier = self._task(known, where)
        node = Node(
            id=node_id,
            task_type=task_type,
            task_identifier=identifier,
            task_generator=self._text(known, "task_generator", where) or None,
            label=self._text(known, "label", where),
            extra=extra,
        )
        if "default_inputs" in known:
            node.default_inputs = self._pairs(
                known, "default_inputs", "name", "value", where, extra
            )
        if "force_start_node" in known:
            node.force_start_node = self._flag(known, "force_start_node", where)
        if "conditions_else_value" in known:
            node.conditions_else_value = self._value(known["conditions_else_value"])
        if "default_error_node" in known:
            node.default_error_node = self._flag(known, "default_error_node", where)
        if "default_error_attributes" in known:
            node.default_error_attributes = self._attributes(
                known, "default_error_attributes", where
            )
        return node

    def _task(self, known: dict[str, Any], where: str) -> tuple[str, Any]:
        task_type, identifier = known.get("task_type"), known.get("task_identifier")
        old = _OLD_TASK_KEYS.keys() & known.keys()
        if old:
            if len(old) > 1 or task_type is not None:
                said = sorted([*old, *(["task_type"] if task_type is not None else [])])
                self._problem(f"{where} has several kinds of task: {', '.join(said)}.")
                return "", None
            (key,) = old
            task_type, identifier = _OLD_TASK_KEYS[key], known[key]
            if task_type == "ppfport":
                identifier = None
        if type(task_type) is not str:
            self._problem(
                f"{where} should say its 'task_type', one of {', '.join(TASK_TYPES)}"
                + (f", not {shown(task_type)}." if task_type is not None else ".")
            )
            return "", None
        if type(identifier) is str or identifier is None:
            return task_type, identifier
        if task_type == "graph":
            return task_type, self._subgraph(identifier, where)
        self._problem(f"{where}: 'task_identifier' should be text, not {shown(identifier)}.")
        return task_type, None

    def _subgraph(self, identifier: Any, where: str) -> Any:
        if isinstance(identifier, Workflow):
            return identifier
        if isinstance(identifier, Mapping):
            reader = Reader()
            try:
                found = reader.workflow(_inherit_spelling(identifier, self._value is not copied))
            except WorkflowError as error:
                self._problems += [f"{where}, its subgraph: {p}" for p in error.problems]
                return None
            self._opaque += reader._opaque
            return found
        return str(identifier)  # a path

    def _pairs(
        self,
        item: dict[str, Any],
        key: str,
        name_key: str,
        value_key: str,
        where: str,
        extra: dict[str, Any],
    ) -> dict[Any, Any]:
        """A list of ``{name_key: name, value_key: value}`` as a mapping."""
        found: dict[Any, Any] = {}
        further = []
        names_only = key == "data_mapping"
        for i, entry in enumerate(self._list(item, key, where)):
            if not isinstance(entry, Mapping):
                self._problem(f"{where}: '{key}' item {i + 1} should be a mapping.")
                continue
            name = entry.get(name_key)
            if type(name) is not str and type(name) is not int:
                self._problem(
                    f"{where}: '{key}' item {i + 1} should say its '{name_key}' as text or "
                    f"position, not {shown(name)}."
                )
                continue
            if name in found:
                self._problem(f"{where}: '{key}' names '{name}' twice.")
            value = entry.get(value_key)
            if names_only:
                if type(value) not in (str, int, type(None)):
                    self._problem(
                        f"{where}: the '{value_key}' for '{name}' should be the name of an "
                        f"output, not {shown(value)}."
                    )
            elif value_key not in entry:
                self._problem(f"{where}: '{key}' gives '{name}' no '{value_key}'.")
            else:
                value = self._value(value)
            found[name] = value
            if len(entry) > 2 or (len(entry) == 2 and value_key not in entry):
                rest = {
                    self._word(k, where): self._value(v)
                    for k, v in entry.items()
                    if k not in (name_key, value_key)
                }
                further.append({name_key: name, **rest})
        if further:
            extra[key] = further
        return found

    # -- links

    def _link(self, item: Any, where: str) -> Link | None:
        if not isinstance(item, Mapping):
            self._problem(f"{where} should be a mapping, not {shown(item)}.")
            return None
        known: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in item.items():
            if key in LINK_KEYS:
                known[key] = value
            elif key != "key":  # networkx' own
                extra[key if type(key) is str else self._word(key, where)] = self._value(value)
        source, target = known.get("source"), known.get("target")
        if type(source) is not str:
            source = self._id(source, where, "source")
        if type(target) is not str:
            target = self._id(target, where, "target")
        if source is None or target is None:
            return None
        link = Link(source=source, target=target, extra=extra)
        where = f"The link from '{id_text(source)}' to '{id_text(target)}'"
        if "data_mapping" in known:
            link.data_mapping = self._pairs(
                known, "data_mapping", "target_input", "source_output", where, extra
            )
        if "conditions" in known:
            link.conditions = self._pairs(
                known, "conditions", "source_output", "value", where, extra
            )
        for key in ("map_all_data", "on_error", "cache_if_optional"):
            if key in known:
                setattr(link, key, self._flag(known, key, where))
        if known.get("required") is not None:
            link.required = self._flag(known, "required", where)
        for key in ("sub_source", "sub_target"):
            if known.get(key) is not None:
                setattr(link, key, self._id(known[key], where, key))
        if "sub_target_attributes" in known:
            link.sub_target_attributes = self._attributes(known, "sub_target_attributes", where)
        return link

    # -- aliases

    def _aliases(self, graph: Mapping[str, Any], key: str) -> list[Alias]:
        found = []
        for i, item in enumerate(self._list(graph, key, "The graph")):
            where = f"The graph: '{key}' item {i + 1}"
            if not isinstance(item, Mapping):
                self._problem(f"{where} should be a mapping, not {shown(item)}.")
                continue
            alias_id = self._id(item.get("id"), where, "id")
            if alias_id is None:
                continue
            ends = [
                None if item.get(k) is None else self._id(item[k], where, k)
                for k in ("node", "sub_node")
            ]
            found.append(
                Alias(
                    id=alias_id,
                    node=ends[0],
                    sub_node=ends[1],
                    link_attributes=self._attributes(item, "link_attributes", where),
                    extra={
                        self._word(k, where): self._value(v)
                        for k, v in item.items()
                        if k not in _ALIAS_KEYS
                    },
                )
            )
        return found


def _inherit_spelling(mapping: Mapping[str, Any], tagged: bool) -> Mapping[str, Any]:
    """A subgraph inside a document whose values are tagged is spelled the same way."""
    if not tagged or mapping.get("__ewoks_serialize__"):
        return mapping
    return {**mapping, "__ewoks_serialize__": {"serializer": "json_pickle"}}
