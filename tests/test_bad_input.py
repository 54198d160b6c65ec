"""Wrong files, graphs, inputs and settings: each is one clear sentence and exit code 2.

A row is one wrong thing: what to prepare in an empty folder, the command, and the words that
must stand in the one line on the standard error. Nothing may be left in the folder beyond
what was prepared. To add a row, write a `Row` (see `rows.append` at the end of each part).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from beamcanvas.cli import main

STEPS = """
from pathlib import Path
from typing import Annotated, Literal
from beamcanvas.task import Param, task

@task
def scale(
    x: Annotated[float, Param(unit="keV", ge=0, le=100)],
    size: Annotated[int, Param(gt=0)] = 1,
    method: Literal["fast", "slow"] = "fast",
    weights: list[float] | None = None,
) -> float:
    return x * size

@task
def read(file: Annotated[Path, Param(path="open")]) -> str:
    from beamcanvas.errors import InputError
    try:
        return file.read_text()
    except OSError as error:
        raise InputError(f"{file}: the image can't be read: {error.strerror}.") from None

@task(requires="powder")
def integrate() -> float:
    import a_library_of_an_extra
    return 0.0
"""


def node(id: Any = "a", task: str = "steps.py::scale", **more: Any) -> dict[str, Any]:
    """A node of a graph file; keyword ``inputs`` are its default inputs."""
    inputs = more.pop("inputs", {"x": 1})
    return {
        "id": id,
        "task_type": "method",
        "task_identifier": task,
        "default_inputs": [{"name": n, "value": v} for n, v in inputs.items()],
        **more,
    }


def link(source: Any, target: Any, **more: Any) -> dict[str, Any]:
    """A link of a graph file that hands ``return_value`` to ``x``."""
    mapping = [{"source_output": "return_value", "target_input": "x"}]
    more.setdefault("data_mapping", mapping)
    return {"source": source, "target": target, **more}


def graph(*nodes: Any, links: Any = (), **attributes: Any) -> str:
    """The text of a graph file."""
    described = {"id": "wrong", "schema_version": "1.1", **attributes}
    return json.dumps({"graph": described, "nodes": list(nodes), "links": list(links)})


@dataclass
class Row:
    """One wrong thing."""

    name: str
    command: str  #: words after ``beamcanvas``
    words: str | tuple[str, ...]  #: that must be in the sentence
    #: what the folder holds: texts, bytes, or a function that makes a file
    files: dict[str, str | bytes | Callable[[Path], object]]


rows: list[Row] = []


def row(name: str, command: str, words: str | tuple[str, ...], **files: Any) -> None:
    """Add a row; a file's name is given with ``__`` for its dot."""
    named = {key.replace("__", "."): content for key, content in files.items()}
    rows.append(Row(name, command, words, named))


GOOD = graph(node())
SUB = json.loads(graph(node(), id="sub"))

# -- files

row("missing file", "run gone.json", ("gone.json", "no file"))
row("missing results file", "run gone.h5", ("gone.h5", "no file"))
row("folder", "run f.json", ("f.json", "folder"), f__json=Path.mkdir)
row("empty json", "run e.json", ("e.json", "not JSON"), e__json="")
row("empty ows", "run e.ows", "e.ows", e__ows="")
row("binary", "run b.json", ("b.json", "not text"), b__json=b"\x89PNG\xff\x00\xfe")
row("binary yaml", "run b.yaml", "b.yaml", b__yaml=b"\x00\x01\x02")
row("broken json", "run b.json", ("b.json", "not JSON", "line 1"), b__json='{"graph": ')
row("json list", "run l.json", "l.json", l__json="[1, 2]")
row("broken yaml", "run b.yaml", "b.yaml", b__yaml="graph: [1\nnodes: }")
row(
    "yaml with python tags", "run p.yaml", ("p.yaml", "tag"),
    p__yaml="graph: !!python/object/apply:os.system ['touch owned']\n",
)  # fmt: skip
row("broken xml", "run b.ows", "b.ows", b__ows="<scheme><nodes>")
row("foreign xml", "run b.ows", "b.ows", b__ows="<html><body/></html>")
row(
    "xml with entities", "run b.ows", "b.ows",
    b__ows='<!DOCTYPE s [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><scheme version="2.0">&b;</scheme>',
)  # fmt: skip
row("text called HDF5", "run t.h5", ("t.h5", "not an HDF5 file"), t__h5="hello")
row(
    "truncated HDF5", "run t.h5", ("t.h5", "cut off"),
    t__h5=lambda path: _hdf5(path, cut=True),
)  # fmt: skip
row("HDF5 without a workflow", "run t.h5", ("t.h5", "no workflow"), t__h5=lambda p: _hdf5(p))
row("unknown suffix to write", "convert g.json out.xyz", (".xyz", "format"), g__json=GOOD)
row("folder to convert to", "convert g.json d.json", "d.json", g__json=GOOD, d__json=Path.mkdir)
row("file as a folder", "convert g.json g.json/x.json", "g.json", g__json=GOOD)
row("results in a file", "run g.json --results g.json/r.h5", "g.json/r.h5", g__json=GOOD)
row("results is a folder", "run g.json --results r.h5", "r.h5", g__json=GOOD, r__h5=Path.mkdir)
row("events is no database", "run g.json --events g.json", "g.json", g__json=GOOD)
row("inputs file missing", "run g.json --inputs i.json", "i.json", g__json=GOOD)
row("inputs file broken", "run g.json --inputs i.json", "i.json", g__json=GOOD, i__json="{")
row("inputs file a number", "run g.json --inputs i.json", "i.json", g__json=GOOD, i__json="3")
row(
    "inputs file for another", "run g.json --inputs i.json", ("i.json", "'b'"),
    g__json=GOOD, i__json='{"b": {"x": 1}}',
)  # fmt: skip
row(
    "inputs file with a value for a node", "run g.json --inputs i.json", ("i.json", "'a'"),
    g__json=GOOD, i__json='{"a": 1}',
)  # fmt: skip
row("tutorial that isn't there", "tutorials podwer", ("podwer", "Did you mean 'powder'"))
row("tutorial into a file", "tutorials powder --to g.json", "g.json", g__json=GOOD)

