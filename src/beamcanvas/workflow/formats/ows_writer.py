"""From a workflow to Orange's XML, and what Orange can't say to an element of our own."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from ...errors import WorkflowError
from ..model import Link, Node, NodeId, Workflow
from ..values import Encoder, from_literal
from . import patch, xml
from .ewoks_dict import spell
from .ows_reader import (
    INPUTS_SETTING,
    OWN_ELEMENT,
    TASK_SETTING,
    Mapped,
    Scheme,
    channel_attributes,
    name_of_channel,
)
from .widgets import GENERIC_WIDGET, Widget, WidgetName, widget_for, widget_source
from .xml import Element, add

_GENERIC = WidgetName(GENERIC_WIDGET, "Task", "beamcanvas")
_NOT_OF_ANNOTATION = {"id", "type", "text", "content_type", "elements"}
_NOT_ATTRIBUTES = {"id", "title", "settings", "properties", "elements"}


def write_scheme(workflow: Workflow) -> Element:
    """The workflow as the root element of an ``.ows`` document."""
    try:
        root = _Writer(workflow).root
        _add_own_words(root, workflow)
    except RecursionError:
        raise WorkflowError("The graph contains itself or is nested too deeply.") from None
    return root


def _add_own_words(root: Element, workflow: Workflow) -> None:
    """Add what the workflow says beyond what a reader finds in the rest of the file."""
    wanted = spell(workflow)
    wanted.pop("__ewoks_serialize__", None)
    wanted["graph"].pop("schema_version")
    scheme = Scheme(xml.parse(xml.document(root)))
    own: Mapped = {"nodes": {}}
    for (file_id, node), wanted_node in zip(scheme.nodes.items(), wanted["nodes"], strict=True):
        own["nodes"][file_id] = patch.difference(node, wanted_node)
        scheme.ids[file_id] = wanted_node["id"]
    if links := _own_links(scheme, workflow, wanted):
        own["links"] = links
    if graph := patch.difference(scheme.graph(), wanted.pop("graph")):
        own["graph"] = graph
    if document := {k: v for k, v in wanted.items() if k not in ("nodes", "links")}:
        own["document"] = document
    element = add(root, OWN_ELEMENT, {"version": "1"})
    element.text = json.dumps(own, indent=1)


def _own_links(scheme: Scheme, workflow: Workflow, wanted: Mapped) -> list[Mapped]:
    """Our words for each link, none where the drawn links say all."""
    disabled = iter(wanted["graph"].pop("disabled_links", ()))
    enabled = iter(wanted["links"])
    spelled = [next(enabled if link.enabled else disabled) for link in workflow.links]
    for link in spelled:
        link.pop("index", None)
    if patch.same(
        [[link, is_enabled] for link, is_enabled in scheme.links()],
        [[s, link.enabled] for s, link in zip(spelled, workflow.links, strict=True)],
    ):
        return []
    own = []
    next_id = 0
    for link, words in zip(workflow.links, spelled, strict=True):
        drawn = [str(next_id + i) for i in range(_how_often_drawn(link, workflow))]
        next_id += len(drawn)
        found = list(scheme.links(drawn)) if drawn else []
        if len(found) == 1:
            own.append({"orange": drawn, **patch.difference(found[0][0], words)})
        else:
            own.append({"link": words, **({} if link.enabled else {"enabled": False})})
    return own


def _how_often_drawn(link: Link, workflow: Workflow) -> int:
    """How many links of Orange say it: none where other canvases would take it amiss."""
    if not link.is_plain or link.sub_source is not None or link.sub_target is not None:
        return 0
    if link.source not in workflow.nodes or link.target not in workflow.nodes:
        return 0
    outputs = link.data_mapping.values()
    return 0 if None in outputs or link.source == link.target else len(outputs)


class _Writer:
    """What Orange has words for."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._file_ids: dict[NodeId, str] = {n: str(i) for i, n in enumerate(workflow.nodes)}
        self._widget_names: dict[NodeId, str] = {}
        self._ows = _ows(workflow.extra)
        attributes = self._ows.get("attributes")
        self.root = Element("scheme", {"version": "2.0"})
        for key, value in (attributes if isinstance(attributes, dict) else {}).items():
            if isinstance(value, str) and xml.is_name(key):
                if key != "version" or value == "2.1":
                    self.root.set(key, xml.allowed(value))
        self.root.set("title", xml.allowed(workflow.label or _text(workflow.id)))
        self.root.set("description", xml.allowed(_text(self._ows.get("description"))))
        self._nodes()
        self._links()
        self._annotations()
        self._thumbnail()
        self._node_properties()
        self._window_groups()
        _add_elements(self.root, self._ows)

    # -- nodes

    def _nodes(self) -> None:
        parent = add(self.root, "nodes")
        free = _places(self._workflow)
        for node in self._workflow.nodes.values():
            ows = _ows(node.extra)
            widget = _widget_name(node, ows)
            self._widget_names[node.id] = _text(ows.get("qualified_name")) or widget.qualified_name
            attributes = {
                "id": self._file_ids[node.id],
                "name": widget.name,
                "qualified_name": widget.qualified_name,
                "project_name": widget.project_name,
                "version": "",
                "title": node.title,
            }
            said = {
                k: v
                for k, v in ows.items()
                if isinstance(k, str) and isinstance(v, str) and k not in _NOT_ATTRIBUTES
            }
            position = node.position
            if position is None or not isinstance(ows.get("position"), str):
                x, y = position or free[node.id]
                said["position"] = f"({x}, {y})"
            element = add(parent, "node", {**attributes, **said})
            _add_elements(element, ows)

    def _node_properties(self) -> None:
        parent = add(self.root, "node_properties")
        for node in self._workflow.nodes.values():
            found = _settings(node, self._widget_names[node.id])
            if found is not None:
                kind, text = found
                said = {"node_id": self._file_ids[node.id], "format": kind}
                add(parent, "properties", said).text = xml.allowed(text)

    # -- links

    def _links(self) -> None:
        parent = add(self.root, "links")
        for link in self._workflow.links:
            if _how_often_drawn(link, self._workflow):
                for name, output in link.data_mapping.items():
                    said = {
                        "id": str(len(parent)),
                        "source_node_id": self._file_ids[link.source],
                        "sink_node_id": self._file_ids[link.target],
                        "enabled": "true" if link.enabled else "false",
                    }
                    add(parent, "link", {**said, **self._channels(link, str(name), str(output))})

    def _channels(self, link: Link, name: str, output: str) -> dict[str, str]:
        """How the link names what it hands over: as the file did, as the widgets do, or plainly."""
        widgets = {"source": self._widget(link.source), "sink": self._widget(link.target)}
        wanted = {"source": output, "sink": name}
        remembered = _ows(link.extra).get("channels")
        said = remembered.get(name) if isinstance(remembered, dict) else None
        if isinstance(said, dict) and all(isinstance(v, str) for v in said.values()):
            if all(name_of_channel(said, end, widgets[end]) == wanted[end] for end in wanted):
                return said
        found = channel_attributes(output, name)
        for end, widget in widgets.items():
            names = (widget.outputs if end == "source" else widget.inputs) if widget else {}
            found[f"{end}_channel"] = next(
                (s for s, meant in names.items() if meant == wanted[end] != s), wanted[end]
            )
        return found

    def _widget(self, node: NodeId) -> Widget | None:
        """A widget that another package has."""
        name = self._widget_names[node]
        return None if name == GENERIC_WIDGET else widget_source(name)

    # -- the rest

    def _annotations(self) -> None:
        parent = add(self.root, "annotations")
        said = self._ows.get("annotations")
        for annotation in said if isinstance(said, list) else ():
            if isinstance(annotation, dict):
                _add_annotation(parent, _in_orange_words(annotation))

    def _thumbnail(self) -> None:
        said = self._ows.get("thumbnail")
        if isinstance(said, str) and said.startswith("<thumbnail"):
            try:
                self.root.append(xml.parse(said))
                return
            except WorkflowError:
                said = ""
        add(self.root, "thumbnail").text = xml.allowed(_text(said)) or None

    def _window_groups(self) -> None:
        parent = add(add(self.root, "session_state"), "window_groups")
        spelled_ids = {json.dumps(n, default=list): i for n, i in self._file_ids.items()}
        said = self._ows.get("window_groups")
        for group in said if isinstance(said, list) else ():
            if not isinstance(group, dict):
                continue
            element = add(parent, "group", {k: v for k, v in group.items() if k != "states"})
            states = group.get("states")
            for state in states if isinstance(states, list) else ():
                if isinstance(state, dict) and isinstance(state.get("data"), str):
                    file_id = spelled_ids.get(json.dumps(state.get("node"), default=repr))
                    if file_id is not None:
                        child = add(element, "window_state", {"node_id": file_id})
                        child.text = xml.allowed(state["data"])


