"""From Orange's XML to a workflow, by way of ewoks' nested mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import WorkflowError
from ..model import Workflow
from ..values import Encoder, decode, from_literal
from . import patch
from .ewoks_dict import from_dict
from .widgets import GENERIC_WIDGET, Widget, widget_source
from .xml import Element, text_of

OWN_ELEMENT = "beamcanvas"
INPUTS_SETTING = "_ewoks_default_inputs"
TASK_SETTING = "_ewoks_task"  # of the generic widget
_VERSIONS = ("2.0", "2.1")
_SECTIONS = {
    "nodes", "links", "annotations", "thumbnail", "node_properties", "session_state", OWN_ELEMENT,
}  # fmt: skip
_LINK_ENDS = {"id", "source_node_id", "sink_node_id", "enabled"}

Mapped = dict[str, Any]  # nested mapping in ewoks' words


def read_scheme(root: Element) -> Workflow:
    """The workflow that an ``.ows`` document describes."""
    if root.tag != "scheme":
        raise WorkflowError(f"this is not an Orange scheme: its XML starts with <{root.tag}>.")
    if root.get("version") not in _VERSIONS:
        found = root.get("version")
        raise WorkflowError(
            f"the Orange scheme has version {found!r}: only 2.0 and 2.1 can be read."
            if found
            else "the Orange scheme says no version: files of Orange 2 can't be read."
        )
    own = _own_words(root)
    scheme = Scheme(root)
    try:
        document = _completed(scheme, own)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        if isinstance(error, WorkflowError):
            raise
        raise WorkflowError(
            f"the element <{OWN_ELEMENT}> doesn't fit the scheme: {error}."
        ) from None
    document["__ewoks_serialize__"] = {"serializer": "json_pickle"}
    workflow = from_dict(document)
    workflow.remarks += scheme.remarks
    return workflow


def _own_words(root: Element) -> Mapped:
    element = root.find(OWN_ELEMENT)
    if element is None:
        return {}
    if element.get("version") != "1":
        raise WorkflowError(
            f"the element <{OWN_ELEMENT}> has version {element.get('version')!r}: only 1 can be "
            "read; a newer beamcanvas may read more (pip install --upgrade beamcanvas)."
        )
    try:
        found = json.loads(element.text or "{}")
    except (ValueError, RecursionError) as error:
        raise WorkflowError(f"the element <{OWN_ELEMENT}> is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise WorkflowError(f"the element <{OWN_ELEMENT}> should hold a JSON mapping.")
    return found


def _completed(scheme: Scheme, own: Mapped) -> Mapped:
    """What the scheme says, completed by our own words."""
    node_words: Mapped = own.get("nodes", {})
    nodes = []
    for file_id, node in scheme.nodes.items():
        words = node_words.get(file_id, {})
        if "task_type" not in words.get("set", {}):
            scheme.find_task(file_id)
        node = patch.apply(node, words)
        scheme.ids[file_id] = node["id"]
        nodes.append(node)
    links = list(scheme.links())
    if "links" in own:
        links = _own_links(scheme, links, own["links"])
    graph = patch.apply(scheme.graph(), own.get("graph", {}))
    graph["disabled_links"] = [
        {"index": i, **link} for i, (link, enabled) in enumerate(links) if not enabled
    ]
    return {
        **own.get("document", {}),
        "graph": graph,
        "nodes": nodes,
        "links": [link for link, enabled in links if enabled],
    }


def _own_links(
    scheme: Scheme, drawn: list[tuple[Mapped, bool]], own: list[Mapped]
) -> list[tuple[Mapped, bool]]:
    """The links in our order, and then those that another program drew."""
    found = []
    known: set[str] = set()
    for words in own:
        if "orange" not in words:
            found.append((words["link"], words.get("enabled", True)))
            continue
        known.update(words["orange"])
        links = list(scheme.links(words["orange"]))
        if len(links) == 1:
            link, enabled = links[0]
            found.append((patch.apply(link, words), enabled))
        else:  # taken apart, or removed, by another program
            found += links
    return [*found, *scheme.links(set(scheme.link_ids) - known)]


@dataclass
class Scheme:
    """What an ``.ows`` document says in Orange's own words."""

    root: Element
    #: node by its id in the file, in ewoks' words but without a task
    nodes: dict[str, Mapped] = field(init=False)
    #: the node's id in the graph by its id in the file
    ids: dict[str, Any] = field(default_factory=dict)
    link_ids: dict[str, Element] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    _widgets: dict[str, Widget] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._encode = Encoder()
        settings = {p.get("node_id"): p for p in self.root.iterfind("node_properties/properties")}
        self.nodes = {}
        for element in self.root.iterfind("nodes/node"):
            node = self._node(element, settings)
            if node["id"] in self.nodes:
                raise WorkflowError(f"there are two nodes with the id '{node['id']}'.")
            self.nodes[node["id"]] = node
        self.ids = {file_id: file_id for file_id in self.nodes}
        for i, element in enumerate(self.root.iterfind("links/link")):
            link_id = element.get("id", f"{i}")
            if link_id in self.link_ids:
                link_id = f"{link_id}#{i}"
            self.link_ids[link_id] = element

    # -- nodes

    def _node(self, element: Element, settings: Mapping[str | None, Element]) -> Mapped:
        attributes = dict(element.attrib)
        file_id = attributes.pop("id", None)
        if file_id is None:
            raise WorkflowError("a node of the scheme has no id.")
        node: Mapped = {"id": file_id}
        if title := attributes.pop("title", ""):
            node["label"] = title
        ows: Mapped = {k: v for k, v in attributes.items() if k not in ("settings", "properties")}
        if len(element):
            ows["elements"] = [text_of(child) for child in element]
        if file_id in settings:
            self._settings(node, ows, settings[file_id])
        if ows:
            node["ows"] = ows
        return node

    def _settings(self, node: Mapped, ows: Mapped, element: Element) -> None:
        """Default inputs and settings of a node; what can't be read is kept as it is."""
        text, kind = element.get("data") or element.text or "", element.get("format", "literal")
        try:
            found = _parsed(text, kind)
        except (WorkflowError, ValueError, RecursionError):
            ows["properties"] = {"format": kind, "data": text}
            title = node.get("label", node["id"])
            reason = (
                "are pickled: they are carried along, never loaded"
                if kind == "pickle"
                else "can't be read: they are carried along"
            )
            self.remarks.append(f"The settings of the node '{title}' {reason}.")
            return
        for setting in (INPUTS_SETTING, "default_inputs"):
            if isinstance(found.get(setting), dict) and (
                setting == INPUTS_SETTING or found[setting]
            ):
                node["default_inputs"] = [
                    {"name": name, "value": self._encode(value)}
                    for name, value in found.pop(setting).items()
                ]
                break
        if not node.get("default_inputs"):
            node.pop("default_inputs", None)
        task = found.get(TASK_SETTING)
        if ows.get("qualified_name") == GENERIC_WIDGET and isinstance(task, dict):
            self._widgets[node["id"]] = _generic(found.pop(TASK_SETTING))
        if found:
            trial = Encoder()
            spelled = trial(found)
            ows["settings"] = repr(Encoder(literal=True)(found)) if trial.tagged else spelled

    def find_task(self, file_id: str) -> None:
        """Say the task of a node, from its settings or from its widget's source."""
        node = self.nodes[file_id]
        ows = node.get("ows", {})
        qualified = ows.get("qualified_name", "")
        widget = self._widgets.get(file_id) or widget_source(qualified, ows.get("name", ""))
        if widget is not None:
            self._widgets[file_id] = widget
        if widget is not None and widget.has_task:
            node["task_type"], node["task_identifier"] = widget.task_type, widget.task_identifier
            if widget.task_generator:
                node["task_generator"] = widget.task_generator
            return
        node["task_type"], node["task_identifier"] = "class", qualified
        why = "runs no ewoks task" if widget is not None else "is not installed here"
        self.remarks.append(
            f"The widget {qualified} of the node '{node.get('label', file_id)}' {why}."
        )

    # -- links

    def links(self, only: Any = None) -> Iterator[tuple[Mapped, bool]]:
        """The links and whether they are enabled; those between the same nodes as one."""
        found: list[tuple[Mapped, bool]] = []
        by_ends: dict[tuple[str, str, bool], Mapped] = {}
        for link_id, element in self.link_ids.items():
            if only is None or link_id in only:
                self._add_link(element, found, by_ends)
        return iter(found)

    def _add_link(
        self,
        element: Element,
        found: list[tuple[Mapped, bool]],
        by_ends: dict[tuple[str, str, bool], Mapped],
    ) -> None:
        source, sink = element.get("source_node_id", ""), element.get("sink_node_id", "")
        enabled = element.get("enabled", "true") == "true"
        output = self._channel(element, "source", source)
        name = self._channel(element, "sink", sink)
        link = by_ends.get((source, sink, enabled))
        if link is None or any(i["target_input"] == name for i in link["data_mapping"]):
            link = {
                "source": self.ids.get(source, source),
                "target": self.ids.get(sink, sink),
                "data_mapping": [],
            }
            by_ends[source, sink, enabled] = link
            found.append((link, enabled))
        link["data_mapping"].append({"source_output": output, "target_input": name})
        said = {k: v for k, v in element.attrib.items() if k not in _LINK_ENDS}
        if said != channel_attributes(output, name):
            link.setdefault("ows", {}).setdefault("channels", {})[name] = said

    def _channel(self, element: Element, end: str, node: str) -> str:
        return name_of_channel(element.attrib, end, self._widgets.get(node), node)

    # -- the graph

    def graph(self) -> Mapped:
        """The attributes of the graph."""
        root = self.root
        title = root.get("title", "")
        found: Mapped = {"id": title or "notspecified"}
        if title:
            found["label"] = title
        further = {
            k: v
            for k, v in root.attrib.items()
            if k not in ("title", "description") and (k, v) != ("version", "2.0")
        }
        ows = {
            "description": root.get("description", ""),
            "attributes": further,
            "annotations": [_annotation(a) for a in root.iterfind("annotations/*")],
            "window_groups": [
                self._window_group(g) for g in root.iterfind("session_state/window_groups/group")
            ],
            "thumbnail": _thumbnail(root),
            "elements": [text_of(child) for child in root if child.tag not in _SECTIONS],
        }
        if ows := {k: v for k, v in ows.items() if v}:
            found["ows"] = ows
        return found

    def _window_group(self, group: Element) -> Mapped:
        return {
            **group.attrib,
            "states": [
                {"node": self.ids[node], "data": (state.text or "").strip()}
                for state in group.iterfind("window_state")
                if (node := state.get("node_id", "")) in self.ids
            ],
        }