# -- usage

row("unknown command", "rnu", ("rnu", "Did you mean 'run'"))
row("unknown option", "run g.json --exector x", "--exector", g__json=GOOD)
row("option of nothing", "--frobnicate", "--frobnicate")
row("no file", "run", "FILE")
row("wrong choice", "run g.json --outputs some", "some", g__json=GOOD)
row("unknown executor", "run g.json --executor thread", "Did you mean 'threads'", g__json=GOOD)
row("unknown node", "run g.json -p b:x=1", "there is no node 'b'", g__json=GOOD)
row("unknown id", "run g.json -pn b:x=1", "'b'", g__json=GOOD)
row("unknown label", "run g.json -pl b:x=1", "'b'", g__json=GOOD)
row("unknown task of a flag", "run g.json -pt b:x=1", "'b'", g__json=GOOD)
row("no name", "run g.json -p a:=1", "NAME=VALUE", g__json=GOOD)
row("no node in -pn", "run g.json -pn x=1", "ID:NAME=VALUE", g__json=GOOD)
row("unknown input", "run g.json -p a:siz=1", ("'siz'", "Did you mean 'size'"), g__json=GOOD)
row("input that none has", "run g.json -pa siz=1", "no node has an input 'siz'", g__json=GOOD)

# -- values

row("text for a number", "run g.json -p a:x=hot", ("'x'", "a number", "'hot'"), g__json=GOOD)
row("below its bound", "run g.json -p a:x=-1", ("'x'", "at least 0 keV"), g__json=GOOD)
row("above its bound", "run g.json -p a:x=101", ("'x'", "at most 100 keV"), g__json=GOOD)
row("not a number", "run g.json -p a:x=NaN", "'x'", g__json=GOOD)
row("infinite", "run g.json -p a:x=Infinity", "'x'", g__json=GOOD)
row("null", "run g.json -p a:x=null", ("'x'", "None"), g__json=GOOD)
row("negative size", "run g.json -p a:size=-3", ("'size'", "greater than 0"), g__json=GOOD)
row("fraction for a count", "run g.json -p a:size=1.5", ("'size'", "whole"), g__json=GOOD)
row("no such choice", "run g.json -p a:method=quick", ("'method'", "'slow'"), g__json=GOOD)
row("item of a list", 'run g.json -p a:weights=[1,"b"]', ("'weights'", "item 1"), g__json=GOOD)
row("missing input", "run g.json", ("'x' is missing",), g__json=graph(node(inputs={})))
row(
    "missing image", "run g.json --results r.h5", ("gone.tif", "can't be read"),
    g__json=graph(node(task="steps.py::read", inputs={"file": "gone.tif"})),
)  # fmt: skip

# -- tasks

row(
    "package not installed", "run g.json", "'not_here' is not installed",
    g__json=graph(node(task="not_here.f")),
)  # fmt: skip
row(
    "function not there", "run g.json", "Did you mean 'scale'",
    g__json=graph(node(task="steps.py::scael")),
)  # fmt: skip
row("file not there", "run g.json", "no file", g__json=graph(node(task="gone.py::f")))
row(
    "extra missing", "run g.json", ("a_library_of_an_extra", "beamcanvas[powder]"),
    g__json=graph(node(task="steps.py::integrate", inputs={})),
)  # fmt: skip
row(
    "script not there", "run g.json", "gone.sh",
    g__json=graph(node(task="gone.sh", task_type="script", inputs={})),
)  # fmt: skip
row(
    "class that is none", "run g.json", "not a task class",
    g__json=graph(node(task="json.loads", task_type="class")),
)  # fmt: skip
row(
    "generated without generator", "run g.json", "task_generator",
    g__json=graph(node(task_type="generated")),
)  # fmt: skip
row("unknown kind", "run g.json", "wizard", g__json=graph(node(task_type="wizard")))
row("unknown kind, shown", "validate g.json", "wizard", g__json=graph(node(task_type="wizard")))

# -- graphs

