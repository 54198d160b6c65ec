"""Every kind of task that a graph can name, found and run."""

from __future__ import annotations

import json
import pickle
import textwrap
import time
from pathlib import Path
from threading import Timer

import pytest

from beamcanvas.errors import Cancelled, InputError, TaskNotFoundError
from beamcanvas.task import Progress, resolve

GENERATOR = "beamcanvas.task.ewoks.task_class"

TASKS = textwrap.dedent(
    '''
    from __future__ import annotations
    from dataclasses import dataclass
    from beamcanvas.task import task

    @dataclass
    class Pair:
        a: int = 1

    def add(a, b=2, *, c=0):
        """Add."""
        return a + b + c

    def position_only(x, y, /):
        return x - y

    def run(a=0, **rest):
        return {"a": a + 1, "seen": sorted(rest)}

    def nothing(**rest):
        return None

    def number(**rest):
        return 3

    @task(output="sum")
    def total(a: int, b: int = 2) -> int:
        return a + b

    constant = 5
    '''
)

EWOKS_TASKS = textwrap.dedent(
    """
    import time
    from pydantic import Field
    from ewokscore import Task, TaskWithProgress
    from ewokscore.model import BaseInputModel

    class Model(BaseInputModel):
        size: int = Field(gt=0, description="Of the thing.")
        name: str = "x"

    class Modelled(Task, input_model=Model, output_names=["out"]):
        def run(self):
            self.outputs.out = self.inputs.name * self.inputs.size

    class Slow(TaskWithProgress, optional_input_names=["seconds"], output_names=["out"]):
        def run(self):
            self.stop = False
            end = time.monotonic() + self.get_input_value("seconds", 5)
            while time.monotonic() < end and not self.stop:
                time.sleep(0.01)
            self.progress = 50
            self.outputs.out = "done"

        def cancel(self):
            self.stop = True

    class Positional(Task, n_required_positional_inputs=1, output_names=["out"]):
        def run(self):
            self.outputs.out = list(self.get_positional_input_values())

    class Failing(Task, output_names=["out"]):
        def run(self):
            raise KeyError("lost")

    def generator(identifier):
        class Generated(Task, input_names=["x"], output_names=["y"], register=False):
            def run(self):
                self.outputs.y = identifier * self.inputs.x
        return Generated
    """
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "ewoks_tasks.py").write_text(EWOKS_TASKS)
    return tmp_path


# -- functions


def test_a_function_takes_arguments_by_name_and_by_position(folder: Path) -> None:
    add = resolve("method", "tasks.py::add", folder=folder)
    assert add.run({0: 1, "1": 5, "c": 10}) == {"return_value": 16}
    assert add.run({"a": 1}) == {"return_value": 3}
    assert list(add.inputs) == ["a", "b", "c"]
    assert add.inputs["a"].required
    assert not add.open_inputs


def test_a_function_without_names_can_be_fed_by_name(folder: Path) -> None:
    subtract = resolve("method", "tasks.py::position_only", folder=folder)
    assert subtract.run({"y": 1, "x": 5}) == {"return_value": 4}
    assert subtract.run({0: 5, "y": 1}) == {"return_value": 4}


def test_a_builtin_is_a_task() -> None:
    assert resolve("method", "builtins.max").run({0: 1, 1: 3}) == {"return_value": 3}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "missing a required argument: 'a'"),
        ({"a": 1, "bb": 2}, "unexpected keyword argument 'bb'. Did you mean 'b'?"),
        ({1: 1}, "the input at position 0 is missing; there is one at position 1"),
    ],
)
def test_a_function_that_cannot_be_called_so(folder: Path, inputs: dict, words: str) -> None:
    with pytest.raises(InputError) as error:
        resolve("method", "tasks.py::add", folder=folder).run(inputs)
    assert words in str(error.value)


def test_one_of_ours_as_a_method_has_its_own_output_too(folder: Path) -> None:
    total = resolve("method", "tasks.py::total", folder=folder)
    assert total.run({0: 1, "b": "4"}) == {"sum": 5, "return_value": 5}
    assert list(total.outputs) == ["sum", "return_value"]
    with pytest.raises(InputError, match="'b' should be a whole number, not 'x'"):
        total.run({"a": 1, "b": "x"})
    with pytest.raises(InputError, match="takes 2 inputs, not 3"):
        total.run({0: 1, 1: 2, 2: 3})


def test_one_of_ours_in_a_file_survives_pickle(folder: Path) -> None:
    total = resolve("generated", "tasks.py::total", GENERATOR, folder=folder)
    assert total.run({"a": 1}) == {"sum": 3}
    assert pickle.loads(pickle.dumps(total)).run({"a": 2}) == {"sum": 4}


def test_a_changed_file_is_read_again(folder: Path) -> None:
    assert resolve("method", "tasks.py::add", folder=folder).run({"a": 1})["return_value"] == 3
    file = folder / "tasks.py"
    file.write_text(TASKS.replace("a + b + c", "a * 100"))
    assert resolve("method", "tasks.py::add", folder=folder).run({"a": 1})["return_value"] == 100


