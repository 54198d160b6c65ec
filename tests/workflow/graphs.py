"""Workflows that hypothesis makes up, for the tests of the formats."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from beamcanvas.workflow import TASK_TYPES, Alias, Link, Node, Workflow

#: Text of any kind, but for halves of characters, which no file in UTF-8 can hold.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NAME = st.text("abcxyz_ÅΔ09", min_size=1, max_size=5)
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, st.binary(max_size=5)
)
HASHABLE = st.one_of(st.integers(), TEXT)
VALUE: st.SearchStrategy[Any] = st.recursive(
    SCALAR | st.complex_numbers(allow_nan=False) | st.sets(HASHABLE, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXT | st.integers(), inner, max_size=3)
        | st.just({"__ewoks__": "tuple"})
    ),
    max_leaves=4,
)
ID = st.recursive(NAME | st.integers(0, 20), lambda inner: st.tuples(inner, inner), max_leaves=3)
INPUT_NAME = NAME | st.integers(0, 3)
POSITION = st.tuples(st.integers(-99, 999), st.floats(-99, 999)).map(str)

ATTRIBUTES = st.dictionaries(NAME.map("my_{}".format), VALUE, max_size=2)
MAPPING = st.dictionaries(INPUT_NAME, NAME | st.integers(0, 3) | st.none(), max_size=3)
CONDITIONS = st.dictionaries(NAME, VALUE, max_size=2)


@st.composite
def _ows_of_node(draw: Any) -> dict[str, Any]:
    given = {
        "position": POSITION,
        "name": TEXT,
        "qualified_name": st.sampled_from(["my.package.OWThing", "x", ""]),
        "project_name": TEXT,
        "version": TEXT,
        "unknown": TEXT,
        "settings": st.dictionaries(NAME, VALUE, max_size=2),
        "properties": st.fixed_dictionaries({"format": st.just("pickle"), "data": TEXT}),
        "elements": st.just(['<note from="me">a &lt; b<b />c</note>']),
        "else": VALUE,
    }
    return draw(st.fixed_dictionaries({}, optional=given))


def _extra(ows: Any) -> Any:
    return st.fixed_dictionaries(
        {}, optional={"ows": ows, "uiProps": st.just({"position": {"x": 1, "y": 2.5}})}
    ).flatmap(lambda known: ATTRIBUTES.map(lambda further: {**known, **further}))


@st.composite
def nodes(draw: Any, node_id: Any, depth: int) -> Node:
    kind = draw(st.sampled_from(TASK_TYPES))
    identifier: Any = draw(st.sampled_from(["builtins.max", "task.py", "ls -l"]))
    if kind == "ppfport":
        identifier = None
    if kind == "graph" and depth:
        identifier = draw(st.just("sub.json") | workflows(depth - 1))
    return Node(
        id=node_id,
        task_type=kind,
        task_identifier=identifier,
        task_generator="my.generator" if kind == "generated" else None,
        label=draw(TEXT),
        default_inputs=draw(st.dictionaries(INPUT_NAME, VALUE, max_size=3)),
        force_start_node=draw(st.booleans()),
        conditions_else_value=draw(VALUE),
        default_error_node=draw(st.booleans()),
        default_error_attributes=draw(st.none() | st.just({"map_all_data": True, "x": (1,)})),
        extra=draw(_extra(_ows_of_node())),
    )


@st.composite
def links(draw: Any, ids: list[Any]) -> Link:
    return Link(
        source=draw(st.sampled_from(ids)),
        target=draw(st.sampled_from(ids)),
        data_mapping=draw(MAPPING),
        map_all_data=draw(st.booleans()),
        conditions=draw(CONDITIONS),
        on_error=draw(st.booleans()),
        required=draw(st.none() | st.booleans()),
        cache_if_optional=draw(st.booleans()),
        sub_source=draw(st.none() | ID),
        sub_target=draw(st.none() | ID),
        sub_target_attributes=draw(st.none() | ATTRIBUTES),
        enabled=draw(st.booleans()),
        extra=draw(_extra(st.just({"channels": {"a": {"source_channel": "A + B"}}}))),
    )


@st.composite
def plain_links(draw: Any, ids: list[Any]) -> Link:
    """What Orange itself has words for."""
    return Link(
        source=draw(st.sampled_from(ids)),
        target=draw(st.sampled_from(ids)),
        data_mapping=draw(st.dictionaries(NAME, NAME, min_size=1, max_size=3)),
        enabled=draw(st.booleans()),
    )


ALIASES = st.lists(
    st.builds(
        Alias,
        id=ID,
        node=st.none() | ID,
        sub_node=st.none() | ID,
        link_attributes=st.none() | ATTRIBUTES,
        extra=ATTRIBUTES,
    ),
    max_size=2,
)
ANNOTATION = st.sampled_from(
    [
        {"type": "text", "rect": "(1.0, 2.0, 3.0, 4.0)", "text": "Hello\r\n", "font-size": "16"},
        {"type": "text", "content_type": "text/markdown", "text": "# a\x00b"},
        {"type": "arrow", "start": "(1, 2)", "end": "(3, 4)", "fill": "red"},
        {"type": "arrow", "id": "7", "params": {"geometry": [[1, 2], [3, 4]], "color": "#f00"}},
        {"type": "blob"},
        "nonsense",
    ]
)


@st.composite
def workflows(draw: Any, depth: int = 1) -> Workflow:
    ids = draw(st.lists(ID, max_size=4, unique=True))
    given = {
        "description": TEXT,
        "annotations": st.lists(ANNOTATION, max_size=2),
        "thumbnail": TEXT,
        "attributes": st.dictionaries(NAME, TEXT, max_size=2),
        "elements": st.just(["<thing><inner a='1'/></thing>", "no xml"]),
        "window_groups": st.just(
            [
                {
                    "name": "all",
                    "default": "true",
                    "states": [{"node": n, "data": "QUJD"} for n in ids],
                }
            ]
        ),
    }
    found = Workflow(
        id=draw(NAME),
        label=draw(TEXT),
        requirements=draw(st.none() | st.lists(NAME, max_size=2)),
        input_nodes=draw(ALIASES),
        output_nodes=draw(ALIASES),
        extra=draw(_extra(st.fixed_dictionaries({}, optional=given))),
        document=draw(ATTRIBUTES),
    )
    for node_id in ids:
        found.nodes[node_id] = draw(nodes(node_id, depth))
    if ids:
        found.links = draw(st.lists(links(ids) | plain_links(ids), max_size=4))
    return found
