"""The spectroscopy widgets: what can be dragged and picked on their plots, and what they show."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import orangecontrib.beamcanvas.spectroscopy as package
import pytest
from kept import keep
from orangecontrib.beamcanvas.spectroscopy.overview_preview import OverviewPreview

from beamcanvas.canvas.previews import preview_for
from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.spectroscopy import (
    Spectra,
    estimate_noise,
    fit_combination,
    fourier_transform,
    normalise,
    overview,
    read_spectra,
    remove_background,
)

pytestmark = pytest.mark.gui

NAMES = sorted(m.name for m in iter_modules(package.__path__) if m.name.startswith("ow_"))
TUTORIAL = Path(__file__).parents[3] / "tutorials" / "spectroscopy"


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


def run(qtbot, widget):
    widget.noderun.run()
    ended = (State.DONE, State.FAILED)
    qtbot.waitUntil(lambda: widget.noderun.state in ended, timeout=60000)
    assert widget.noderun.error is None
    return widget


def drag(plot, name: str, x: float) -> None:
    """As if a person dragged a line of the plot."""
    plot.plot._getMarker(name).setPosition(x, 0)
    plot._plot_event({"event": "markerMoved", "label": name})


@pytest.fixture(scope="module")
def foil() -> Spectra:
    return read_spectra([TUTORIAL / "EXAFS_Cu.dat"])


@pytest.fixture(scope="module")
def series(foil) -> Spectra:
    """One good, one dead, one that ends early."""
    mu = np.repeat(foil.mu, 3, axis=0)
    mu[1] = 0
    mu[2, foil.energy > 9020] = np.nan
    return Spectra(foil.energy, mu, shape=(3,), names=("good", "dead", "short"))


@pytest.fixture(scope="module")
def fourier(series):
    return fourier_transform(remove_background(normalise(series)))


@pytest.mark.parametrize("module", NAMES)
def test_each_opens_with_its_settings(module, qtbot):
    widget = made(qtbot, module)
    assert widget.noderun.task is not None
    assert widget.name == widget.noderun.task.title
    assert (Path(package.__path__[0]) / widget.icon).exists()


def test_what_was_read_as_what_is_shown(qtbot):
    widget = run(qtbot, made(qtbot, "ow_read_spectra", {"files": [str(TUTORIAL / "EXAFS_Cu.dat")]}))
    assert widget.found(widget.noderun.outputs)["mu"] == "`Column 2`"
    table = dict(widget.area.page("Columns").model.rows) if _drawn(widget, "Columns") else {}
    assert table["read as energy"] == "Column 1"


def _drawn(widget, title: str) -> bool:
    """Look at a tab, so that it is drawn."""
    tabs = widget.area.tabs
    tabs.setCurrentWidget(widget.area.page(title))
    return True


def test_e0_and_ranges_are_dragged(qtbot, foil):
    widget = run(qtbot, made(qtbot, "ow_normalise", {"pre2": -50.0}, spectra=foil))
    page = widget.area.page("Spectrum")
    assert {h.name for h in page.plot.handles} == {"e0", "pre1", "pre2", "norm1", "norm2"}
    drag(page.plot, "pre2", 8981.11 - 30)
    assert widget.noderun.settings["pre2"] == pytest.approx(-30.0)
    drag(page.plot, "e0", 8979.0)
    assert widget.noderun.settings["e0"] == 8979.0
    run(qtbot, widget)
    assert widget.noderun.outputs["normalised"].e0[0] == 8979.0
    assert widget.found(widget.noderun.outputs)["norm1"] == 25
    widget._undo()
    assert "e0" not in widget.noderun.settings


def test_views_of_an_edge(qtbot, series):
    widget = run(qtbot, made(qtbot, "ow_normalise", spectra=series))
    page = widget.area.page("Spectrum")
    for view in ("mu", "norm", "derivative"):
        page._show_view(view)
        assert page.number == 0
        page.show_number(1)
        assert "edge" in page.status.text()
        assert [name for name, _ in page.plot.curves] == ["µ dead"]
        page.show_number(0)
    page.all.setChecked(True)
    assert _drawn(widget, "Table")
    rows = widget.area.page("Table").model.rows
    assert [row["status"] == "good" for row in rows] == [True, False, True]


def test_the_range_in_k_is_dragged(qtbot, foil):
    normalised = normalise(foil)
    widget = run(qtbot, made(qtbot, "ow_remove_background", normalised=normalised))
    page = widget.area.page("χ(k)")
    assert widget.found(widget.noderun.outputs)["kmax"] == 16.15
    drag(page.below, "kmax", 13.123)
    assert widget.noderun.settings["kmax"] == 13.12
    page.weight.setCurrentIndex(3)
    assert page.below.curves[0][1].label == "k³ χ"
    assert page.below.curves[0][1].unit == "Å⁻³"
    exafs = remove_background(normalised)
    widget = run(qtbot, made(qtbot, "ow_fourier_transform", {"kmin": 3.0}, exafs=exafs))
    page = widget.area.page("χ(R)")
    drag(page.above, "kmin", 4.0)
    assert widget.noderun.settings["kmin"] == 4.0
    page.parts.setChecked(True)
    assert [name for name, _ in page.below.curves] == ["|χ(R)|", "real", "imaginary"]
    assert widget.found(widget.noderun.outputs)["window"] == "kaiser"
    widget = run(qtbot, made(qtbot, "ow_back_transform", fourier=fourier_transform(exafs)))
    drag(widget.area.page("χ(q)").above, "rmax", 2.5)
    assert widget.noderun.settings["rmax"] == 2.5


def test_shifts_have_a_unit(qtbot, foil):
    two = replace(foil, mu=np.repeat(foil.mu, 2, axis=0), shape=(2,), names=("a", "b"))
    widget = run(qtbot, made(qtbot, "ow_align_spectra", spectra=two))
    assert _drawn(widget, "Shifts")
    ((_, shifts),) = widget.area.page("Shifts").curves
    assert shifts.signal_title == "Shift (eV)"


def test_a_region_is_made_wider_again(qtbot, foil):
    widget = run(qtbot, made(qtbot, "ow_energy_region", {"e_min": 8900.0}, spectra=foil))
    page = widget.area.page("Spectra")
    assert page.value is foil  # the whole, with the range on it
    drag(page.plot, "e_min", 8500.0)
    assert widget.noderun.settings["e_min"] == 8500.0


def test_glitches_are_clicked_away_and_back(qtbot, foil):
    widget = made(qtbot, "ow_deglitch", spectra=foil)
    page = widget.area.page("Spectra")
    page.pick.setChecked(True)
    point = 700
    x, y = float(foil.energy[point]), float(foil.mu[0, point])
    xpixel, ypixel = page.plot.plot.dataToPixel(x, y, check=False)
    click = {"event": "mouseClicked", "button": "left", "xpixel": xpixel, "ypixel": ypixel}
    page._clicked(click)
    (taken,) = widget.noderun.settings["points"]
    assert abs(taken - x) < 5
    page._clicked(click)
    assert widget.noderun.settings["points"] == []


def test_the_overview_goes_by_its_table(qtbot, fourier):
    noise = estimate_noise(fourier.exafs)
    widget = run(qtbot, made(qtbot, "ow_overview", fourier=fourier, noise=noise))
    page = widget.area.page("Overview")
    assert len(page.table.model.rows) == 3
    for number in range(3):
        page.table.view.clicked.emit(page.table.model.index(number, 0))
        assert page.number == number
    assert "Waiting" in page.plots[3].curves[0][0] or "waiting" in page.plots[3].curves[0][0]
    page.show_number(0)
    heights = [plot.height() for plot in page.plots]
    assert max(heights) - min(heights) <= 1
    assert len(page.plots[3].curves[0][1].signal) == 326
    page.all.setChecked(True)
    assert len(page.plots[0].curves) == 2  # of three, one is dead


def test_results_are_shown_like_this_in_any_window(foil):
    edge = normalise(foil)
    exafs = remove_background(edge)
    chi = fourier_transform(exafs)
    found = [preview_for(v).__name__ for v in (foil, edge, exafs, chi, overview(chi))]
    names = ("Spectra", "Edge", "Exafs", "Fourier", "Overview")
    assert found == [f"{name}Preview" for name in names]


@pytest.mark.parametrize("points", [0, 10, 480, 700, 1000])
def test_an_overview_of_a_growing_scan(qtbot, foil, points):
    growing = Spectra(foil.energy[:points], foil.mu[:, :points], growing=True)
    exafs = remove_background(normalise(growing))
    value = overview(fourier_transform(exafs), estimate_noise(exafs))
    widget = made(qtbot, "ow_overview")
    widget.noderun.outputs = {"overview": value}
    widget.noderun.set_state(State.DONE)
    page = widget.area.page("Overview")
    assert page.value is value
    assert ("aiting" in page.status.text()) == bool(value.problems)


def test_a_map_shows_the_spectrum_under_the_cursor(qtbot):
    spectra = read_spectra([TUTORIAL / "map_simulated.h5"])
    normalised = normalise(spectra, e0_from="table", element="Cu", edge="K", norm1=40.0)
    widget = run(qtbot, made(qtbot, "ow_map_number", data=normalised))
    page = widget.area.page("Map")
    page._cursor({"event": "mouseMoved", "x": 7.5, "y": 2.5})
    assert page.spectrum.curves[0][0].startswith("row 2, column 7: Edge step")
    page._cursor({"event": "mouseClicked", "x": 5.5, "y": 3.5})
    assert "dead channel" in page.spectrum.curves[0][0]
    page._cursor({"event": "mouseMoved", "x": 1.5, "y": 1.5})
    assert "dead channel" in page.spectrum.curves[0][0]  # held
    page._cursor({"event": "mouseMoved", "x": -3, "y": 1.5})
    standards = normalise(
        read_spectra([TUTORIAL / "copper_standards.dat"], mu="all"),
        e0_from="table", element="Cu", edge="K", norm1=40.0,
    )  # fmt: skip
    linked = {"normalised": normalised, "standards": standards}
    widget = run(qtbot, made(qtbot, "ow_fit_combination", **linked))
    fit = widget.area.page("Fit")
    names = [name for name, _ in fit.plot.curves]
    assert names[:2] == ["data", "fit"]
    assert "Cu2O" in " ".join(names)
    assert _drawn(widget, "Maps")
    maps = widget.area.page("Maps")
    assert maps.data.signal.shape[0] == 2
    assert maps.where.text() == "Cu2O"
    assert maps.image.plot.getYAxis().isInverted()  # row 0 on top, as in a map of a number
    drag(fit.plot, "e_min", 8970.0)
    assert widget.noderun.settings["e_min"] == 8970.0


def test_combination_and_components_of_a_project(qtbot):
    settings = {"file": str(TUTORIAL / "cyanobacteria.prj"), "groups": ["0.12", "33", "720"]}
    widget = run(qtbot, made(qtbot, "ow_read_athena", settings))
    assert _drawn(widget, "χ(R)")
    normalised = widget.noderun.outputs["normalised"]
    found = run(qtbot, made(qtbot, "ow_find_components", {"number": 2}, normalised=normalised))
    assert _drawn(found, "How many")
    fit = fit_combination(normalised, normalised)
    shown = run(qtbot, made(qtbot, "ow_map_number", {"quantity": "weight"}, data=fit))
    assert shown.noderun.outputs["map"].values[0] == pytest.approx(1)


def test_what_a_person_zoomed_into_stays(qtbot, foil):
    widget = run(qtbot, made(qtbot, "ow_normalise", spectra=foil))
    plot = widget.area.page("Spectrum").plot
    plot.plot.setLimits(8950, 9050, 0, 3)
    longer = replace(foil, mu=foil.mu * 1.01)
    widget.noderun.linked["spectra"] = Linked("Spectra", "Result", longer)
    run(qtbot, widget)
    assert plot.plot.getXAxis().getLimits() == pytest.approx((8950, 9050))


def test_a_growing_spectrum_is_drawn_with_the_same_curves_and_room(qtbot):
    foil = read_spectra([TUTORIAL / "EXAFS_Cu.dat"])
    plot = keep(qtbot, OverviewPreview())
    plot.show()

    def shown(points: int, growing: bool = True):
        part = replace(foil, energy=foil.energy[:points], mu=foil.mu[:, :points], growing=growing)
        exafs = remove_background(normalise(part))
        plot.show_value(overview(fourier_transform(exafs)))
        raw = plot.plots[1].plot
        return raw.getAllCurves()[0], raw.getXAxis().getLimits()

    curve, _ = shown(900)
    _, limits = shown(1000)  # outgrown: there is room now
    again, room = shown(1050)
    assert again is curve
    assert len(curve.getXData()) == 1050
    assert room == limits  # there was room for the new points
    assert limits[1] > foil.energy[1049]
    raw = plot.plots[1].plot
    raw.setLimits(8950, 9050, 0, 3)  # looked at by a person
    assert shown(1100)[1] == (8950, 9050)
    raw.resetZoom()
    assert shown(1400)[1][1] > foil.energy[1399]  # goes on with the data
    shown(300)
    assert "waiting" in plot.status.text().lower()
    _, whole = shown(1461, growing=False)
    assert whole[1] == pytest.approx(foil.energy[-1], abs=20)


def test_over_absorption_shows_what_was_before(qtbot):
    normalised = normalise(read_spectra([TUTORIAL / "EXAFS_Cu.dat"]))
    widget = run(
        qtbot, made(qtbot, "ow_over_absorption", {"formula": "CuSO4"}, normalised=normalised)
    )
    names = [name for name, _ in widget.area.page("Spectra").plot.curves]
    assert names[-1] == "before"
    corrected, before = (c.signal for _, c in widget.area.page("Spectra").plot.curves)
    below = normalised.energy < 8900
    np.testing.assert_allclose(corrected[below], before[below], rtol=0.01)
    assert corrected.max() > before.max()


def test_what_the_background_leaves_open_is_drawn(qtbot):
    exafs = remove_background(normalise(read_spectra([TUTORIAL / "EXAFS_Cu.dat"])))
    page = keep(qtbot, preview_for(exafs)())
    page.show_value(exafs)
    page.errors.setChecked(True)
    (_, chi), (_, above), (_, below) = page.below.curves
    assert (above.signal[1:] > chi.signal[1:]).all()
    assert (below.signal[1:] < chi.signal[1:]).all()