def test_a_module_of_the_current_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "module_beside_the_graph.py").write_text(TASKS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert resolve("method", "module_beside_the_graph.add").run({"a": 1}) == {"return_value": 3}


# -- pypushflow


def test_ppf_tasks_hand_a_dictionary_on(folder: Path) -> None:
    run = resolve("ppfmethod", "tasks.py::run", folder=folder)
    assert run.run({"_ppfdict": {"a": 1, "b": 2}, "c": 3}) == {
        "_ppfdict": {"a": 2, "b": 2, "c": 3, "seen": ["b", "c"]}
    }
    assert resolve("ppfport", None).run({"a": 1, "_ppfdict": {"b": 2}}) == {
        "_ppfdict": {"a": 1, "b": 2}
    }
    nothing = resolve("ppfmethod", "tasks.py::nothing", folder=folder)
    assert nothing.run({"a": 1}) == {"_ppfdict": {"a": 1}}


def test_ppf_tasks_refuse_what_is_no_dictionary(folder: Path) -> None:
    with pytest.raises(InputError, match="should be a mapping, not a list"):
        resolve("ppfport", None).run({"_ppfdict": [1]})
    with pytest.raises(InputError, match="should return a mapping, not a int"):
        resolve("ppfmethod", "tasks.py::number", folder=folder).run({})


# -- scripts


def test_a_command_gets_its_arguments() -> None:
    echo = resolve("script", "echo")
    outputs = echo.run({"x": 1, "name": "a b", "v": "", 0: "last", "_capture_output": True})
    assert outputs == {"return_code": 0, "out": "-x 1 --name a b -v last\n", "err": ""}
    assert resolve("script", "true").run({}) == {"return_code": 0, "out": None, "err": None}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "import sys; print(sys.argv[1:]); print('e', file=sys.stderr); sys.exit(3)"),
        ("b.py", "#!/usr/bin/env python3\nimport sys; print(sys.argv[1:]); sys.exit(3)"),
        ("c.sh", 'echo "$@"; echo e >&2; exit 3'),
    ],
)
def test_scripts_run_with_and_without_shebang(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    script = resolve("script", name, folder=tmp_path)
    outputs = script.run({"k": 2, "_capture_output": True, "_merge_err": True})
    assert outputs["return_code"] == 3
    assert "-k" in outputs["out"]
    assert outputs["err"] is None
    with pytest.raises(RuntimeError, match=f"{name} ended with return code 3"):
        script.run({"_capture_output": True, "_raise_on_error": True})


def test_a_cancelled_script_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "slow.sh").write_text("sleep 30 & sleep 30; echo finished")
    start = time.monotonic()
    cancelled = Progress(None, lambda: time.monotonic() - start > 0.2)
    with pytest.raises(Cancelled):
        resolve("script", "slow.sh", folder=tmp_path).run({}, cancelled)
    assert time.monotonic() - start < 10


# -- notebooks


def write_notebook(file: Path, *cells: tuple[str, list[str]]) -> None:
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"cell{n}",
                "metadata": {"tags": tags},
                "outputs": [],
                "source": source,
            }
            for n, (source, tags) in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    file.write_text(json.dumps(notebook))


def test_a_notebook_gives_its_tagged_results(tmp_path: Path) -> None:
    pytest.importorskip("papermill")
    write_notebook(
        tmp_path / "sum.ipynb",
        ("a = 1", ["parameters"]),
        ("b = a + 1\nb", ["results"]),
        ("{'c': a * 10}", ["results"]),
        ("'unseen'", []),
    )
    saved = tmp_path / "run.ipynb"
    task = resolve("notebook", "sum.ipynb", folder=tmp_path)
    said: list[tuple[float | None, str]] = []
    progress = Progress(lambda *news: said.append(news))
    outputs = task.run({"a": 5, "_output_notebook": str(saved)}, progress)
    assert outputs["results"]["b"] == 6
    assert outputs["output_notebook"] == str(saved)
    assert saved.is_file()
    assert said == [(n / 5, f"Cell {n + 1} of 5") for n in range(5)]


def test_a_cancel_ends_a_notebook_in_the_middle_of_a_cell(tmp_path: Path) -> None:
    pytest.importorskip("papermill")
    begun = tmp_path / "begun"
    write_notebook(
        tmp_path / "long.ipynb",
        (f"open({str(begun)!r}, 'w').close()\nimport time\ntime.sleep(60)", []),
        (f"open({str(begun) + '2'!r}, 'w').close()", []),
    )
    task = resolve("notebook", "long.ipynb", folder=tmp_path)
    start = time.monotonic()
    with pytest.raises(Cancelled):
        task.run({}, Progress(None, begun.exists))
    assert time.monotonic() - start < 40
    assert not (tmp_path / "begun2").exists()


# -- classes written for ewoks