def _widget_name(node: Node, ows: dict[str, Any]) -> WidgetName:
    """The widget of a node that names none: ours for its task, else the generic one."""
    if isinstance(ows.get("qualified_name"), str) or not isinstance(node.task_identifier, str):
        return _GENERIC
    return widget_for(node.task_identifier) or _GENERIC


def _settings(node: Node, widget_name: str) -> tuple[str, str] | None:
    """The settings of a node as their kind and text."""
    ows = _ows(node.extra)
    kept = ows.get("properties")
    if isinstance(kept, dict) and isinstance(kept.get("data"), str):
        return _text(kept.get("format")) or "literal", kept["data"]
    said = ows.get("settings")
    if isinstance(said, str):
        try:
            said = from_literal(said)
        except WorkflowError:
            said = None
    settings = dict(said) if isinstance(said, dict) else {}
    if node.default_inputs:
        settings[INPUTS_SETTING] = node.default_inputs
    if widget_name == GENERIC_WIDGET and isinstance(node.task_identifier, str):
        settings[TASK_SETTING] = {
            "task_type": node.task_type,
            "task_identifier": node.task_identifier,
            "task_generator": node.task_generator,
        }
    if not settings:
        return None
    try:
        return "literal", repr(Encoder(literal=True)(settings))
    except WorkflowError as error:
        raise WorkflowError(f"The node '{node.title}': {error}") from None


