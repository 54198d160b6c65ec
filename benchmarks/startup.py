"""Start-up: importing, and replaying a small workflow headless as a whole process.

    python benchmarks/startup.py [--peer PYTHON] [--repeat N]

Measured against ewokscore and ewoks in the same run, in processor time of the whole process
(user and system), the least of N runs: on a shared machine the least says what the work is.

- importing: ``import beamcanvas`` against ``import ewokscore``;
- replaying ten trivial tasks in a chain: ``beamcanvas run`` of the ``.ows`` file against
  ``ewoks execute`` of the same graph as JSON, both with our own tasks;
- with ``--peer``, an interpreter where ewoksorange is installed beside beamcanvas[canvas]:
  both replay the *same* ``.ows`` file there, ten nodes of a small package of ours with a
  widget; and one written by ewoks, of ten classes of ewokscore, which both then import.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import beamcanvas
from beamcanvas.workflow import Workflow

SOURCE = Path(beamcanvas.__file__).parents[1]
TASKS = """
from beamcanvas.task import task

@task
def add(a: float, b: float = 1.0) -> float:
    return a + b
"""
WIDGET = """
from beamcanvas.canvas.widget import TaskWidget

class OWAdd(TaskWidget, task="trivial_steps.add"):
    name = "Add"
"""
SUM = "ewokscore.tests.examples.tasks.sumtask.SumTask"


def processor_seconds(command: Sequence[str], folder: Path, repeat: int) -> float:
    """The least processor time of a command, which must succeed."""
    environment = {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{folder}"}
    least = float("inf")
    for _ in range(repeat + 1):  # the first one compiles
        process = subprocess.Popen(
            command, cwd=folder, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{said.decode()}")
        least = min(least, usage.ru_utime + usage.ru_stime)
    return least


def chain(task: str, given: str, output: str) -> Workflow:
    """Ten nodes, each fed by the one before."""
    ours = task.startswith("trivial_steps")
    workflow = Workflow(id="ten", label="ten")
    last = None
    for n in range(10):
        node = workflow.add(
            task,
            id=str(n),
            label=f"Step {n}",
            inputs={given: 1.0},
            task_type="generated" if ours else "class",
        )
        if ours:
            node.task_generator = "beamcanvas.task.ewoks.task_class"
        if last is not None:
            workflow.link(last, node, {given: output})
        last = node
    return workflow


def make_package(folder: Path) -> None:
    """A package with one task and its widget, as if it were installed."""
    package, metadata = folder / "trivial_steps", folder / "trivial_steps-1.dist-info"
    package.mkdir()
    metadata.mkdir()
    (package / "__init__.py").write_text(TASKS)
    (package / "ow_add.py").write_text(WIDGET)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: trivial_steps\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[orange.widgets]\nTrivial = trivial_steps\n")
    sys.path.insert(0, str(folder))


def report(what: str, ours: float, theirs: float, target: str) -> None:
    """One line of the table."""
    print(f"{what:<58} {ours:7.3f} s {theirs:7.3f} s {theirs / ours:6.1f} x  {target}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peer", metavar="PYTHON", help="interpreter with ewoksorange")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    python, n = sys.executable, options.repeat
    print(f"{'':<58} {'ours':>9} {'theirs':>9} {'faster':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_package(folder)
        report(
            "import beamcanvas / import ewokscore",
            processor_seconds([python, "-c", "import beamcanvas"], folder, n),
            processor_seconds([python, "-c", "import ewokscore"], folder, n),
            "target 4",
        )
        workflow = chain("trivial_steps.add", "a", "result")
        workflow.save(folder / "ten.ows")
        workflow.save(folder / "ten.json")
        report(
            "replay: beamcanvas run ten.ows / ewoks execute ten.json",
            processor_seconds([python, "-m", "beamcanvas", "run", "ten.ows"], folder, n),
            processor_seconds([python, "-m", "ewoks", "execute", "ten.json"], folder, n),
            "target 5",
        )
        if options.peer:
            report(
                "replay: the same ten.ows in both",
                processor_seconds([options.peer, "-m", "beamcanvas", "run", "ten.ows"], folder, n),
                processor_seconds([options.peer, "-m", "ewoks", "execute", "ten.ows"], folder, n),
                "target 5",
            )
            chain(SUM, "a", "result").save(folder / "classes.json")
            convert = ["-m", "ewoks", "convert", "--exclude-requirements"]
            convert = [options.peer, *convert, "classes.json", "classes.ows"]
            processor_seconds(convert, folder, 0)
            report(
                "the same classes.ows in both, its tasks import ewokscore",
                processor_seconds(
                    [options.peer, "-m", "beamcanvas", "run", "classes.ows"], folder, n
                ),
                processor_seconds(
                    [options.peer, "-m", "ewoks", "execute", "classes.ows"], folder, n
                ),
                "",
            )


if __name__ == "__main__":
    main()