def channel_attributes(output: str, name: str) -> dict[str, str]:
    """How a link names what it hands over, where nothing else is known."""
    return {
        "source_channel": output,
        "sink_channel": name,
        "source_channel_id": output,
        "sink_channel_id": name,
    }


def name_of_channel(
    said: Mapping[str, str], end: str, widget: Widget | None, file_id: str = ""
) -> str:
    """The name to the task of the input (`end` is sink) or output (source) of a link."""
    shown, channel_id = said.get(f"{end}_channel", ""), said.get(f"{end}_channel_id", "")
    if widget is not None:
        names = widget.outputs if end == "source" else widget.inputs
        for known in (shown, channel_id):
            if known in names:
                return names[known]
    # ewoks' own canvas writes the node's id there
    return channel_id if channel_id and channel_id != file_id else shown


def _parsed(text: str, kind: str) -> dict[Any, Any]:
    if kind not in ("literal", "json"):
        raise WorkflowError(f"The settings are of the kind {kind}.")
    found = from_literal(text) if kind == "literal" else decode(json.loads(text))
    if not isinstance(found, dict):
        raise WorkflowError("The settings are no mapping.")
    Encoder()(found)  # what can't be spelled is carried along
    return found


def _generic(said: Mapped) -> Widget:
    generator = said.get("task_generator")
    return Widget(
        str(said.get("task_type") or ""),
        str(said.get("task_identifier") or ""),
        generator if isinstance(generator, str) else None,
    )


def _annotation(element: Element) -> Mapped:
    said: Mapped = {k: v for k, v in element.attrib.items() if k not in ("id", "type")}
    if element.tag == "text" and "type" in element.attrib:
        said["content_type"] = element.attrib["type"]
    said["type"] = element.tag
    if element.text and not len(element):
        said["text"] = element.text
    if len(element):
        said["elements"] = [text_of(child) for child in element]
    return said


def _thumbnail(root: Element) -> str:
    element = root.find("thumbnail")
    if element is None:
        return ""
    return text_of(element) if len(element) else (element.text or "").strip()
