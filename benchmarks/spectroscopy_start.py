"""Starting the canvas with spectroscopy installed, without xraylarch, and without spectroscopy.

    python benchmarks/spectroscopy_start.py [--repeat N]

Whole processes, offscreen, each with a home of its own: from the start to the window shown
with its tool box filled, and two seconds more in which it loads ahead what plots need. Seconds
of processors, of all of it and until the window was shown, the least of N runs that take
turns. What is not installed is hidden from imports, and from the entry points.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile

START = """
import importlib.metadata as metadata, json, os, sys, time
hidden, technique = json.loads(sys.argv.pop()), "spectroscopy"

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden or (technique in hidden and technique in name):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

if technique in hidden:
    entry_points = metadata.entry_points
    def without(**how):
        return metadata.EntryPoints(e for e in entry_points(**how) if technique not in e.value)
    metadata.entry_points = without
sys.meta_path.insert(0, Hidden())
sys.argv = ["beamcanvas"]
os.environ["QT_API"] = "pyqt5"
from AnyQt.QtCore import QTimer
from orangecanvas.application import canvasmain
show, told = canvasmain.CanvasMainWindow.showEvent, {}

def shown(self, event):
    show(self, event)
    QTimer.singleShot(0, lambda: told.setdefault("shown", time.process_time()))
    QTimer.singleShot(2000, tell)

def tell():
    from beamcanvas.canvas.toolbox.registry import catalogue
    categories = [c.name for c in catalogue().registry.categories()]
    told["all"] = time.process_time()
    told["categories"] = categories
    told["loaded"] = [n for n in ("larch", "scipy", "numba") if n in sys.modules]
    sys.__stdout__.write(json.dumps(told) + "\\n")
    sys.__stdout__.flush()
    os._exit(0)

canvasmain.CanvasMainWindow.showEvent = shown
from beamcanvas.canvas.app import main
main([])
"""
CASES = {
    "all installed": [],
    "without xraylarch": ["larch"],
    "without spectroscopy": ["larch", "spectroscopy"],
}


def started(hidden: list[str]) -> dict[str, object]:
    """What one start says of itself."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": home}
        environment |= {"XDG_DATA_HOME": f"{home}/data", "XDG_CONFIG_HOME": f"{home}/config"}
        command = [sys.executable, "-c", START, json.dumps(hidden)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The canvas failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    found: dict[str, list[dict[str, object]]] = {case: [] for case in CASES}
    for _ in range(given.repeat):
        for case, hidden in CASES.items():
            found[case].append(started(hidden))
    for case, runs in found.items():
        shown, whole = (min(float(str(r[key])) for r in runs) for key in ("shown", "all"))
        loaded = ", ".join(map(str, runs[0]["loaded"])) or "none"  # type: ignore[arg-type]
        categories = len(runs[0]["categories"])  # type: ignore[arg-type]
        print(
            f"{case}: {shown:.2f} s until shown, {whole:.2f} s with two seconds more; "
            f"{categories} techniques; loaded of larch, scipy, numba: {loaded}"
        )


if __name__ == "__main__":
    main()
