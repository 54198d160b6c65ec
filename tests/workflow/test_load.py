"""Finding a workflow: paths with and without suffix, folders, packages, texts, graphs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import networkx
import pytest

from beamcanvas.errors import InputError, WorkflowError
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.flat import flatten
from beamcanvas.workflow.formats import dumps, format_named, from_networkx, load, save, to_networkx


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a graph and its subgraph, also as a package."""
    inner = Workflow(id="inner")
    inner.add("builtins.max", id="task")
    outer = Workflow(id="outer")
    outer.add("inner.json", id="sub", task_type="graph")
    package = tmp_path / "my_graphs"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('not to be imported')")
    save(inner, package / "inner.json")
    save(outer, package / "outer.json")
    save(outer, package / "other.yaml")
    return package


def test_suffixes_are_found(folder: Path) -> None:
    for source in (folder / "outer", str(folder / "outer.json"), folder / "other", "outer"):
        assert load(source, root_dir=folder).id == "outer"
    assert load("other.json", root_dir=folder).id == "outer"


def test_a_subgraph_is_looked_for_beside_its_file(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir("/")
    flat = flatten(load(folder / "outer"))
    assert list(flat.nodes) == [("sub", "task")]


def test_then_in_the_root_folder_and_then_here(folder: Path, tmp_path: Path, monkeypatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "outer.json").rename(elsewhere / "outer.json")
    with pytest.raises(WorkflowError, match=r"graph node 'sub'.*There is no file"):
        flatten(load(elsewhere / "outer.json"))
    assert flatten(load(elsewhere / "outer.json", root_dir=folder)).nodes
    monkeypatch.chdir(folder)
    assert flatten(load(elsewhere / "outer.json")).nodes


def test_in_a_package_without_importing_it(folder: Path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(folder.parent)
    for found in (
        load("outer", root_module="my_graphs"),
        load("my_graphs.outer", "json_module", root_module="my_graphs"),
    ):
        assert found.id == "my_graphs.outer"
        assert flatten(found).nodes
    assert load("my_graphs.other", "yaml_module").id == "outer"
    assert "my_graphs" not in sys.modules
    with pytest.raises(WorkflowError, match="no package"):
        load("x", root_module="not_there")


def test_things_that_are_no_files(folder: Path) -> None:
    workflow = load(folder / "inner.json")
    assert load(workflow) is workflow
    assert load(None) == load({}) == Workflow()
    assert load(dumps(workflow)) == workflow
    assert load(to_networkx(workflow)) == workflow
    with pytest.raises(WorkflowError, match="can't be loaded from a int"):
        load(3)
    with pytest.raises(WorkflowError, match="undirected"):
        load(networkx.Graph([("a", "b")]))
    with pytest.raises(WorkflowError, match="'b' should say its 'task_type'"):
        from_networkx(networkx.DiGraph([("a", "b")]))


def test_formats_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="Did you mean 'json'"):
        format_named("jsn")
    with pytest.raises(WorkflowError, match=r"'\.doc' tells no workflow format"):
        save(Workflow(), tmp_path / "a.doc")
    assert not list(tmp_path.iterdir())


def test_a_file_whose_suffix_tells_nothing(tmp_path: Path) -> None:
    workflow = Workflow(id="x", label="X")
    for name in ("json", "yaml", "ows"):
        path = tmp_path / f"{name}.txt"
        path.write_text(dumps(workflow, name))
        assert load(path) == workflow


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = save(Workflow(id="old"), tmp_path / "a.json")
    bad = Workflow()
    bad.add("builtins.max", inputs={"x": object()})
    with pytest.raises(WorkflowError, match=r"a\.json"):
        save(bad, path)
    assert json.loads(path.read_text())["graph"]["id"] == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_permissions_of_a_file_stay(tmp_path: Path) -> None:
    path = save(Workflow(), tmp_path / "a.json")
    path.chmod(0o640)
    save(Workflow(), path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_empty_file_is_no_workflow(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    with pytest.raises(WorkflowError, match="the file is empty"):
        load(tmp_path / "empty")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"can't be written: .*/file is not a folder"):
        save(Workflow(), tmp_path / "file" / "x.ows")
