"""What a beamline would add: a package with one of each, installed and used as it is.

Everything runs in a process of its own that finds the installed package, as a user's does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = Path(__file__).parent / "sample_package"
PAGE = ROOT / "docs" / "extend.md"

Python = Callable[[str], Any]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the package and its entry points, as setuptools puts them there."""
    source = tmp_path_factory.mktemp("sample") / "source"
    shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    target = source.with_name("installed")
    target.mkdir()
    setup = ["-W", "ignore", "-c", "from setuptools import setup; setup()", "-q"]
    steps = ["build", "--build-lib", target, "egg_info", "--egg-base", target]
    subprocess.run([sys.executable, *setup, *steps], cwd=source, check=True, capture_output=True)
    return target


@pytest.fixture
def python(installed: Path, tmp_path: Path) -> Python:
    """Runs code beside a copy of the scheme, and gives back what the code calls `answer`."""
    for name in ("monitor.flow", "scan.txt"):
        shutil.copy(SAMPLE / name, tmp_path)
    path = os.pathsep.join(filter(None, [str(installed), os.environ.get("PYTHONPATH")]))

    def run(code: str) -> Any:
        script = tmp_path / "script.py"  # a file: processes that are spawned read it again
        script.write_text(
            "import json\n"
            "if __name__ == '__main__':\n"
            + indent(dedent(code).strip(), "    ")
            + "\n    print('answer', json.dumps(answer))\n"
        )
        done = subprocess.run(
            [sys.executable, script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.rpartition("answer ")[2])

    return run


def test_the_task_is_found_and_says_what_it_takes(python: Python) -> None:
    assert python(
        """
        from beamcanvas.task.discover import discover
        tasks = [t for t in discover() if t.category == "Sample beamline"]
        reference = tasks[0].inputs["reference"]
        answer = [[t.identifier for t in tasks], reference.param.unit, tasks[0].help_for("scan")]
        """
    ) == [
        ["beamline_sample.scan.normalise", "beamline_sample.scan.read_scan"],
        "counts",
        "The scan as it was measured.",
    ]


def test_the_task_stays_a_function(python: Python) -> None:
    before, after, monitor = python(
        """
        from beamline_sample.scan import normalise, read_scan
        scan = read_scan("scan.txt")
        normal = normalise(scan, reference=1000)
        answer = [scan.counts.tolist(), normal.counts.tolist(), scan.monitor.tolist()]
        """
    )
    assert after == pytest.approx([1000 * c / m for c, m in zip(before, monitor, strict=True)])
    assert min(after) > 95, "the dip of the beam is gone"


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".ows"])
def test_the_format_converts_to_others_and_back(python: Python, suffix: str) -> None:
    assert python(
        f"""
        from beamcanvas import load, save
        first = load("monitor.flow")
        save(first, "other{suffix}")
        save(load("other{suffix}"), "again.flow")
        again = load("again.flow")
        answer = [
            list(again.nodes) == list(first.nodes) == ["read", "normalise"],
            again.links == first.links,
            [n.default_inputs for n in again.nodes.values()],
            [n.position for n in again.nodes.values()],
        ]
        """
    ) == [True, True, [{"file": "scan.txt"}, {"reference": 1000.0}], [[100, 150], [300, 150]]]


def test_the_format_says_what_it_cannot_read(python: Python) -> None:
    message = python(
        """
        from pathlib import Path
        from beamcanvas import WorkflowError, load
        Path("wrong.flow").write_text("[node]\\nid is read\\n")
        try:
            load("wrong.flow")
        except WorkflowError as error:
            answer = str(error)
        """
    )
    assert message.endswith("wrong.flow: line 2 is no attribute: 'id is read'.")


def test_loading_imports_nothing_that_the_file_names(python: Python) -> None:
    assert python(
        """
        import sys
        from beamcanvas import load
        load("monitor.flow")
        answer = [m for m in sys.modules if m.startswith(("beamline_sample", "AnyQt", "PyQt"))]
        """
    ) == ["beamline_sample", "beamline_sample.flow"]


