"""The powder widgets: what can be picked on their plots, and what they show."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import orangecontrib.beamcanvas.powder as package
import pytest
from kept import keep

from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.powder import (
    Calibrant,
    Calibrated,
    Calibration,
    Detector,
    DiffractionImage,
    Geometry,
    Pattern,
    Ring,
    Setup,
)

pytestmark = pytest.mark.gui

NAMES = sorted(m.name for m in iter_modules(package.__path__) if m.name.startswith("ow_"))
SIZE = (60, 80)
DETECTOR = Detector("Detector", (1e-4, 1e-4), SIZE)
GEOMETRY = Geometry(0.1, 0.003, 0.004, 0.0, 0.0, 0.0, 1e-10, DETECTOR)


def an_image() -> DiffractionImage:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    radius = np.hypot(rows - 29.5, columns - 39.5)
    data = (100 + 900 * np.exp(-((radius - 20) ** 2))).astype(np.int32)
    mask = np.zeros(SIZE, dtype=bool)
    mask[:2] = True
    return DiffractionImage(data, mask, detector=DETECTOR, source="a.tif")


def a_calibration(image: DiffractionImage, trusted: bool = True) -> Calibration:
    angle = np.linspace(0, 2 * np.pi, 40)
    line = np.column_stack([40 + 20 * np.cos(angle), 30 + 20 * np.sin(angle)])
    reason = "1 of 1 rings found." if trusted else "Only 1 ring could be found."
    return Calibration(
        geometry=replace(GEOMETRY, trusted=trusted, warnings=() if trusted else (reason,)),
        image=image,
        uncertainties={"distance": 1e-6},
        rings=(Ring(1, 0.02, 3.0, 40, 1e-5, line, line, np.full(40, 1e-5)),),
        share_on_rings=0.9,
        share_by_chance=0.1,
        peak_residual=0.001,
        reason=reason,
    )


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


def shown(widget, outputs) -> None:
    """As if the task had given these outputs."""
    widget.noderun.outputs = outputs
    widget.noderun.set_state(State.DONE)


@pytest.mark.parametrize("module", NAMES)
def test_each_widget_has_its_task_its_icon_and_a_window(qtbot, module: str):
    kind = widget_class(module)
    task = kind.__new__(kind)._task()[0]
    assert kind.name == task.title
    description = kind.get_widget_description()
    assert [o.id for o in description["outputs"]] == list(task.outputs)
    assert (import_module("pathlib").Path(package.__path__[0]) / kind.icon).is_file()
    widget = made(qtbot, module)
    assert widget.form.rows.keys() == task.inputs.keys()
    assert widget.minimumSizeHint().height() <= 700


def test_the_beam_is_picked_on_the_image(qtbot):
    widget = made(qtbot, "ow_calibrate", {"distance": 100.0}, image=an_image())
    page = widget.area.page("Rings")
    assert page.plot.getImage("image") is not None
    assert not page.rings_action.isEnabled()
    page.beam_action.setChecked(True)
    click = {"event": "mouseClicked", "button": "left", "x": 41.123, "y": 29.5}
    page._plot_event(click)
    assert widget.noderun.settings == {"distance": 100.0, "centre_x": 41.12, "centre_y": 29.5}
    assert widget.form.rows["centre_x"].field.line.text() == "41.12"
    assert not page.beam_action.isChecked()
    page._plot_event({**click, "x": 3.0})  # only the click that was asked for counts
    assert widget.noderun.settings["centre_x"] == 41.12
    widget.undo_action.trigger()
    assert widget.noderun.settings == {"distance": 100.0}


def test_the_beam_of_the_panel_is_on_the_image(qtbot):
    widget = made(qtbot, "ow_calibrate", image=an_image())
    widget.set_settings({"centre_x": 40.0, "centre_y": 30.0}, "Type")
    marker = widget.area.page("Rings").plot._getMarker("beam")
    assert marker.getPosition() == (40.0, 30.0)


def test_a_calibration_is_shown_as_rings_residuals_pattern_and_report(qtbot):
    image = an_image()
    widget = made(qtbot, "ow_calibrate", image=image)
    found = a_calibration(image)
    shown(widget, Calibrated(GEOMETRY, found)._asdict())
    tabs = [widget.area.tabs.tabText(i) for i in range(widget.area.tabs.count())]
    assert tabs == ["Rings", "Residual map", "Residuals", "Pattern", "Report"]
    page = widget.area.page("Rings")
    assert [c.getName() for c in page.plot.getAllCurves()] == ["ring 1 line"]
    page.points_action.setChecked(True)
    assert len(page.plot.getAllCurves()) == 2
    page.rings_action.setChecked(False)
    assert [c.getName() for c in page.plot.getAllCurves()] == ["ring 1 points"]
    lines = {n: widget.form.rows[n].field.line.placeholderText() for n in ("distance", "rings")}
    assert lines == {"distance": "auto: 100", "rings": "auto: 1"}  # mm, as the field has it
    widget.area.tabs.setCurrentIndex(1)
    places, residuals = found.residual_map()
    dots = widget.area.page("Residual map").plot.getScatter("residuals")
    assert len(dots.getXData()) == len(places) == len(residuals) == 40
    assert "40 places on rings" in widget.area.page("Residual map").position.text()
    widget.area.tabs.setCurrentIndex(4)
    assert ("Trusted", "yes") in widget.area.page("Report").model.rows


def test_the_check_pattern_is_integrated_in_the_background(qtbot):
    image = an_image()
    widget = made(qtbot, "ow_calibrate", image=image)
    shown(widget, Calibrated(GEOMETRY, a_calibration(image))._asdict())
    widget.area.tabs.setCurrentIndex(3)
    page = widget.area.page("Pattern")
    qtbot.waitUntil(lambda: bool(page.curves), timeout=60000)
    assert page.plot.getXAxis().getLabel() == "2θ (°)"


def test_a_calibration_not_to_be_trusted_warns(qtbot):
    image = an_image()
    widget = made(qtbot, "ow_refine", image=image)
    shown(widget, Calibrated(GEOMETRY, a_calibration(image, trusted=False))._asdict())
    assert str(widget.Warning.doubtful) == "Only 1 ring could be found."


def test_the_radial_range_is_dragged_on_the_pattern(qtbot):
    widget = made(qtbot, "ow_integrate_1d", {"points": 50}, image=an_image(), geometry=GEOMETRY)
    run(qtbot, widget)
    page = widget.area.page("Pattern")
    assert page.plot._getMarker("from") is None
    page.range_action.setChecked(True)
    page.plot._getMarker("from").setPosition(0.5, 0)
    page._plot_event({"event": "markerMoved", "label": "from", "x": 0.5, "y": 0})
    assert widget.noderun.settings["radial_min"] == 0.5
    assert widget.form.rows["radial_min"].field.line.text() == "0.5"
    widget.set_settings({"radial_max": 1.5}, "Type")
    run(qtbot, widget)
    assert page.plot._getMarker("to").getXPosition() == 1.5
    result: Pattern = widget.noderun.outputs["pattern"]
    assert result.radial.min() >= 0.5
    assert result.radial.max() <= 1.5


def test_a_mask_is_drawn_by_hand_and_kept_as_plain_numbers(qtbot):
    widget = made(qtbot, "ow_mask", {"detector_gaps": False}, image=an_image())
    page = widget.area.page("Mask")
    page.draw_action.setChecked(True)
    drawn = np.zeros(SIZE, dtype=np.uint8)
    drawn[10:12, 20:25] = 1
    page.tools.setSelectionMask(drawn)
    page.tools.sigMaskChanged.emit()
    qtbot.waitUntil(lambda: "runs" in widget.noderun.settings)
    assert widget.noderun.settings["runs"] == [[10, 20, 25], [11, 20, 25]]
    run(qtbot, widget)
    mask = widget.noderun.outputs["mask"]
    assert mask.parts["drawn"] == 10
    assert mask.pixels[10, 20]
    assert page.picture.data.mask[10, 20]

    widget.undo_action.trigger()
    assert "runs" not in widget.noderun.settings
    run(qtbot, widget)
    assert not page.tools.getSelectionMask(copy=False).any()


def test_a_drawn_mask_comes_back(qtbot):
    widget = made(qtbot, "ow_mask", {"runs": [[3, 4, 6]]}, image=an_image())
    page = widget.area.page("Mask")
    page.draw_action.setChecked(True)
    assert np.argwhere(page.tools.getSelectionMask()).tolist() == [[3, 4], [3, 5]]
    qtbot.wait(500)
    assert widget.noderun.settings == {"runs": [[3, 4, 6]]}  # and looking at it changes nothing


def test_a_geometry_is_shown_in_the_units_of_people(qtbot):
    widget = made(qtbot, "ow_read_poni")
    shown(widget, {"geometry": GEOMETRY})
    rows = dict(widget.area.page("Geometry").model.rows)
    assert rows["Distance"] == "100.0000 mm"
    assert rows["Wavelength"] == "1.000000 Å"


def test_an_experiment_is_shown_with_its_lines(qtbot):
    widget = made(qtbot, "ow_experiment", image=an_image())
    setup = Setup(Calibrant("CeO2", (3.1244, 2.7058)), DETECTOR, 1e-10, "header")
    shown(widget, {"setup": setup})
    rows = dict(widget.area.page("Setup").model.rows)
    assert rows["Energy"].endswith("keV, from the header")
    assert "d 3.12440 Å" in rows["Line 1"]
    assert widget.form.rows["energy"].field.line.placeholderText().startswith("auto: 12.39")


def test_a_cake_is_a_map_with_the_lines_across(qtbot):
    settings = {"points": 40, "azimuth_points": 36, "lines": "CeO2"}
    widget = made(qtbot, "ow_integrate_2d", settings, image=an_image(), geometry=GEOMETRY)
    run(qtbot, widget)
    page = widget.area.page("Cake")
    assert page.plot.getXAxis().getLabel() == "2θ (°)"
    assert page.plot.getYAxis().getLabel() == "Azimuth (°)"
    assert not page.plot.isKeepDataAspectRatio()


def test_orange_finds_each_widget_once():
    from orangewidget.workflow.discovery import WidgetDiscovery

    for module in NAMES:
        found = WidgetDiscovery().widget_description(import_module(f"{package.__name__}.{module}"))
        assert found.qualified_name.rpartition(".")[2] == widget_class(module).__name__
    tasks = {widget_class(m).task_identifier for m in NAMES}
    assert len(tasks) == len(NAMES)
