"""Integrating a scan in its window: frames as a heat map, their average, what failed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kept import keep
from orangecontrib.beamcanvas.powder.ow_integrate_scan import OWIntegrateScan

from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import Detector, Geometry, describe_variants

pytestmark = pytest.mark.gui

GEOMETRY = Geometry(
    0.1, 0.003, 0.004, 0.0, 0.0, 0.0, 1e-10, Detector("Detector", (1e-4, 1e-4), (60, 80))
)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    scan = ScanWriter(tmp_path / "a.h5", ("mon",))
    for number in range(5):
        scan.add(np.full((60, 80), 10 * number, np.int32), mon=0.0 if number == 3 else 1.0)
    return scan.finish()


@pytest.mark.parametrize(("azimuth_points", "shape"), [(None, (5, 40)), (6, (5, 6, 40))])
def test_a_scan_is_seen_frame_by_frame(qtbot, raw, tmp_path, azimuth_points, shape):
    settings = {
        "file": str(raw),
        "output": str(tmp_path / "out.h5"),
        "points": 40,
        "monitor": "mon",
        "azimuth_points": azimuth_points,
    }
    stored = {"_ewoks_default_inputs": settings, "automatic": False}
    widget = OWIntegrateScan.__new__(OWIntegrateScan, stored_settings=stored)
    widget.__init__()
    widget.noderun.linked["geometry"] = Linked("Geometry", "Result", GEOMETRY)
    keep(qtbot, widget).show()
    widget.noderun.run()
    qtbot.waitUntil(
        lambda: widget.noderun.state in (State.DONE, State.FAILED),
        timeout=30000,
    )
    assert widget.noderun.error is None
    tabs = [widget.area.tabs.tabText(i) for i in range(widget.area.tabs.count())]
    assert tabs[:2] == ["Frames", "Average"]
    assert widget.noderun.outputs["scan"].nxdata().signal.shape == shape
    assert widget.noderun.outputs["scan"].failed == "frame 3: The monitor 'mon' is 0."
    page = widget.area.page("Average")
    page.on_range(1.0, 2.0)
    assert widget.noderun.settings["radial_max"] == 2.0


def opened(qtbot, raw: Path, output: Path, **settings) -> OWIntegrateScan:
    settings = {"file": str(raw), "output": str(output), "points": 40} | settings
    stored = {"_ewoks_default_inputs": settings, "automatic": False}
    widget = OWIntegrateScan.__new__(OWIntegrateScan, stored_settings=stored)
    widget.__init__()
    widget.noderun.linked["geometry"] = Linked("Geometry", "Result", GEOMETRY)
    keep(qtbot, widget).show()
    return widget


def tabs_of(widget: OWIntegrateScan) -> list[str]:
    return [widget.area.tabs.tabText(i) for i in range(widget.area.tabs.count())]


#: HDF5 doesn't let one process write a file that it reads
WRITER = """
import sys, time
from pathlib import Path
import numpy as np
from beamcanvas.nexus.simulated_scan import ScanWriter
file, go_on, end = map(Path, sys.argv[1:])
scan = ScanWriter(file)
for count, wanted in ((1, None), (2, go_on)):
    while wanted is not None and not wanted.exists():
        time.sleep(0.02)
    for _ in range(count):
        scan.add(np.full((60, 80), 10, np.int32))
while not end.exists():
    time.sleep(0.02)
scan.finish()
"""


def test_a_scan_is_seen_growing_while_it_is_measured(qtbot, tmp_path):
    file, go_on, end = (tmp_path / name for name in ("a.h5", "go on", "end"))
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(go_on), str(end)])
    qtbot.waitUntil(file.exists, timeout=30000)
    widget = opened(qtbot, file, tmp_path / "out.h5", wait=30.0)
    widget.noderun.run()

    def rows() -> int:
        page = widget.area.page("Frames") if widget.area is not None else None
        return 0 if page is None or page.data is None else len(page.data.signal)

    qtbot.waitUntil(lambda: rows() == 1, timeout=30000)
    go_on.touch()
    qtbot.waitUntil(lambda: rows() == 3, timeout=30000)
    assert widget.noderun.state is State.RUNNING
    assert tabs_of(widget) == ["Frames"]
    end.touch()
    qtbot.waitUntil(lambda: widget.noderun.state is State.DONE, timeout=30000)
    assert writer.wait(30) == 0
    assert tabs_of(widget) == ["Frames", "Average"]


def test_each_way_to_integrate_has_its_tab(qtbot, raw, tmp_path):
    widget = opened(qtbot, raw, tmp_path / "out.h5")
    ways = describe_variants(named_sectors=["top: 60 to 120", "left: 170 to 190"])
    over_q = describe_variants(units=["q_nm^-1"])
    ways = replace(ways, rows=ways.rows + over_q.rows)
    widget.noderun.linked["variants"] = Linked("Sectors", "Result", ways)
    widget.noderun.run()
    qtbot.waitUntil(lambda: widget.noderun.state is State.DONE, timeout=30000)
    names = ["top", "left", "q (nm⁻¹)"]
    assert tabs_of(widget) == ["Frames", "Average", "Averages", *names]
    widget.area.tabs.setCurrentIndex(2)
    page = widget.area.page("Averages")
    assert [name for name, _ in page.curves] == ["all", "top", "left"]
    page.axis.setCurrentIndex(1)
    page.axis.activated.emit(1)
    assert [name for name, _ in page.curves] == ["q (nm⁻¹)"]


def test_monitors_are_chosen_from_those_in_the_file(qtbot, raw, tmp_path):
    widget = opened(qtbot, raw, tmp_path / "out.h5")
    for name, expected in (("monitor", "mon"), ("scan", "1"), ("detector", "pilatus")):
        combo = widget.form.rows[name].field.combo
        combo.showPopup()
        combo.hidePopup()
        assert expected in [combo.itemText(i) for i in range(combo.count())]