@pytest.mark.parametrize("executor", ["inline", "threads", "nice"])
def test_runs_headless(python: Python, executor: str) -> None:
    got, direct = python(
        f"""
        import os
        from beamcanvas import load, run
        from beamline_sample.scan import normalise, read_scan
        scan = run("monitor.flow", executor="{executor}").outputs["scan"]
        answer = [scan.counts.tolist(), normalise(read_scan("scan.txt"), 1000.0).counts.tolist()]
        """
    )
    assert got == direct


def test_the_executor_works_in_other_processes_at_low_priority(python: Python) -> None:
    assert python(
        """
        import os
        from beamcanvas import Workflow, run
        workflow = Workflow()
        workflow.add("os.getpid", id="process")
        workflow.add("os.nice", id="priority", inputs={0: 0})
        results = run(workflow, executor="nice", merge_outputs=False).outputs
        answer = [
            results["process"]["return_value"] != os.getpid(),
            results["priority"]["return_value"],
        ]
        """
    ) == [True, 19]


def test_the_executor_reports_a_failure_and_is_cancelled(python: Python) -> None:
    failed, died, cancelled, unsent = python(
        """
        from threading import Event, Timer
        from beamcanvas import BeamcanvasError, Workflow, run

        def why(task, *inputs, **keywords):
            workflow = Workflow()
            workflow.add(task, id="step", inputs=dict(enumerate(inputs)))
            try:
                run(workflow, executor="nice", **keywords)
            except BeamcanvasError as error:
                return type(error).__name__ + ": " + str(error)

        stop = Event()
        Timer(1, stop.set).start()
        answer = [
            why("math.sqrt", -1.0),
            why("os._exit", 3),
            why("time.sleep", 600, cancelled=stop),
            why("builtins.repr", lambda: 0),
        ]
        """
    )
    assert failed.startswith("TaskError: ")
    assert "step" in failed
    assert "math domain error" in failed
    assert died.startswith("TaskError: ")
    assert "ended before it was done" in died
    assert cancelled.startswith("Cancelled: ")
    assert "Can't pickle" in unsent


def test_the_executor_passes_the_checks_of_executors(python: Python) -> None:
    """Some of them: each node is a process of its own, and all nodes of all graphs are many."""
    assert python(
        """
        from beamcanvas.execution.conformance import CHECKS
        from beamline_sample.nice import Nice
        answer = ["graph otherwise", "graph arrays", "failures", "progress", "cancel"]
        for name in answer:
            with Nice() as executor:
                CHECKS[name](executor)
        """
    )


def test_the_handler_writes_the_logbook(python: Python) -> None:
    done, failed, end = python(
        """
        from pathlib import Path
        from beamcanvas import TaskError, run
        run("monitor.flow", events=["logbook:shift.txt"])
        Path("scan.txt").write_text("1 2 0")
        try:
            run("monitor.flow", events=["logbook:shift.txt"])
        except TaskError:
            answer = Path("shift.txt").read_text().splitlines()
        """
    )
    assert done.endswith(" monitor done")
    assert " normalise failed: The monitor counted nothing" in failed
    assert " monitor failed: " in end


def test_the_command_line_takes_the_format_and_the_executor(python: Python) -> None:
    code, same, nodes = python(
        """
        import h5py
        from beamcanvas import load
        from beamcanvas.cli import main
        from beamline_sample.scan import normalise, read_scan

        words = "run monitor.flow --executor nice --results results.h5 -p normalise:reference=500"
        code = main(words.split())
        with h5py.File("results.h5") as file:
            plotted = file
            while "default" in plotted.attrs:
                plotted = plotted[plotted.attrs["default"]]
            counts = plotted[plotted.attrs["signal"]][()].tolist()
        direct = normalise(read_scan("scan.txt"), 500).counts.tolist()
        answer = [code, counts == direct, list(load("results.h5").nodes)]
        """
    )
    assert (code, same, nodes) == (0, True, ["read", "normalise"])


# -- on the canvas


