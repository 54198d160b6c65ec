"""Whatever a file holds, what comes out is a workflow or our own error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beamcanvas.errors import WorkflowError
from beamcanvas.workflow.analysis import end_nodes, required_links
from beamcanvas.workflow.flat import flatten
from beamcanvas.workflow.formats import dumps, from_dict, load, loads
from beamcanvas.workflow.validation import problems

DATA = Path(__file__).parent / "data"
FILES = sorted(p for p in DATA.iterdir() if p.suffix != ".md")
FUZZ = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

#: What is put into a file: bits of the formats themselves, and what breaks readers.
BITS = st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b"'", b"<", b">", b"</node>", b"<beamcanvas version='1'>",
     b"null", b"1e999", b"-", b"9" * 5000, b"\x00", b"\xff\xfe", b"&a *a", b"!!python/name:os.x",
     b"&amp;", b"(" * 300, b"[" * 3000, b": ", b"\n", b"\t", b"true", b"<!--", b"&#x0;", b"id",
     b'"graph"', b"task_type", b"'__ewoks__': 'set', 'items': [[]]", b"version", b"{}", b"[]"]
) | st.binary(max_size=4)  # fmt: skip


def handled(path: Path) -> None:
    """Load it and do with it all that a program does before it runs it."""
    try:
        workflow = load(path)
        problems(workflow)
        flat = flatten(workflow)
    except WorkflowError as error:
        said = str(error)
        assert said.endswith((".", ")"))
        return
    required_links(flat)
    end_nodes(flat)
    for name in ("json", "yaml", "ows"):
        try:
            text = dumps(workflow, name)
        except WorkflowError:
            continue
        assert loads(text, name).nodes.keys() == workflow.nodes.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.name)
@FUZZ
@given(data=st.data())
def test_mutated_files(tmp_path: Path, file: Path, data: st.DataObject) -> None:
    content = file.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.sampled_from([0, 1, 5, 200])))
        content = content[:start] + data.draw(BITS) + content[end:]
    path = tmp_path / file.name
    path.write_bytes(content)
    handled(path)


WORDS = [
    *("graph", "nodes", "links", "id", "source", "target", "sub_source", "sub_target", "node"),
    *("task_type", "task_identifier", "default_inputs", "name", "value", "data_mapping"),
    *("conditions", "required", "input_nodes", "disabled_links", "index", "__ewoks__", "items"),
    *("ows", "position", "settings"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@FUZZ
@given(JSON, JSON, JSON)
def test_any_mapping(tmp_path: Path, graph: object, nodes: object, links: object) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps({"graph": graph, "nodes": nodes, "links": links}))
    handled(path)


@FUZZ
@given(st.lists(JSON, max_size=3), JSON, st.sampled_from(["nodes", "links", "graph", "document"]))
def test_any_words_of_our_own_in_ows(tmp_path: Path, links: list, said: object, key: str) -> None:
    own = {"links": links, key: said}
    text = (DATA / "ewoksorange_demo.ows").read_text()
    path = tmp_path / "own.ows"
    escaped = json.dumps(own).replace("&", "&amp;").replace("<", "&lt;")
    element = f'<beamcanvas version="1">{escaped}</beamcanvas></scheme>'
    path.write_text(text.replace("</scheme>", element))
    handled(path)


LAUGHS = "a: &a [x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<scheme version="2.0" title="&b;" />'
)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "", "not JSON"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.json", '{"a":' * 50_000, "nested too deeply"),
        ("a.json", '{"nodes": [{"id": ' + "9" * 5000 + "}]}", "4300 digits"),
        ("a.json", "[]", "should be a mapping"),
        ("a.json", "{'a': 1}", "line 1, column 2"),
        ("a.json", b"\xff\xfe{\x00}\x00", "UTF-8"),
        ("a.json", b"caf\xe9", "UTF-8"),
        ("a.yaml", "[" * 3000, "nested too deeply"),
        ("a.yaml", "!!python/object/apply:os.system ['true']", "is refused"),
        ("a.yaml", "graph: !mine {id: a}", "is refused"),
        ("a.yaml", "&a [*a]", "expand"),
        ("a.yaml", LAUGHS, "expand"),
        ("a.yaml", "a: b: c", "line 1"),
        ("a.yaml", "a: \x01", "not YAML"),
        ("a.yaml", "{[1]: 2}", "not YAML"),
        ("a.yaml", "- 1", "should be a mapping"),
        ("a.ows", "", "not XML"),
        ("a.ows", BOMB, "DOCTYPE"),
        ("a.ows", BOMB.encode("utf-16"), "DOCTYPE"),
        ("a.ows", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><scheme/>', "DOCTYPE"),
        ("a.ows", "<a>" * 100_000, "nested too deeply"),
        ("a.ows", "<html/>", "not an Orange scheme"),
        ("a.ows", "<scheme><widgets/></scheme>", "Orange 2"),
        ("a.ows", '<scheme version="3.0"/>', "version '3.0'"),
        ("a.ows", '<scheme version="2.0"><nodes><node/></nodes></scheme>', "no id"),
        ("a.ows", '<scheme version="2.0"><beamcanvas version="2"/></scheme>', "newer beamcanvas"),
        ("a.ows", '<scheme version="2.0"><beamcanvas version="1">[</beamcanvas></scheme>',
         "not JSON"),
        ("a.txt", "just text", "mapping"),
    ],
)  # fmt: skip
def test_what_breaks_readers(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WorkflowError) as caught:
        load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_no_file_a_folder_and_no_right(tmp_path: Path) -> None:
    for source in (tmp_path / "none.json", tmp_path, "", "a\0b.json", "x" * 5000):
        if source:
            with pytest.raises(WorkflowError):
                load(source)


def test_a_mapping_that_holds_itself() -> None:
    endless: dict = {"id": "a", "task_type": "graph"}
    endless["task_identifier"] = {"nodes": [endless]}
    with pytest.raises(WorkflowError, match="refers to itself"):
        from_dict({"nodes": [endless]})
    value: list = []
    value.append(value)
    with pytest.raises(WorkflowError, match="refers to itself"):
        from_dict(
            {"nodes": [{"id": "a", "task_type": "method", "task_identifier": "b", "x": value}]}
        )


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "pickled.json"
    bomb = "gASVHgAAAAAAAACMAm9zlIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu"  # runs `true`
    node = {"id": "a", "task_type": "method", "task_identifier": "m.f"}
    node["default_inputs"] = [{"name": "x", "value": {"__ewoks__": "pickle", "data": bomb}}]
    serialized = {"serializer": "json_pickle", "serializer_version": "1.0.0"}
    path.write_text(json.dumps({"nodes": [node], "__ewoks_serialize__": serialized}))
    workflow = load(path)
    assert "pickled" in workflow.remarks[0]
    for name in ("json", "yaml", "ows"):
        assert bomb in dumps(workflow, name)
        assert loads(dumps(workflow, name), name) == workflow