def _in_orange_words(annotation: dict[str, Any]) -> dict[str, Any]:
    """An annotation; ewoks' own canvas keeps its attributes apart as ``params``."""
    params = annotation.get("params")
    if not isinstance(params, dict):
        return annotation
    geometry = params.get("geometry")
    if annotation.get("type") == "arrow":
        start, end = (
            geometry if isinstance(geometry, (list, tuple)) and len(geometry) == 2 else ("", "")
        )
        said = {"start": start, "end": end, "fill": params.get("color")}
    else:
        font = params.get("font")
        font = font if isinstance(font, dict) else {}
        said = {
            "rect": geometry,
            "text": params.get("text"),
            "content_type": params.get("content_type"),
            "font-family": font.get("family"),
            "font-size": font.get("size"),
        }
    said = {k: str(tuple(v)) if isinstance(v, (list, tuple)) else v for k, v in said.items()}
    return {"type": annotation.get("type"), **{k: v for k, v in said.items() if v}}


def _add_annotation(parent: Element, said: dict[str, Any]) -> None:
    tag = said.get("type")
    if tag not in ("text", "arrow"):
        return
    attributes: dict[str, Any] = {"id": str(len(parent))}
    if "content_type" in said:
        attributes["type"] = said["content_type"]
    attributes |= {k: v for k, v in said.items() if k not in _NOT_OF_ANNOTATION}
    element = add(parent, tag, {k: v for k, v in attributes.items() if isinstance(v, (str, int))})
    element.text = xml.allowed(_text(said.get("text"))) or None
    _add_elements(element, said)


def _add_elements(parent: Element, said: dict[str, Any]) -> None:
    """Add the elements that were carried along."""
    carried = said.get("elements")
    for text in carried if isinstance(carried, list) else ():
        if isinstance(text, str):
            try:
                parent.append(xml.parse(text))
            except WorkflowError:
                continue  # our own element keeps it as it is


def _places(workflow: Workflow) -> dict[NodeId, tuple[int, int]]:
    """A place for nodes without one: a column for each step from the start."""
    column: dict[NodeId, int] = defaultdict(int)
    waiting: dict[NodeId, int] = defaultdict(int)
    following: dict[NodeId, list[NodeId]] = defaultdict(list)
    for link in workflow.links:
        if link.source != link.target:
            waiting[link.target] += 1
            following[link.source].append(link.target)
    front = [n for n in workflow.nodes if not waiting[n]]
    for source in front:  # grows while it is walked; a loop keeps its nodes in column 0
        for target in following[source]:
            column[target] = max(column[target], column[source] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                front.append(target)
    rows: dict[int, int] = defaultdict(int)
    found = {}
    for node_id in workflow.nodes:
        found[node_id] = (150 + 200 * column[node_id], 150 + 120 * rows[column[node_id]])
        rows[column[node_id]] += 1
    return found


def _ows(extra: dict[str, Any]) -> dict[str, Any]:
    found = extra.get("ows")
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
