"""A scan that grows while the canvas follows it: how soon it is seen, and what that costs.

    python benchmarks/spectroscopy_live.py [--points 8000] [--rate 1000] [--windows all]

Opens the tutorial's scheme in the main window, with the window of *Overview* (or of every
step) beside it, offscreen where there is no display. A program of its own writes the scan,
point by point. Told are, at the median and at 95 %:

- from the look that finds new points to the plots that are painted with them;
- how old the points are by then, from the file's own time;

and, for each pass, seconds of processors: reading, computing and saving in their threads,
drawing, and what else the window does. They hold on a busy machine too; times don't.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from AnyQt.QtCore import QTimer
from AnyQt.QtWidgets import QApplication

TUTORIAL = Path(__file__).parents[1] / "tutorials" / "spectroscopy"
KINDS = {"read": "reading", "region": "reading", "save": "saving"}


class Seconds:
    """Processor time of one thread by what it is spent on, and how often."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.calls: defaultdict[str, int] = defaultdict(int)

    def wrap(self, kind: type, name: str, of: Any) -> None:
        """Have calls of a method counted under a word, or what `of` makes of the object."""
        method = getattr(kind, name)

        def counted(this: Any, *given: Any) -> Any:
            start = time.thread_time()
            try:
                return method(this, *given)
            finally:
                word = of if isinstance(of, str) else of(this)
                self.spent[word] += time.thread_time() - start
                self.calls[word] += 1

        setattr(kind, name, counted)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=1000.0, help="points a second")
    parser.add_argument("--file", default="online.h5", help="online.dat: columns of text")
    parser.add_argument("--windows", choices=["overview", "all"], default="overview")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder  # leaves no traces in a person's settings
        place = Path(shutil.copytree(TUTORIAL, Path(folder) / "copy"))
        follow(place, given)


def follow(place: Path, given: argparse.Namespace) -> None:
    application = QApplication([])
    from beamcanvas.canvas.app import configure

    configure()
    from orangecontrib.beamcanvas import spectroscopy as package
    from silx.gui.plot.backends.BackendMatplotlib import BackendMatplotlibQt

    from beamcanvas.canvas.previews.base import Preview
    from beamcanvas.canvas.run.jobs import Job
    from beamcanvas.canvas.window.main_window import MainWindow
    from beamcanvas.spectroscopy import read_spectra

    window = MainWindow()
    window.resize(1366, 768)
    window.show()
    window.open_scheme_file(str(place / "exafs_plot.ows"))
    nodes = {node.id: node for node in window.scheme.nodes}
    opened = nodes if given.windows == "all" else ["overview"]
    views = {n: window.scheme.widget_manager.widget_for_node(nodes[n]) for n in opened}
    for view in views.values():
        view.show()
    engine, read, shown = window.engine, nodes["read"].run, nodes["overview"].run
    engine.run_all()  # the finished foil: all is loaded and built, as while one aligns
    spin(application, lambda: not engine.is_running)
    spin(application, lambda: False, 0.5)

    file = place / given.file
    command = [sys.executable, "-m", "beamcanvas.spectroscopy.simulated", str(file)]
    command += ["--of", str(place / "EXAFS_Cu.dat")]
    command += ["--points", str(given.points), "--rate", str(given.rate)]
    writer = subprocess.Popen(command)
    spin(application, lambda: file.exists(), 60)
    seconds = Seconds()
    seconds.wrap(Job, "perform", lambda job: KINDS.get(str(job.node_id), "computing"))
    for kind in {type(p) for v in views.values() for p in v.findChildren(Preview)}:
        if kind.__module__.startswith(package.__name__) and "show_value" in vars(kind):
            seconds.wrap(kind, "show_value", "drawing")
    looked: list[tuple[float, float]] = []  # when, and how old the file was
    painted = [0.0]

    class Painted(BackendMatplotlibQt):
        """Notes when a plot is on the screen."""

        paint = BackendMatplotlibQt.paintEvent

        def noted(self, event: Any) -> None:
            Painted.paint(self, event)
            painted[0] = time.time()

    BackendMatplotlibQt.paintEvent = Painted.noted
    seconds.wrap(BackendMatplotlibQt, "replot", "drawing")
    seconds.wrap(BackendMatplotlibQt, "draw", "of it, plots drawn whole")
    passes: list[tuple[float, float, float]] = []
    failures: list[str] = []

    def running(on: bool) -> None:
        if on:
            if looked and painted[0] > looked[-1][0]:
                passes.append((*looked[-1], painted[0]))
            looked.append((time.time(), file.stat().st_mtime))

    engine.running_changed.connect(running)
    shown.state_changed.connect(
        lambda _: failures.append(str(shown.error)) if shown.error else None
    )
    read.set_setting("files", [str(file)])
    read.follow(True)
    read.following_changed.connect(lambda on: None if on else application.quit())
    start_window, start_all = time.thread_time(), time.process_time()
    QTimer.singleShot(int(1000 * given.points / given.rate) + 60_000, application.quit)
    application.exec()
    spent_window, spent = time.thread_time() - start_window, time.process_time() - start_all
    spin(application, lambda: not engine.is_running)
    writer.wait()
    final, offline = shown.outputs["overview"], read_spectra([file])
    count = len(final.spectra.energy)
    same = np.array_equal(final.spectra.mu[0], offline.mu[0, :count])
    report(given, passes, failures, same, seconds, spent_window, spent, len(looked))
    window.scheme.closing.clear()
    os._exit(0)


def report(
    given: argparse.Namespace,
    passes: list[tuple[float, float, float]],
    failures: list[str],
    same: bool,
    seconds: Seconds,
    window: float,
    spent: float,
    looks: int,
) -> None:
    seen = np.array([paint - look for look, _, paint in passes])
    age = np.array([paint - written for _, written, paint in passes])
    print(f"live, {given.rate:.0f} points a second, {given.points} points, {given.file}, ", end="")
    print(f"window of {given.windows}: {looks} passes, failures: {len(failures)}")
    for words, found in (("from look to plot", seen), ("age of the points", age)):
        worst = 1e3 * float(np.percentile(found, 95))
        print(f"  {words}: {1e3 * median(found):.0f} ms at the median, {worst:.0f} ms at 95 %")
    print(f"  the last result is that of the finished file: {'yes' if same else 'no'}")
    print("  seconds of processors, ms a pass:")
    whole = seconds.spent.pop("of it, plots drawn whole", 0.0)
    drawn = seconds.calls["of it, plots drawn whole"]
    for word, found in sorted(seconds.spent.items()):
        print(f"    {word}: {1e3 * found / looks:.1f}")
    rest = window - seconds.spent["drawing"]
    print(f"      of drawing, plots drawn whole: {1e3 * whole / looks:.1f}, {drawn} times")
    print(f"    all else of the window: {1e3 * rest / looks:.1f}")
    print(f"    together: {1e3 * spent / looks:.1f}")


def spin(application: QApplication, until: Any, seconds: float = 60.0) -> None:
    """Let the window live until something holds, or so long."""
    limit = time.monotonic() + seconds
    while not until() and time.monotonic() < limit:
        application.processEvents()
        time.sleep(0.002)


if __name__ == "__main__":
    main()
