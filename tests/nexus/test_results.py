"""The results file: provenance, plots by default, the workflow inside, nothing half-written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from beamcanvas.errors import InputError, WorkflowError
from beamcanvas.nexus import Axis, NXData, workflow_file
from beamcanvas.nexus.results import ResultsWriter, read_outputs, stored_outputs
from beamcanvas.task import Task, resolve
from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load, save

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Curve:
    def nxdata(self) -> NXData:
        return NXData(
            signal=np.arange(3.0), axes=(Axis(name="q", values=np.arange(3.0), unit="1/nm"),)
        )


def demo() -> Workflow:
    workflow = Workflow(id="demo", label="A demo")
    workflow.add("json.dumps", id="a/b", label="First: step", inputs={"obj": 1})
    workflow.add("json.dumps", id="a.b", label="First: step")
    workflow.add("json.dumps", id=("g", ("h", "x")), label="Nested")
    workflow.link("a/b", "a.b", {"obj": "return_value"})
    return workflow


def task() -> Task:
    return resolve("method", "json.dumps")


def write(path: Path, workflow: Workflow) -> list[Any]:
    curve = Curve()
    first, second, third = workflow.nodes.values()
    with ResultsWriter(path, workflow, {"a/b": {"obj": 2, "default": np.zeros(10**6)}}) as writer:
        writer.node(
            first, inputs={"obj": 2}, outputs={"curve": curve, "n": 5}, task=task(),
            start=NOW, end=NOW,
        )  # fmt: skip
        writer.node(second, inputs={"obj": curve, 0: "x"}, outputs={"image": np.ones((2, 3))})
        try:
            raise ValueError("too hot")
        except ValueError as error:
            writer.node(third, inputs={"obj": curve}, error=error, start=NOW)
    return [curve]


def test_a_results_file_says_how_it_was_made(tmp_path: Path) -> None:
    path = tmp_path / "out" / "results.h5"
    write(path, demo())
    assert [p.name for p in path.parent.iterdir()] == ["results.h5"]
    with h5py.File(path) as file:
        entry = file["entry"]
        names = [n for n, g in entry.items() if g.attrs.get("NX_class") == "NXprocess"]
        assert names == ["First_step", "First_step_2", "Nested"]
        first = entry["First_step"]
        assert first["program"].asstr()[()] == "json.dumps"
        assert first["status"].asstr()[()] == "done"
        assert datetime.fromisoformat(first["start_time"].asstr()[()]) == NOW
        assert first["inputs/obj"][()] == 2
        assert first["inputs/sort_keys"].attrs["is_default"]
        assert entry["versions/beamcanvas"].asstr()[()]
        assert entry["versions/numpy"].asstr()[()] == np.__version__
        failed = entry["Nested"]
        assert failed["status"].asstr()[()] == "failed"
        assert failed["error/description"].asstr()[()] == "too hot"
        assert "ValueError" in failed["error/data"].asstr()[()]
        # what a link handed on is there once
        link = entry["First_step_2/inputs"].get("obj", getlink=True)
        assert link.path == "/entry/First_step/outputs/curve"


def test_silx_finds_the_last_result_by_default(tmp_path: Path) -> None:
    nxdata = pytest.importorskip("silx.io.nxdata")
    write(tmp_path / "results.h5", demo())
    with h5py.File(tmp_path / "results.h5") as file:
        found = nxdata.get_default(file)
        assert found is not None
        assert found.group.name == "/entry/First_step_2/outputs/image"
        assert nxdata.get_default(file["entry/First_step"]).signal.shape == (3,)


def test_outputs_are_read_back_by_node(tmp_path: Path) -> None:
    write(tmp_path / "results.h5", demo())
    found = read_outputs(tmp_path / "results.h5")
    assert list(found) == ["a/b", "a.b", ("g", ("h", "x"))]
    assert found["a/b"]["n"] == 5
    np.testing.assert_array_equal(found["a/b"]["curve"].signal, [0, 1, 2])
    np.testing.assert_array_equal(found["a.b"]["image"], np.ones((2, 3)))
    assert found["g", ("h", "x")] == {}
    stored = stored_outputs(tmp_path / "results.h5")["a.b"]["image"]
    assert (stored.path, stored.shape) == ("/entry/First_step_2/outputs/image/data", (2, 3))
    assert stored.dtype == "float64"


def test_the_workflow_is_inside_with_the_inputs_of_the_run(tmp_path: Path) -> None:
    workflow = demo()
    write(tmp_path / "results.h5", workflow)
    found = load(tmp_path / "results.h5")
    assert found.nodes["a/b"].default_inputs == {"obj": 2}
    assert found.title == "A demo"
    assert list(found.nodes) == list(workflow.nodes)
    assert workflow.nodes["a/b"].default_inputs == {"obj": 1}


def test_relative_paths_stay_valid_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "scheme").mkdir()
    (tmp_path / "scheme" / "step.py").write_text(
        "from pathlib import Path\n"
        "from typing import Annotated\n"
        "from beamcanvas.task import Param, task\n"
        "@task\n"
        "def read(file: Annotated[Path, Param(path='open')], n: int = 1) -> str:\n"
        "    return file.read_text()\n"
    )
    (tmp_path / "scheme" / "data.txt").write_text("x")
    workflow = Workflow(path=tmp_path / "scheme" / "demo.json")
    workflow.add("step.py::read", id="r", inputs={"file": "data.txt"})
    for folder in ("scheme", "elsewhere"):
        ResultsWriter(tmp_path / folder / "r.h5", workflow).close()
        node = load(tmp_path / folder / "r.h5").nodes["r"]
        assert (tmp_path / folder / node.default_inputs["file"]).read_text() == "x"
        found = resolve("method", node.task_identifier, folder=tmp_path / folder)
        assert found.run({"file": tmp_path / "scheme/data.txt"})["return_value"] == "x"


def test_a_node_that_runs_again_replaces_its_results(tmp_path: Path) -> None:
    workflow = demo()
    node, other, _ = workflow.nodes.values()
    value = np.arange(3)
    with ResultsWriter(tmp_path / "r.h5", workflow) as writer:
        writer.node(node, inputs={}, outputs={"x": value})
        writer.node(node, inputs={"x": value}, outputs={"x": np.arange(4)})
        writer.node(other, inputs={"x": value}, outputs={})
    assert read_outputs(tmp_path / "r.h5")["a/b"]["x"].shape == (4,)
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["entry/First_step_2/inputs/x/data"].shape == (3,)


def test_nothing_is_left_of_a_run_that_never_was(tmp_path: Path) -> None:
    ResultsWriter(tmp_path / "r.h5", demo()).discard()
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    path.write_text("old")
    writer = ResultsWriter(path, demo())
    assert path.read_text() == "old"
    writer.close()
    assert read_outputs(path) == {}


@pytest.mark.parametrize("name", ["file/r.h5", "folder"])
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=str(tmp_path / name)):
        ResultsWriter(tmp_path / name, demo())
    assert sorted(tmp_path.rglob("*")) == before


def test_saving_a_workflow_to_a_results_file_keeps_the_results(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    write(path, demo())
    changed = load(path)
    changed.label = "Changed"
    save(changed, path)
    assert load(path).label == "Changed"
    assert read_outputs(path)["a/b"]["n"] == 5
    save(changed, tmp_path / "new.nxs")
    assert load(tmp_path / "new.nxs").label == "Changed"


def test_files_that_are_no_results(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    write(path, demo())
    whole = path.read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.h5").write_text("hello")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["entry/workflow/data"] = np.zeros(3)
    for name, words in [
        ("cut.h5", "cut off"),
        ("text.h5", "not an HDF5 file"),
        ("foreign.h5", "there is no workflow in it"),
    ]:
        with pytest.raises(WorkflowError, match=words) as error:
            load(tmp_path / name)
        assert str(error.value).count(str(tmp_path / name)) == 1
    for name in ("cut.h5", "text.h5", "gone.h5"):
        with pytest.raises(InputError, match=name):
            read_outputs(tmp_path / name)


def test_every_damaged_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    write(path, demo())
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(0)
    for position in rng.integers(0, len(whole), 60):
        broken = bytearray(whole)
        broken[position : position + 8] = rng.bytes(8)
        path.write_bytes(broken)
        try:
            workflow_file.read(path)
        except WorkflowError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_the_note_is_what_ewoks_reads(tmp_path: Path) -> None:
    path = tmp_path / "r.h5"
    write(path, demo())
    with h5py.File(path) as file:
        document = json.loads(file["entry/workflow/data"].asstr()[()])
    assert document["nodes"][0]["task_identifier"] == "json.dumps"
