"""The dark-field widgets: what is browsed, picked, dragged and edited on their right side."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import numpy as np
import orangecontrib.beamcanvas.darkfield as package
import pytest
from kept import keep
from orangecontrib.beamcanvas.darkfield.frames_preview import FramesPreview
from orangecontrib.beamcanvas.darkfield.layers_preview import LayersPreview
from orangecontrib.beamcanvas.darkfield.maps_preview import MapsPreview
from orangecontrib.beamcanvas.darkfield.mosaicity_preview import MosaicityPreview

import beamcanvas.darkfield
from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.darkfield import (
    DarkfieldStack,
    Dimension,
    build_volume,
    compute_moments,
    compute_mosaicity,
    fit_rocking_curves,
    keep_levels,
    project,
    subtract_background,
)
from beamcanvas.darkfield.simulated import Motor, bent_grain, simulate
from beamcanvas.darkfield.stack.source import array_source
from beamcanvas.task import task_of

pytestmark = pytest.mark.gui

NAMES = sorted(m.name for m in iter_modules(package.__path__) if m.name.startswith("ow_"))
TUTORIAL = Path(__file__).parents[3] / "tutorials" / "darkfield"
MOTORS = [Motor("chi", -0.4, 0.1, 9), Motor("diffry", -0.4, 0.1, 9)]


@pytest.fixture(scope="module")
def stack() -> DarkfieldStack:
    frames, positions = simulate(bent_grain((30, 24), 2, cells=8), MOTORS)
    return DarkfieldStack(
        source=array_source(frames),
        dimensions=tuple(Dimension(m.name, m.size, -0.4, 0.4) for m in MOTORS),
        positions=positions,
        order=np.arange(81),
    )


@pytest.fixture(scope="module")
def treated(stack) -> DarkfieldStack:
    return keep_levels(subtract_background(stack), low=20)


def widget_of(qtbot, name: str, linked: dict[str, Any], **settings) -> TaskWidget:
    module = import_module(f"{package.__name__}.{name}")
    (kind,) = [
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, TaskWidget) and c.__module__ == module.__name__
    ]
    stored = {"_ewoks_default_inputs": settings, "automatic": False}
    widget = kind.__new__(kind, stored_settings=stored)
    widget.__init__()
    for key, value in linked.items():
        widget.noderun.linked[key] = Linked("Before", "Result", value)
    keep(qtbot, widget).show()
    return widget


def run(qtbot, widget: TaskWidget) -> None:
    widget.noderun.run()
    ended = State.DONE, State.FAILED
    qtbot.waitUntil(lambda: widget.noderun.state in ended, timeout=60_000)
    assert widget.noderun.error is None


def test_every_task_has_a_widget() -> None:
    tasks = {
        task_of(f).identifier
        for f in vars(beamcanvas.darkfield).values()
        if hasattr(f, "__beamcanvas_task__")
    }
    named = {
        c.task_identifier
        for n in NAMES
        for c in vars(import_module(f"{package.__name__}.{n}")).values()
        if isinstance(c, type) and issubclass(c, TaskWidget) and c is not TaskWidget
    }
    assert named == tasks


def test_a_scan_is_opened_and_another_chosen(qtbot, tmp_path) -> None:
    file = shutil.copy(TUTORIAL / "layers_simulated.h5", tmp_path)
    widget = widget_of(qtbot, "ow_open_scan", {}, file=str(file))
    run(qtbot, widget)
    assert widget.noderun.outputs["stack"].grid == (9, 9)
    tabs = widget.area.tabs
    assert [tabs.tabText(i) for i in range(tabs.count())] == ["Frames", "Scans in the file"]
    tabs.setCurrentIndex(1)
    page = widget.area.page("Scans in the file")
    assert page.table.rowCount() == 7
    assert page.table.item(2, 2).text() == "81 × 48 × 48"
    page.table.cellClicked.emit(4, 0)
    assert widget.noderun.settings["scan"] == "5.1"


def test_frames_by_the_positions_of_motors(qtbot, stack, treated) -> None:
    page = FramesPreview()
    keep(qtbot, page).show()
    page.show_value(treated)
    frames = treated.treated().frames(range(81))

    def shown() -> np.ndarray | None:
        return None if page.image.data is None else page.image.data.signal

    qtbot.waitUntil(lambda: shown() is not None)
    np.testing.assert_array_equal(shown(), frames[40])
    page.sliders[0][0].setValue(2)
    page.sliders[1][0].setValue(7)
    qtbot.waitUntil(lambda: np.array_equal(shown(), frames[25]))
    assert page.sliders[0][1].text() == "-0.20000 ° (3 of 9)"
    page.before.setChecked(True)
    before = subtract_background(stack).treated().frames([25])[0]
    qtbot.waitUntil(lambda: np.array_equal(shown(), before))
    page.before.setChecked(False)
    page.sum.setChecked(True)
    qtbot.waitUntil(lambda: np.array_equal(shown(), frames.sum(axis=0)))
    page._plot_event({"event": "mouseClicked", "button": "left", "x": 12.5, "y": 14.5})
    qtbot.waitUntil(lambda: page.pane.words.text().startswith("Pixel x 12, y 14"))
    np.testing.assert_array_equal(
        page.pane.image.data.signal, frames[:, 14, 12].reshape(9, 9).astype(float)
    )


@pytest.mark.parametrize("fits", [False, True])
def test_a_map_and_the_curve_behind_a_pixel(qtbot, treated, fits) -> None:
    maps = fit_rocking_curves(treated) if fits else compute_moments(treated)
    page = MapsPreview()
    keep(qtbot, page).show()
    page.show_value(maps)
    assert page.choice.currentText() == "chi centre of mass"
    page.choice.setCurrentText("diffry FWHM")
    np.testing.assert_array_equal(page.image.data.signal, maps.maps["diffry FWHM"])
    assert page.image.data.unit == "°"
    page._plot_event({"event": "mouseClicked", "button": "left", "x": 12.5, "y": 14.5})
    qtbot.waitUntil(
        lambda: page.pane.words.text().startswith("Pixel x 12, y 14\N{NO-BREAK SPACE}·")
    )
    plot = page.pane.image.plot
    qtbot.waitUntil(lambda: len(plot.getAllCurves()) == 2)  # the centre and the ellipse
    centre = plot.getCurve("centre 0")
    assert centre.getXData()[0] == pytest.approx(maps.centre("diffry")[14, 12])
    assert centre.getYData()[0] == pytest.approx(maps.centre("chi")[14, 12])


def test_a_curve_of_one_motor_with_its_fit(qtbot, treated) -> None:
    page = MapsPreview()
    keep(qtbot, page).show()
    page.show_value(fit_rocking_curves(project(treated, keep=["chi"])))
    page._show_pixel(14, 12)
    qtbot.waitUntil(lambda: len(page.pane.curve.curves) == 2)
    (_, measured), (_, fit) = page.pane.curve.curves
    assert np.corrcoef(measured.signal, fit.signal)[0, 1] > 0.95


def test_mosaicity_and_its_key_answer_each_other(qtbot, treated) -> None:
    value = compute_mosaicity(compute_moments(treated), threshold=300)
    page = MosaicityPreview()
    keep(qtbot, page).show()
    page.show_value(value)
    page._on_map({"event": "mouseMoved", "x": 12.5, "y": 14.5})
    x, y = (c[14, 12] for c in value.orientation)
    marker = page.key_plot._getMarker("here")
    assert marker.getPosition() == pytest.approx((x, y))
    assert f"diffry {x:.5f} °" in page.position.text()
    page._on_key({"event": "mouseMoved", "x": x, "y": y})
    shade = page.map_plot.getImage("near").getData()
    assert shade[14, 12, 3] > 0
    page.select_action.setChecked(True)
    roi = page._rois["key"][1]
    roi.setGeometry(origin=(x - 0.01, y - 0.01), size=(0.02, 0.02))
    drawn = page.map_plot.getImage("map").getData()
    np.testing.assert_allclose(drawn[14, 12], value.colours[14, 12])
    far = np.abs(value.orientation[0] - x) > 0.05
    np.testing.assert_allclose(drawn[far], value.colours[far] * 0.15, atol=1e-12)
    page.area_action.setChecked(True)
    page._rois["map"][1].setGeometry(origin=(12, 14), size=(1, 1))
    curve = page.key_plot.getCurve("area")
    assert curve.getXData() == pytest.approx([x])
    assert curve.getYData() == pytest.approx([y])


def test_the_levels_are_dragged_on_the_histogram(qtbot, stack) -> None:
    widget = widget_of(qtbot, "ow_keep_levels", {"stack": subtract_background(stack)}, low=12.0)
    page = widget.area.page("Histogram")  # before the first run
    qtbot.waitUntil(lambda: bool(page.curves))
    page.plot._getMarker("at least").setPosition(33.3, None)
    page._plot_event({"event": "markerMoved", "label": "at least"})
    assert widget.noderun.settings["low"] == 33.3
    assert widget.noderun.settings["high"] is None
    run(qtbot, widget)
    assert widget.noderun.outputs["stack"].history[-1] == "33.3 counts or more"


def test_the_region_is_drawn(qtbot, stack) -> None:
    widget = widget_of(qtbot, "ow_keep_region", {"stack": stack}, left=2)
    page = widget.area.page("Region")
    qtbot.waitUntil(lambda: page.image.data is not None)
    assert tuple(page.roi.getOrigin()) == (2, 0)
    assert tuple(page.roi.getSize()) == (22, 30)
    page.roi.setGeometry(origin=(4.2, 5.9), size=(10, 12))
    qtbot.waitUntil(lambda: widget.noderun.settings.get("left") == 4)
    wanted = {"left": 4, "right": 14, "top": 6, "bottom": 18}
    assert {k: widget.noderun.settings[k] for k in wanted} == wanted
    run(qtbot, widget)
    assert widget.noderun.outputs["stack"].shape == (81, 12, 10)


def test_a_mask_is_drawn(qtbot, stack) -> None:
    widget = widget_of(qtbot, "ow_leave_out_pixels", {"stack": stack}, runs=[[2, 3, 5]])
    page = widget.area.page("Draw")
    qtbot.waitUntil(lambda: page.picture.data is not None)
    mask = page.tools.getSelectionMask()
    assert np.argwhere(mask).tolist() == [[2, 3], [2, 4]]
    mask[10, :4] = 1
    page.tools.setSelectionMask(mask)
    wanted = [[2, 3, 5], [10, 0, 4]]
    qtbot.waitUntil(lambda: widget.noderun.settings.get("runs") == wanted)
    run(qtbot, widget)
    frames = widget.noderun.outputs["stack"].treated().frames([40])[0]
    assert not frames[10, :4].any()
    assert frames[11, :4].all()


def test_dimensions_are_edited_in_the_table(qtbot, stack) -> None:
    plain = replace(
        stack, dimensions=(Dimension("frame", 81, 0, 80),), positions=np.arange(81.0)[None]
    )
    settings = {"motors": ["chi", "mu"], "sizes": [9, 9]}
    widget = widget_of(qtbot, "ow_set_dimensions", {"stack": plain}, **settings)
    run(qtbot, widget)
    page = widget.area.page("Dimensions")
    texts = [[page.table.item(r, c).text() for c in range(7)] for r in range(2)]
    assert [t[0] for t in texts] == ["chi", "mu"]
    assert [t[6] for t in texts] == ["slowest", "fastest"]
    assert page.words.text().startswith("81 frames = 9 × 9.")
    page.table.item(1, 0).setText("phi")
    assert widget.noderun.settings["motors"] == ["chi", "phi"]
    page.table.item(0, 3).setText("1.6")
    assert widget.noderun.settings["stops"] == [1.6, 8.0]
    run(qtbot, widget)
    assert widget.noderun.outputs["stack"].dimensions[0].step == pytest.approx(0.2)


def test_layers_of_a_volume(qtbot, stack) -> None:
    frames = np.concatenate([stack.source.frames] * 3)
    layers = np.repeat([0.1, 0.2, 0.3], 81)
    volume = build_volume(
        DarkfieldStack(
            source=array_source(frames),
            dimensions=(Dimension("difftz", 3, 0.1, 0.3), *stack.dimensions),
            positions=np.vstack([layers, np.tile(stack.positions, 3)]),
            order=np.arange(243),
        )
    )
    page = LayersPreview()
    keep(qtbot, page).show()
    page.show_value(volume)
    assert page.choice.currentText() == "mosaicity"
    page.slider.setValue(2)
    assert page.where.text() == "3 of 3, difftz 0.3 mm"
    np.testing.assert_array_equal(
        page.colours.getImage("layer").getData(), volume.maps["mosaicity"][2]
    )
    low, high = page.key.getImage("key").getBounds()[:2]  # the key of all layers is beside
    across = volume.key[1]
    assert low < across.values[0] < across.values[-1] < high
    assert page.key.getXAxis().getLabel() == "diffry (°)"
    page.choice.setCurrentText("chi FWHM")
    np.testing.assert_allclose(page.image.data.signal, volume.maps["chi FWHM"][2])


def test_an_empty_first_frame_gives_way_to_the_brightest(qtbot, stack) -> None:
    page = FramesPreview()
    keep(qtbot, page).show()
    frames = np.zeros((81, 30, 24), np.uint16)
    frames[12, 5:9, 5:9] = 100
    page.show_value(replace(stack, source=array_source(frames)))
    qtbot.waitUntil(lambda: page.image.data is not None and page.image.data.signal.any())
    assert page.frame == 12
    page.sliders[0][0].setValue(8)  # who browses to an empty frame sees it
    qtbot.waitUntil(lambda: not page.image.data.signal.any())
    assert page.frame == 75


def test_a_plot_fills_its_window_as_it_grows(qtbot) -> None:
    from beamcanvas.canvas.previews.image import ImagePreview
    from beamcanvas.nexus import NXData

    page = ImagePreview()
    keep(qtbot, page).resize(900, 300)
    page.show()
    page.show_value(NXData(signal=np.ones((50, 50)), pixels=True))
    page.resize(500, 900)
    qtbot.wait(50)

    def spans() -> list[float]:
        axes = page.plot.getXAxis(), page.plot.getYAxis()
        return [high - low for low, high in (axis.getLimits() for axis in axes)]

    qtbot.waitUntil(lambda: min(spans()) < 55)  # one side is full
    assert min(spans()) >= 50


def test_what_a_search_found_is_shown(qtbot, treated) -> None:
    widget = widget_of(qtbot, "ow_correct_drift", {"stack": treated})
    run(qtbot, widget)
    drift = widget.noderun.outputs["drift"]
    assert widget.found(widget.noderun.outputs) == {
        "dy": round(drift.dy, 5),
        "dx": round(drift.dx, 5),
    }
    assert widget.area.tabs.count() == 2
    assert (widget.Warning.doubtful.is_shown()) == bool(drift.warnings)
