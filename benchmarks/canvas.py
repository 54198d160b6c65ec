"""The canvas: how soon its window stands, and how fast it runs many small tasks.

    python benchmarks/canvas.py --peer PYTHON [--repeat N]

Measured against ewoks-canvas (ewoksorange) in the same run, offscreen, the least of N runs;
PYTHON is an interpreter that has it.

- from a cold start to the window shown and the event loop idle: the whole process, with the
  tool box filled later (ours) and before (theirs);
- a chain of 100 nodes, ``ewokscore``'s SumTask each, opened in the main window and run there:
  ours by *Run All*, theirs as ewoksorange's own tests run it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

SUM = "ewokscore.tests.examples.tasks.sumtask.SumTask"

# runs before the program's own imports; says when the window was shown and is idle
_SHOWN = """
import os, sys
os.environ["QT_API"] = "pyqt5"
from AnyQt.QtCore import QTimer
from orangecanvas.application import canvasmain
show = canvasmain.CanvasMainWindow.showEvent
def shown(self, event):
    show(self, event)
    QTimer.singleShot(0, tell)
def tell():
    sys.__stdout__.write("shown\\n")
    sys.__stdout__.flush()
    os._exit(0)
canvasmain.CanvasMainWindow.showEvent = shown
"""
OURS_SHOWN = _SHOWN + "from beamcanvas.canvas.app import main\nmain([])\n"
THEIRS_SHOWN = (
    _SHOWN
    + "from ewoksorange.gui.canvas.main import main\n"
    + "sys.argv[1:] = ['--no-welcome', '--no-splash']\nmain()\n"
)

OURS_CHAIN = """
import sys, time
from AnyQt.QtWidgets import QApplication
from beamcanvas.canvas.app import configure
from beamcanvas.canvas.window.main_window import MainWindow
app = QApplication([])
configure()
window = MainWindow()
window.show()
app.processEvents()
window.load_scheme(sys.argv[1])
app.processEvents()
import ewokscore.tests.examples.tasks.sumtask  # ewoks-canvas has it loaded by now
start = time.monotonic()
window.engine.run_all()
while window.engine.is_running:
    app.processEvents()
print("seconds", time.monotonic() - start)
assert window.scheme.nodes[-1].run.outputs == {"result": 100.0}, window.scheme.nodes[-1].run.error
import os; sys.stdout.flush(); os._exit(0)
"""
THEIRS_CHAIN = """
import json, os, sys, time
from ewoksorange.gui.canvas.handler import OrangeCanvasHandler
with OrangeCanvasHandler() as handler:
    handler.load_graph(json.load(open(sys.argv[1])))
    handler.canvas.show()
    handler.process_events()
    start = time.monotonic()
    handler.start_workflow()
    handler.wait_widgets(timeout=120)
    print("seconds", time.monotonic() - start)
    widgets = list(handler.iter_widgets())
    assert widgets[-1].get_task_output_value("result") == 100, widgets[-1]
    sys.stdout.flush()
    os._exit(0)
"""


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's own settings, nothing on the screen."""
    places = {f"XDG_{n}_HOME": str(folder / n.lower()) for n in ("CONFIG", "DATA", "CACHE")}
    runtime = {"XDG_RUNTIME_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    return {**os.environ, "HOME": str(folder), **places, **runtime}


def run(python: str, source: str, folder: Path, *arguments: str) -> tuple[float, str]:
    """How long a program took, and what it said."""
    program = folder / "program.py"
    program.write_text(source)
    start = monotonic()
    done = subprocess.run(
        [python, str(program), *arguments],
        env=environment(folder), capture_output=True, text=True, cwd=folder, check=False,
        timeout=120,
    )  # fmt: skip
    seconds = monotonic() - start
    if done.returncode:
        raise SystemExit(f"{python} failed:\n{done.stderr}")
    return seconds, done.stdout


def shown(python: str, source: str, folder: Path) -> float:
    """Seconds from the start of a process to its window."""
    seconds, said = run(python, source, folder)
    assert "shown" in said, said
    return seconds


def chain_seconds(python: str, source: str, folder: Path) -> float:
    """Seconds that the chain took."""
    _, said = run(python, source, folder, str(folder / "chain.json"))
    return float(next(line for line in said.splitlines() if line.startswith("seconds")).split()[1])


def chain(n: int = 100) -> dict[str, object]:
    """A chain that adds one at each node."""
    nodes = [
        {
            "id": f"n{i}",
            "label": f"n{i}",
            "task_type": "class",
            "task_identifier": SUM,
            "default_inputs": [
                {"name": "b", "value": 1},
                *([{"name": "a", "value": 0}] * (i == 0)),
            ],
        }
        for i in range(n)
    ]
    links = [
        {
            "source": f"n{i}",
            "target": f"n{i + 1}",
            "required": True,
            "data_mapping": [{"source_output": "result", "target_input": "a"}],
        }
        for i in range(n - 1)
    ]
    return {"graph": {"id": "chain", "schema_version": "1.1"}, "nodes": nodes, "links": links}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peer", metavar="PYTHON", help="interpreter with ewoksorange")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "chain.json").write_text(json.dumps(chain()))
        ours, theirs = [], []
        for _ in range(options.repeat + 1):  # the first compiles and fills caches
            ours.append(shown(sys.executable, OURS_SHOWN, folder))
            if options.peer:
                theirs.append(shown(options.peer, THEIRS_SHOWN, folder))
        print(f"window shown from a cold start: {min(ours):.2f} s", end="")
        if theirs:
            ratio = min(ours) / min(theirs)
            print(f", ewoks-canvas {min(theirs):.2f} s: {ratio:.2f} of it (target 0.6)", end="")
        print()
        best = min(chain_seconds(sys.executable, OURS_CHAIN, folder) for _ in range(3))
        print(f"chain of 100 tasks on the canvas: {best:.3f} s", end="")
        if options.peer:
            other = chain_seconds(options.peer, THEIRS_CHAIN, folder)
            print(
                f", ewoks-canvas {other:.2f} s: {other / best:.0f} times faster (target 20)", end=""
            )
        print()


if __name__ == "__main__":
    main()