@pytest.mark.filterwarnings("ignore:Unexpected inputs")
def test_a_class_of_a_package_runs_as_it_is() -> None:
    pytest.importorskip("ewokscore")
    name = "ewokscore.tests.examples.tasks.sumtask.SumTask"
    task = resolve("class", name)
    assert task.inputs["a"].required
    assert not task.inputs["b"].required
    assert task.run({"a": 1, "b": 2}) == {"result": 3}
    # by the end of its name once it is imported; elsewhere by all of it
    short = resolve("class", "SumTask")
    assert short.identifier == name
    assert pickle.loads(pickle.dumps(short)).run({"a": 4}) == {"result": 4}
    with pytest.raises(InputError, match="Did you mean 'a'"):
        task.run({"aa": 1})
    assert task.run({"a": 1, "unheard_of": 2}) == {"result": 1}


def test_the_model_of_a_class_becomes_its_inputs(folder: Path) -> None:
    pytest.importorskip("ewokscore")
    task = resolve("class", "ewoks_tasks.py::Modelled", folder=folder)
    size = task.inputs["size"]
    assert (size.annotation, size.help, size.param.gt) == (int, "Of the thing.", 0)
    assert task.inputs["name"].default == "x"
    assert task.run({"size": 3, "name": "ab"}) == {"out": "ababab"}
    with pytest.raises(InputError, match=r"Modelled: .*size"):
        task.run({"size": 0})


def test_positions_and_failures_of_a_class(folder: Path) -> None:
    pytest.importorskip("ewokscore")
    positional = resolve("class", "ewoks_tasks.py::Positional", folder=folder)
    assert positional.run({0: "a", "1": "b"}) == {"out": ["a", "b"]}
    with pytest.raises(InputError, match="'0' is missing"):
        positional.run({})
    with pytest.raises(KeyError, match="lost"):
        resolve("class", "ewoks_tasks.py::Failing", folder=folder).run({})


def test_progress_and_cancel_reach_a_class(folder: Path) -> None:
    pytest.importorskip("ewokscore")
    slow = resolve("class", "ewoks_tasks.py::Slow", folder=folder)
    told: list[float | None] = []
    progress = Progress(lambda fraction, message: told.append(fraction))
    assert slow.run({"seconds": 0}, progress) == {"out": "done"}
    assert told == [0.5]
    stop = []
    Timer(0.2, lambda: stop.append(True)).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        slow.run({"seconds": 20}, Progress(None, lambda: bool(stop)))
    assert time.monotonic() - start < 10


def test_a_generator_makes_a_class(folder: Path) -> None:
    pytest.importorskip("ewokscore")
    generator = f"{folder / 'ewoks_tasks.py'}::generator"
    assert resolve("generated", "ab", generator).run({"x": 2}) == {"y": "abab"}


# -- what is not there


@pytest.mark.parametrize(
    ("kind", "identifier", "words"),
    [
        ("method", "not_installed_here.f", "the package 'not_installed_here' is not installed"),
        ("method", "json.decodr.f", "'json' has no module 'decodr'. Did you mean 'decoder'?"),
        ("method", "json.load_s", "'json' has no 'load_s'. Did you mean 'loads'?"),
        ("method", "json", "should be a dotted path"),
        ("method", "no file.txt", "should be a dotted path"),
        ("method", "tasks.py::ad", "has no 'ad'. Did you mean 'add'?"),
        ("method", "tasks.py::constant", "it is a int, not a function"),
        ("method", "gone.py::add", "there is no file"),
        ("method", "broken.py::add", "fails with SyntaxError"),
        ("method", "leaving.py::add", "fails with SystemExit"),
        ("method", "needy.py::add", "fails with ModuleNotFoundError"),
        ("method", None, "needs a text as its identifier"),
        ("method", 3, "needs a text as its identifier"),
        ("class", "json.loads", "is not a task class"),
        ("class", "json.JSONDecoder", "is not a task class"),
        ("script", "no_such_command -x", "no command 'no_such_command' on this machine"),
        ("script", "gone.sh", "no file"),
        ("notebook", "gone.ipynb", "no file"),
        ("generated", "x", "has no task_generator"),
        ("graph", "x.json", "A subgraph is not a task"),
        ("wizard", "x", "There is no kind of task 'wizard'"),
    ],
)
def test_what_is_not_there_is_named(
    folder: Path, kind: str, identifier: str | None, words: str
) -> None:
    (folder / "broken.py").write_text("def add(:\n")
    (folder / "leaving.py").write_text("raise SystemExit(3)")
    (folder / "needy.py").write_text("import not_installed_here")
    with pytest.raises(TaskNotFoundError) as error:
        resolve(kind, identifier, folder=folder)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_function_that_is_no_task_of_ours() -> None:
    with pytest.raises(TaskNotFoundError, match="decorated with @task"):
        resolve("generated", "json.loads", GENERATOR)
    with pytest.raises(TaskNotFoundError, match=r"'json.loads' fails with JSONDecodeError"):
        resolve("generated", "x", "json.loads")
