"""The widgets of scans and frames: looking through a scan, and the region that is moved on it."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import orangecontrib.beamcanvas.tomography as package
import pytest
from kept import keep

from beamcanvas.canvas.previews import preview_for
from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.tomography import (
    Scans,
    TomoScan,
    bin_pixels,
    correct_hot_pixels,
    find_centre,
    open_scan,
    reduce_darks_and_flats,
    remove_rings,
    retrieve_phase_ctf,
)
from beamcanvas.tomography.frames.flatten import read_reduced
from beamcanvas.tomography.frames.projections import Projections

pytestmark = pytest.mark.gui

TUTORIAL = Path(__file__).parents[3] / "tutorials" / "tomography"
NAMES = sorted(m.name for m in iter_modules(package.__path__) if m.name.startswith("ow_"))


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    folder = tmp_path_factory.mktemp("scan")
    return reduce_darks_and_flats(open_scan(shutil.copy(TUTORIAL / "savu.nx", folder)))


def widget_class(module: str) -> type[TaskWidget]:
    found = vars(import_module(f"{package.__name__}.{module}"))
    return next(
        c
        for n, c in found.items()
        if n.startswith("OW") and isinstance(c, type) and issubclass(c, TaskWidget)
    )


def made(qtbot, module: str, settings=None, **linked):
    kind = widget_class(module)
    stored = {"_ewoks_default_inputs": settings or {}, "automatic": False}
    widget = kind.__new__(kind, stored_settings=stored)
    widget.__init__()
    for name, value in linked.items():
        widget.noderun.linked[name] = Linked(name.title(), "Result", value)
    keep(qtbot, widget).show()
    return widget


def run(qtbot, widget) -> None:
    widget.noderun.run()
    ended = (State.DONE, State.FAILED)
    qtbot.waitUntil(lambda: widget.noderun.state in ended, timeout=60000)
    assert widget.noderun.error is None


@pytest.mark.parametrize("module", NAMES)
def test_each_widget_has_its_task_its_icon_and_a_window(qtbot, module: str):
    kind = widget_class(module)
    task = kind.__new__(kind)._task()[0]
    assert kind.name == task.title
    description = kind.get_widget_description()
    assert [o.id for o in description["outputs"]] == list(task.outputs)
    assert (Path(package.__path__[0]) / kind.icon).is_file()
    widget = made(qtbot, module)
    assert widget.form.rows.keys() == task.inputs.keys()
    assert widget.minimumSizeHint().height() <= 700


def looked_at(qtbot, scan: TomoScan):
    from orangecontrib.beamcanvas.tomography.scan_preview import ScanPreview

    assert preview_for(scan) is ScanPreview
    page = keep(qtbot, ScanPreview())
    page.show()
    page.show_value(scan)
    qtbot.waitUntil(lambda: page.image.data is not None, timeout=20000)
    return page


def seen(qtbot, page, name: str, shape: tuple[int, int]) -> np.ndarray:
    qtbot.waitUntil(
        lambda: page.image.data.name == name and page.image.data.signal.shape == shape,
        timeout=20000,
    )
    return page.image.data.signal


def choose(page, kind: str) -> None:
    next(b for b in page.kinds.buttons() if b.text() == kind).click()


def test_a_scan_is_looked_through(qtbot, scan: TomoScan):
    page = looked_at(qtbot, correct_hot_pixels(scan))
    with Projections(correct_hot_pixels(scan)) as projections:
        first, tenth = projections.radio(0), projections.radio(10)
        raw, line = projections.raw(10), projections.sinograms(12, 13)[0]
    np.testing.assert_array_equal(seen(qtbot, page, "transmission", (24, 160)), first)
    assert page.words.text() == "hot pixels, 0.04 from their neighbours"
    assert page.where.text() == "of 91, at -88.2°"
    page.number.setValue(10)
    qtbot.waitUntil(lambda: page.where.text() == "of 91, at -68.2°", timeout=20000)
    np.testing.assert_array_equal(page.image.data.signal, tenth)
    choose(page, "As measured")
    assert seen(qtbot, page, "counts", (24, 160)).dtype == np.uint16
    assert page.where.text() == "of 93: projection at -88.2°"
    page.number.setValue(12)
    qtbot.waitUntil(lambda: (page.image.data.signal == raw).all(), timeout=20000)
    page.number.setValue(0)
    dark = seen(qtbot, page, "counts of a dark", (24, 160))
    assert page.where.text().startswith("of 93: dark")
    assert page.image.plot.getImage("image").getColormap().getVMax() <= dark.max()
    choose(page, "Sinogram")
    np.testing.assert_array_equal(seen(qtbot, page, "line_integral", (91, 160)), line)
    assert page.image.data.axes[0].unit == "°"
    choose(page, "Dark, flat")
    flat = seen(qtbot, page, "flat", (24, 160))
    assert page.where.text() == "of 2: flat of frame 1, median"
    np.testing.assert_array_equal(flat, read_reduced(scan.flats)[0])
    page.number.setValue(0)
    np.testing.assert_array_equal(seen(qtbot, page, "dark", (24, 160)), read_reduced(scan.darks)[0])


def test_frames_that_change_are_picked_where_they_are_seen(qtbot, scan: TomoScan):
    widget = made(qtbot, "ow_edit_image_keys", {"last": 1}, scan=scan)
    page = widget.area.tabs.widget(0)
    qtbot.waitUntil(lambda: page.image.data is not None, timeout=20000)
    assert page.where.text() == "of 93: projection at -88.2°"
    page.number.setValue(4)
    page.picks["first"].click()
    assert widget.noderun.settings == {"first": 4, "last": None}
    page.number.setValue(6)
    page.picks["last"].click()
    run(qtbot, widget)
    assert widget.noderun.outputs["scan"].keys == ((4, 6, 3),)
    assert widget.area.tabs.widget(0) is page
    qtbot.waitUntil(lambda: page.where.text().startswith("of 93: invalid"), timeout=20000)
    assert page.series.text() == "Of 93 frames: 88 projections, darks: 1, flats: 1"
    widget.undo_action.trigger()
    assert widget.noderun.settings == {"first": 4, "last": None}
    choose(page, "Projection")
    assert not page.picks["first"].isEnabled()


def test_a_scan_without_darks_is_seen_as_measured(qtbot):
    page = looked_at(qtbot, open_scan(TUTORIAL / "savu.nx"))
    assert page.kind == "As measured"
    assert [b.isEnabled() for b in page.kinds.buttons()] == [False, True, False, False]


def test_the_next_scan_takes_the_place_of_the_last(qtbot, scan: TomoScan):
    page = looked_at(qtbot, scan)
    choose(page, "Sinogram")
    seen(qtbot, page, "line_integral", (91, 160))
    page.show_value(bin_pixels(scan))
    seen(qtbot, page, "line_integral", (91, 80))
    assert page.slider.maximum() == 11
    assert page.words.text() == "binned 2 × 2"


def test_what_went_wrong_is_said_below(qtbot, scan: TomoScan, tmp_path: Path):
    file = Path(shutil.copy(TUTORIAL / "savu.nx", tmp_path))
    page = looked_at(qtbot, open_scan(file))
    file.unlink()
    page.show_value(bin_pixels(open_scan(TUTORIAL / "savu.nx")))
    seen(qtbot, page, "counts", (24, 160))
    gone = Path(shutil.copy(TUTORIAL / "tooth.nx", tmp_path))
    lost = open_scan(gone)
    gone.unlink()
    page.show_value(lost)
    qtbot.waitUntil(lambda: "there is no such file" in page.image.position.text(), timeout=20000)


def test_scans_are_a_table(qtbot, scan: TomoScan):
    from orangecontrib.beamcanvas.tomography.scans_preview import ScansPreview

    doubtful = scan.warned("It has no angles.")
    scans = Scans((doubtful, open_scan(TUTORIAL / "tooth.nx")), ("x.nx: it is cut off.",))
    assert preview_for(scans) is ScansPreview
    page = keep(qtbot, ScansPreview())
    page.show()
    page.show_value(scans)
    model = page.table.model
    cells = [model.data(model.index(1, n)) for n in range(3)]
    assert cells == ["tooth", "181", "2 × 640"]
    assert page.problems.text() == "x.nx: it is cut off."
    qtbot.waitUntil(lambda: page.scan.image.data is not None, timeout=20000)
    assert page.doubts.text() == "savu: It has no angles."
    page.table.view.selectRow(1)
    seen(qtbot, page.scan, "counts", (2, 640))
    assert "projection" in page.scan.where.text()
    assert page.doubts.isHidden()


@pytest.mark.parametrize(
    ("module", "settings", "expected"),
    [
        (
            "ow_region",
            {"first_row": 2},
            {"first_row": 5, "last_row": 14, "first_column": 10, "last_column": 39},
        ),
        ("ow_normalise_projections", {"region": [0, 3, 0, 3]}, {"region": [5, 14, 10, 39]}),
    ],
)
def test_the_region_is_moved_on_the_projection(
    qtbot, scan: TomoScan, module: str, settings: dict, expected: dict
):
    widget = made(qtbot, module, settings, scan=scan)
    page = widget.area.tabs.widget(0)
    qtbot.waitUntil(lambda: page.image.data is not None, timeout=20000)
    page.rectangle.setGeometry(origin=(10.2, 4.9), size=(29.6, 10.1))
    page.rectangle.sigEditingFinished.emit()
    assert widget.noderun.settings == expected
    run(qtbot, widget)
    assert widget.area.tabs.widget(0) is page
    assert tuple(page.rectangle.getOrigin()) == (10, 5)
    assert tuple(page.rectangle.getSize()) == (30, 10)
    widget.undo_action.trigger()
    assert widget.noderun.settings == settings
    page.rectangle.setGeometry(origin=(-50, -50), size=(1000, 1000))
    page.rectangle.sigEditingFinished.emit()
    assert widget.noderun.settings in (
        {"first_row": 0, "last_row": 23, "first_column": 0, "last_column": 159},
        {"region": [0, 23, 0, 159]},
    )


def test_what_is_done_to_sinograms_is_seen_on_them(qtbot, scan: TomoScan):
    page = looked_at(qtbot, remove_rings(scan))
    assert page.kind == "Sinogram"


def test_a_phase_is_no_transmission(qtbot, scan: TomoScan):
    page = looked_at(qtbot, retrieve_phase_ctf(scan))
    seen(qtbot, page, "phase", scan.shape[1:])
    assert page.image.colourbar.getLegend() == "Phase shift (rad)"
    choose(page, "Sinogram")
    seen(qtbot, page, "phase", (scan.shape[0], scan.shape[2]))
    assert page.where.text() == "of 24 rows"


def test_scans_are_accepted_and_rejected_with_a_key_each(qtbot, scan: TomoScan):
    scans = Scans((scan, open_scan(TUTORIAL / "tooth.nx")))
    widget = made(qtbot, "ow_validate_scans", scans=scans)
    page = widget.area.tabs.widget(0)
    assert page.words.text() == "<b>savu</b>: not decided. 0 accepted, 0 rejected, 2 not decided."
    qtbot.keyClick(page.table.view, "r")
    assert widget.noderun.settings["rejected"] == ["savu"]
    assert page.words.text() == "<b>tooth</b>: not decided. 0 accepted, 1 rejected, 1 not decided."
    qtbot.keyClick(page.table.view, "a")
    run(qtbot, widget)
    assert [s.name for s in widget.noderun.outputs["accepted"].scans] == ["tooth"]
    assert widget.area.tabs.widget(0) is page
    assert not page.buttons[True].isEnabled()
    page.table.view.selectRow(0)
    page.buttons[True].click()
    assert widget.noderun.settings == {"accepted": ["tooth", "savu"], "rejected": []}
    widget.undo_action.trigger()
    assert widget.noderun.settings["rejected"] == ["savu"]
    qtbot.waitUntil(lambda: page.verdicts["savu"] is False)


def test_what_failed_stands_out_among_many_scans(qtbot, tmp_path: Path):
    broken = tmp_path / "broken.nx"
    broken.write_bytes((TUTORIAL / "savu.nx").read_bytes()[:100000])
    widget = made(
        qtbot,
        "ow_run_for_each",
        {
            "scheme": str(TUTORIAL / "flat_field.ows"),
            "files": [str(broken), str(TUTORIAL / "savu.nx")],
            "folder": str(tmp_path / "many"),
        },
    )
    run(qtbot, widget)
    page = widget.area.page("States")
    headings = page.model.headings
    assert headings[:3] == ["File", "Open scan", "Darks and flats"]
    assert "Problem" not in headings
    assert page.model.index(0, 1).data() == "failed"
    assert page.problems.text() == (
        f"broken: Open scan: {broken}: the HDF5 file can't be opened: it is cut off."
    )
    page.show_value([{"File": "savu", "Open scan": "done, 0.1 s", "Problem": ""}])
    assert page.problems.isHidden()


def test_what_the_file_says_stands_in_the_fields(qtbot, scan: TomoScan):
    widget = made(qtbot, "ow_edit_scan", scan=scan)
    run(qtbot, widget)
    rows = widget.form.rows
    assert rows["energy"].field.line.placeholderText() == "auto: 25"
    assert rows["distance"].field.line.placeholderText() == "auto: 50"
    assert rows["pixel_width"].field.line.placeholderText() == "auto: 1"


def test_each_slice_of_a_stack_has_its_scan_s_name(qtbot, scan: TomoScan):
    centred = find_centre(scan).scan
    widget = made(qtbot, "ow_scans", scans=Scans((scan, scan)), like=centred)
    run(qtbot, widget)
    widget.area.tabs.setCurrentIndex(1)
    page = widget.area.page("Slices")
    assert page.where.text() == page.names[0]
    page.browser.setValue(1)
    assert page.where.text() == page.names[1]


@pytest.mark.parametrize("module", ["ow_phase_paganin", "ow_phase_ctf"])
def test_what_the_phase_is_retrieved_with_stands_in_the_fields(qtbot, scan: TomoScan, module: str):
    widget = made(qtbot, module, scan=scan)
    run(qtbot, widget)
    shown = {
        name: widget.form.rows[name].field.line.placeholderText()
        for name in ("energy", "distance", "pixel_size")
    }
    assert shown == {"energy": "auto: 25", "distance": "auto: 0.05", "pixel_size": "auto: 1"}