row("no task", "run g.json", ("g.json", "a"), g__json=graph({"id": "a"}))
row("node is a number", "run g.json", "g.json", g__json=graph(3))
row("node without id", "run g.json", ("g.json", "id"), g__json=graph({"task_type": "method"}))
row("ids used twice", "run g.json", ("g.json", "'a'"), g__json=graph(node(), node()))
row("links are text", "run g.json", "g.json", g__json=graph(node(), links="a"))
row(
    "link to nowhere", "run g.json", ("g.json", "'zz'"),
    g__json=graph(node(), links=[link("a", "zz")]),
)  # fmt: skip
row(
    "link to a subgraph without sub_target", "run g.json", "sub_target",
    g__json=graph(
        node(),
        {"id": "g", "task_type": "graph", "task_identifier": SUB},
        links=[link("a", "g")],
    ),
)  # fmt: skip
row(
    "subgraph not there", "run g.json", "sub.json",
    g__json=graph({"id": "g", "task_type": "graph", "task_identifier": "sub.json"}),
)  # fmt: skip
row(
    "subgraph of itself", "run g.json", "g.json",
    g__json=graph({"id": "g", "task_type": "graph", "task_identifier": "g.json"}),
)  # fmt: skip
row(
    "cycle without a start", "run g.json", "start",
    g__json=graph(node("a"), node("b"), links=[link("a", "b"), link("b", "a")]),
)  # fmt: skip
row(
    "all data and some data", "run g.json", "map_all_data",
    g__json=graph(node("a"), node("b"), links=[link("a", "b", map_all_data=True)]),
)  # fmt: skip
row(
    "on error and on a condition", "run g.json", "on_error",
    g__json=graph(
        node("a"),
        node("b"),
        links=[link("a", "b", on_error=True, conditions=[{"source_output": "x", "value": 1}])],
    ),
)  # fmt: skip
row(
    "mapping without a target", "run g.json", "target_input",
    g__json=graph(
        node("a"), node("b"), links=[link("a", "b", data_mapping=[{"source_output": "x"}])]
    ),
)  # fmt: skip
row(
    "two links to one input", "run g.json", "both 'a' and 'b'",
    g__json=graph(node("a"), node("b"), node("c"), links=[link("a", "c"), link("b", "c")]),
)  # fmt: skip
row("future schema", "run g.json", ("99.0",), g__json=graph(node(), schema_version="99.0"))
row("ancient schema", "run g.json", ("0.0",), g__json=graph(node(), schema_version="0.0"))
row(
    "undirected", "run g.json", "directed",
    g__json=json.dumps({**json.loads(GOOD), "directed": False}),
)  # fmt: skip


def _hdf5(path: Path, cut: bool = False) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file["entry/data"] = list(range(1000))
    if cut:
        path.write_bytes(path.read_bytes()[:3000])


def _prepare(folder: Path, row: Row) -> None:
    (folder / "steps.py").write_text(STEPS)
    for name, content in row.files.items():
        path = folder / name
        if isinstance(content, str):
            path.write_text(content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)


def _listing(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts
    }


def _check(row: Row, code: int, out: str, err: str, before: Any, folder: Path) -> None:
    assert code == 2, err
    assert len(err.splitlines()) == 1, err
    assert "Traceback" not in err
    assert out == ""
    for word in (row.words,) if isinstance(row.words, str) else row.words:
        assert word in err, err
    assert _listing(folder) == before


@pytest.mark.parametrize("row", rows, ids=lambda row: row.name)
def test_what_is_wrong_is_one_clear_sentence(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _prepare(tmp_path, row)
    monkeypatch.chdir(tmp_path)
    before = _listing(tmp_path)
    code = main(row.command.split())
    captured = capsys.readouterr()
    _check(row, code, captured.out, captured.err, before, tmp_path)


def test_pickled_settings_are_never_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are no error: the file opens, says so, and nothing of them is run."""
    import base64
    import os
    import pickle

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "owned"),)

    pickled = base64.encodebytes(pickle.dumps(Evil())).decode()
    (tmp_path / "e.ows").write_text(
        '<?xml version="1.0"?><scheme version="2.0" title="t" description=""><nodes>'
        '<node id="0" name="N" qualified_name="not_here.OWx" project_name="p" version=""'
        ' title="N" position="(0.0, 0.0)" /></nodes><links/><annotations/><node_properties>'
        f'<properties node_id="0" format="pickle">{pickled}</properties>'
        "</node_properties></scheme>"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["show", "e.ows"]) == 0
    assert main(["convert", "e.ows", "e.json"]) == 0
    main(["run", "e.ows"])
    assert not (tmp_path / "owned").exists()
    assert "pickle" in capsys.readouterr().err


IN_A_PROCESS = ["missing file", "truncated HDF5", "cycle without a start", "unknown command"]


@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_the_same_as_a_whole_process(name: str, tmp_path: Path) -> None:
    row = next(row for row in rows if row.name == name)
    _prepare(tmp_path, row)
    before = _listing(tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "beamcanvas", *row.command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    _check(row, run.returncode, run.stdout, run.stderr, before, tmp_path)


def test_rows_have_names_of_their_own() -> None:
    assert len({row.name for row in rows}) == len(rows) >= 30