def test_the_tool_box_has_the_widget(python: Python) -> None:
    assert python(
        """
        import sys
        from beamcanvas.canvas.toolbox.registry import catalogue
        registry = catalogue().scan().registry
        category = registry.category("Sample beamline")
        widget = registry.widget("beamline_sample.normalise_widget.OWNormalise")
        answer = [
            category.icon,
            [w.name for w in registry.widgets("Sample beamline")],
            widget.description,
            sorted(widget.keywords),
            [(i.name, i.types) for i in widget.inputs][0],
            "orangewidget" in sys.modules or "beamline_sample.normalise_widget" in sys.modules,
        ]
        """
    ) == [
        "icons/normalise.svg",
        ["Normalise"],
        "Take the changes of the beam out of a scan",
        ["I0", "monitor"],
        ["Scan", ["beamline_sample.scan.Scan"]],
        False,
    ]


def test_other_orange_canvases_find_the_widget(python: Python) -> None:
    assert python(
        """
        from importlib.metadata import entry_points
        from AnyQt.QtWidgets import QApplication
        from orangecanvas.registry import WidgetRegistry
        from orangewidget.workflow.discovery import WidgetDiscovery
        application = QApplication([])
        registry = WidgetRegistry()
        found = [e for e in entry_points(group="orange.widgets") if e.name == "sample"]
        WidgetDiscovery(registry).run(found)
        answer = [(w.name, w.category, w.icon) for w in registry.widgets()]
        """
    ) == [["Normalise", "Sample beamline", "icons/normalise.svg"]]


@pytest.mark.gui
def test_runs_on_the_canvas_and_saves_what_runs_headless(python: Python) -> None:
    answer = python(
        """
        from pathlib import Path
        from AnyQt.QtTest import QTest
        from AnyQt.QtWidgets import QApplication
        from beamcanvas import run
        from beamcanvas.canvas.app import configure
        from beamcanvas.canvas.window.main_window import MainWindow

        def wait_for(condition):
            for _ in range(3000):
                if condition():
                    return
                QTest.qWait(10)
            raise TimeoutError

        application = QApplication([])
        configure()
        window = MainWindow()
        window.show()
        window.load_scheme("monitor.flow")
        nodes = {node.id: node for node in window.scheme.nodes}
        window.engine.run_all()
        wait_for(lambda: not window.engine.is_running)
        windows = window.scheme.widget_manager
        read, normalise = (windows.widget_for_node(nodes[i]) for i in ("read", "normalise"))
        normalise.show()
        QTest.qWait(0)
        preview = normalise.area.page("Scan")
        on_canvas = nodes["normalise"].run.outputs["scan"]
        legend = preview.legend.text()

        normalise.set_setting("reference", 500.0)
        wait_for(lambda: nodes["normalise"].run.outputs["scan"].monitor[0] == 500)
        wait_for(lambda: not window.engine.is_running)
        window.save_as(Path("changed.flow"))
        headless = run("changed.flow").outputs["scan"]
        answer = {
            "widgets": [type(read).__name__, type(normalise).__name__],
            "preview": type(preview).__name__,
            "legend": "Monitor, scaled" in legend,
            "same": run("monitor.flow").outputs["scan"].counts.tolist()
            == on_canvas.counts.tolist(),
            "changed": headless.counts.tolist()
            == nodes["normalise"].run.outputs["scan"].counts.tolist(),
            "reference": float(headless.monitor[0]),
        }
        window.close()
        """
    )
    assert answer == {
        "widgets": ["TaskNode", "OWNormalise"],
        "preview": "ScanPreview",
        "legend": True,
        "same": True,
        "changed": True,
        "reference": 500.0,
    }


# -- the page


def snippets() -> list[tuple[str, str]]:
    found = re.findall(r"\*\*`([^`]+)`\*\*\n\n```\w*\n(.*?)^```\n", PAGE.read_text(), re.S | re.M)
    assert found
    return found


@pytest.mark.parametrize(("name", "code"), snippets(), ids=[name for name, _ in snippets()])
def test_the_page_shows_the_file_as_it_is(name: str, code: str) -> None:
    assert code == (SAMPLE / name).read_text()


def test_the_page_shows_every_file() -> None:
    files = {p.relative_to(SAMPLE).as_posix() for p in SAMPLE.rglob("*.py")} | {"pyproject.toml"}
    assert files <= {name for name, _ in snippets()}
