"""What stands on a canvas beside nodes and links: texts, arrows, groups of windows."""

from __future__ import annotations

import ast
from base64 import b64decode, b64encode
from typing import Any

from orangecanvas.scheme import SchemeArrowAnnotation, SchemeTextAnnotation

from ...workflow import Workflow
from .scheme import Scheme


def draw_extras(said: dict[str, Any], scheme: Scheme) -> None:
    """Draw what Orange says of the scheme; what can't be drawn is kept as it is."""
    for place, record in enumerate(_list(said.get("annotations"))):
        drawn = _annotation(record)
        if drawn is None:
            scheme.undrawn.append((place, record))
        else:
            drawn.record = record
            scheme.add_annotation(drawn)
    groups = [_group(record, scheme) for record in _list(said.get("window_groups"))]
    if groups:
        scheme.set_window_group_presets(groups)


def read_extras(scheme: Scheme, workflow: Workflow) -> None:
    """Put them back where the file has them."""
    annotations = [_said(a) for a in scheme.annotations]
    for place, record in scheme.undrawn:
        annotations.insert(place, record)
    found = {
        "annotations": annotations,
        "window_groups": [_said_of_group(g, scheme) for g in scheme.window_group_presets()],
        "description": scheme.description,
    }
    ows = workflow.extra.get("ows")
    before = ows if isinstance(ows, dict) else {}
    changed = {k: v for k, v in found.items() if v or k in before}
    if changed:
        workflow.extra["ows"] = {**before, **changed}


def _list(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


# -- texts and arrows


def _annotation(said: Any) -> Any:
    """Orange's annotation for one of the file, None where it makes no sense."""
    try:
        said = _plain(said)
        if said["type"] == "arrow":
            return SchemeArrowAnnotation(
                _numbers(said["start"]), _numbers(said["end"]), said.get("fill") or "red"
            )
        size = said.get("font-size")
        font = {"family": said.get("font-family") or "", "size": int(size) if size else None}
        return SchemeTextAnnotation(
            _numbers(said["rect"]),
            said.get("text") or "",
            content_type=said.get("content_type") or "text/plain",
            font={k: v for k, v in font.items() if v},
        )
    except (KeyError, TypeError, ValueError, SyntaxError, AttributeError):
        return None


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """An annotation in Orange's words; ewoks' canvas keeps them apart as ``params``."""
    params = said.get("params")
    if not isinstance(params, dict):
        return said
    geometry, font = params["geometry"], params.get("font") or {}
    if said["type"] == "arrow":
        start, end = geometry
        return {"type": "arrow", "start": start, "end": end, "fill": params.get("color")}
    return {
        "type": said["type"],
        "rect": geometry,
        "text": params.get("text"),
        "content_type": params.get("content_type"),
        "font-family": font.get("family"),
        "font-size": font.get("size"),
    }


def _numbers(text: Any) -> tuple[float, ...]:
    numbers = ast.literal_eval(text) if isinstance(text, str) else text
    return tuple(float(v) for v in numbers)


def _said(annotation: Any) -> dict[str, Any]:
    """An annotation in the words of the file; what the file said more of it is kept."""
    said = dict(getattr(annotation, "record", {}))
    was = _annotation(said) if said else None
    if "params" in said and not _same(annotation, was):
        said = _plain(said)
    if isinstance(annotation, SchemeArrowAnnotation):
        ends = annotation.start_pos, annotation.end_pos
        said["type"] = "arrow"
        if was is None or (was.start_pos, was.end_pos) != ends:
            said["start"], said["end"] = (str(tuple(end)) for end in ends)
        if was is None or was.color != annotation.color:
            said["fill"] = annotation.color
        return said
    said["type"] = "text"
    if was is None or tuple(was.rect) != tuple(annotation.rect):
        said["rect"] = str(tuple(annotation.rect))
    if was is None or was.content != annotation.content:
        said["text"] = annotation.content
    if was is None or was.content_type != annotation.content_type:
        said["content_type"] = annotation.content_type
    if was is None or was.font != annotation.font:
        said["font-family"] = annotation.font.get("family", "")
        said["font-size"] = str(annotation.font.get("size", ""))
    return said


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, SchemeArrowAnnotation):
        return bool((a.start_pos, a.end_pos, a.color) == (b.start_pos, b.end_pos, b.color))
    return bool(
        (tuple(a.rect), a.content, a.content_type, a.font)
        == (tuple(b.rect), b.content, b.content_type, b.font)
    )


# -- groups of windows


def _group(said: Any, scheme: Scheme) -> Any:
    said = said if isinstance(said, dict) else {}
    states = []
    for state in _list(said.get("states")):
        node = scheme.node_of(state.get("node")) if isinstance(state, dict) else None
        if node is not None:
            try:
                states.append((node, b64decode(state.get("data") or "")))
            except (ValueError, TypeError):
                states.append((node, b""))
    group = Scheme.WindowGroup(said.get("name") or "", said.get("default") == "true", states)
    group.record = said
    return group


def _said_of_group(group: Any, scheme: Scheme) -> dict[str, Any]:
    record = getattr(group, "record", {})
    if record and _group(record, scheme) == group:
        return dict(record)
    return {
        **record,
        "name": group.name,
        "default": "true" if group.default else "false",
        "states": [
            {"node": node.id, "data": b64encode(bytes(data)).decode("ascii")}
            for node, data in group.state
            if node in scheme.nodes
        ],
    }
