"""Previews: which one shows a value, and that it reads no more than it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from AnyQt.QtCore import Qt
from AnyQt.QtGui import QColor, QPalette
from AnyQt.QtTest import QTest
from AnyQt.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from hypothesis import given
from hypothesis import strategies as st
from kept import keep

from beamcanvas.canvas.previews import nxdata_of, preview_for, summary_of
from beamcanvas.canvas.previews.area import PreviewArea
from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.file import FilePreview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.canvas.previews.part import FINEST, part_in_view
from beamcanvas.canvas.previews.stack import StackPreview
from beamcanvas.canvas.previews.summary import SummaryPreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.previews.text import TextPreview
from beamcanvas.nexus import Axis, NXData

pytestmark = pytest.mark.gui


def pattern(count: int = 50, **more: Any) -> NXData:
    return NXData(
        signal=np.linspace(10, 20, count),
        name="intensity",
        label="Intensity",
        unit="counts",
        axes=(Axis(name="q", values=np.linspace(1, 5, count), unit="nm⁻¹"),),
        **more,
    )


def picture(**more: Any) -> NXData:
    signal = np.arange(20 * 30, dtype=float).reshape(20, 30)
    return NXData(signal=signal, name="intensity", unit="counts", **more)


@dataclass
class Record:
    distance: float
    name: str


class OnDisk:
    """A dataset too large to be read, of which frames can be."""

    shape = (10_000, 40, 50)
    dtype = np.dtype("uint16")
    ndim = 3

    def __init__(self) -> None:
        self.read: list[Any] = []

    def __getitem__(self, index: Any) -> Any:
        assert isinstance(index, int), "only single frames fit into memory"
        self.read.append(index)
        return np.full((40, 50), index, dtype="uint16")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the whole stack was read")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (pattern(), CurvePreview),
        ([pattern(), pattern()], CurvePreview),
        ({"a": pattern(), "b": pattern()}, CurvePreview),
        (np.arange(5), CurvePreview),
        (picture(), ImagePreview),
        (np.zeros((4, 5)), ImagePreview),
        (np.zeros((2, 4, 5)), StackPreview),
        (OnDisk(), StackPreview),
        ({"a": 1}, TablePreview),
        (Record(0.2, "x"), TablePreview),
        ([1.0, 2.0], TablePreview),
        ("some words", TextPreview),
        (Path("/a/b.h5"), FilePreview),
        (3.5, SummaryPreview),
        (None, SummaryPreview),
        (object(), SummaryPreview),
        (np.array(["a", "b"]), SummaryPreview),
        ([], SummaryPreview),
    ],
)
def test_the_type_decides(value: Any, kind: type):
    assert preview_for(value) is kind


def test_a_curve_has_its_axes_units_and_lines(qtbot):
    preview = keep(qtbot, CurvePreview())
    preview.show_value(pattern(lines={"CeO2": [2.0, 3.0, 99.0]}, log=True))
    plot = preview.plot
    assert plot.getXAxis().getLabel() == "q (nm⁻¹)"
    assert plot.getYAxis().getLabel() == "Intensity (counts)"
    assert plot.getYAxis().getScale() == "log"
    assert [m.getXPosition() for m in plot.getItems() if "line" in m.getName()] == [2.0, 3.0]
    assert "CeO2 lines" in preview.legend.text()
    words = preview.words_at(3.0)
    assert "q 3 nm⁻¹" in words
    assert "counts" in words


def test_several_curves_have_a_legend_and_colours(qtbot):
    preview = keep(qtbot, CurvePreview())
    preview.show_value({"first": pattern(), "second": pattern()})
    curves = preview.plot.getAllCurves()
    assert len(curves) == 2
    assert len({tuple(c.getColor()) for c in curves}) == 2
    assert "first" in preview.legend.text()
    assert "second" in preview.legend.text()


def test_a_histogram_is_drawn_at_its_middles(qtbot):
    preview = keep(qtbot, CurvePreview())
    axis = Axis(name="x", values=np.array([0.0, 1.0, 2.0]))
    preview.show_value(NXData(signal=np.array([5.0, 6.0]), axes=(axis,)))
    assert list(preview.plot.getAllCurves()[0].getXData()) == [0.5, 1.5]


def test_the_kind_of_scale_that_was_chosen_stays(qtbot):
    preview = keep(qtbot, CurvePreview())
    preview.show_value(pattern())
    preview.plot.getYAxis().setScale("log")
    preview.show_value(pattern(60))
    assert preview.plot.getYAxis().getScale() == "log"


def test_an_image_of_pixels_has_equal_aspect_and_log_colours(qtbot):
    preview = keep(qtbot, ImagePreview())
    preview.show_value(picture(pixels=True, log=True))
    assert preview.plot.isKeepDataAspectRatio()
    colourmap = preview.plot.getImage("image").getColormap()
    assert colourmap.getNormalization() == "log"
    assert colourmap.getName() == "viridis"
    preview.log_action.setChecked(False)
    assert preview.plot.getImage("image").getColormap().getNormalization() == "linear"


def test_the_tab_key_gets_past_a_preview_that_is_alone(qtbot):
    window = keep(qtbot, QWidget())
    before, area = QLineEdit(), PreviewArea()
    layout = QVBoxLayout(window)
    layout.addWidget(before)
    layout.addWidget(area)
    area.show_outputs({"One": picture()})
    window.show()
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert area.isAncestorOf(window.focusWidget())
    area.show_outputs({"One": picture(), "Two": picture()})
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert window.focusWidget() is area.tabs.tabBar()


def test_shades_of_grey_and_differences_around_zero(qtbot):
    preview = keep(qtbot, ImagePreview())
    preview.show_value(picture(pixels=True, colours="grey"))
    assert preview.plot.getImage("image").getColormap().getName() == "gray"
    ground = preview.plot.getDataBackgroundColor()
    assert ground.saturation()
    difference = NXData(name="d", signal=np.linspace(-3, 1, 600).reshape(20, 30))
    preview.show_value(replace(difference, colours="difference"))
    colourmap = preview.plot.getImage("image").getColormap()
    assert colourmap.getName() == "gray"
    assert colourmap.getVMin() == -colourmap.getVMax() == pytest.approx(-3, abs=0.1)


def test_colours_that_were_chosen_stay(qtbot):
    preview = keep(qtbot, ImagePreview())
    preview.show_value(picture())
    preview.plot.getImage("image").getColormap().setName("magma")
    preview.log_action.setChecked(True)
    assert preview.plot.getImage("image").getColormap().getName() == "magma"
    preview.show_value(NXData(signal=np.eye(7)))
    assert preview.plot.getImage("image").getColormap().getName() == "magma"


def test_the_value_under_the_cursor_in_words(qtbot):
    preview = keep(qtbot, ImagePreview())
    mask = np.zeros((20, 30), dtype=bool)
    mask[4, 7] = True
    preview.show_value(picture(pixels=True, mask=mask))
    words = preview.words_at(7.5, 4.5)
    assert words == "pixel x 7, y 4   intensity 127 counts   (masked)"
    assert preview.words_at(-1, 4).strip() == ""


def test_the_mask_can_be_hidden(qtbot):
    preview = keep(qtbot, ImagePreview())
    preview.show_value(picture(pixels=True, mask=np.ones((20, 30), dtype=bool)))
    assert preview.plot.getImage("mask") is not None
    preview.mask_action.setChecked(False)
    assert preview.plot.getImage("mask") is None
    assert preview.plot.getActiveImage().getName() == "image"


def test_a_map_stands_on_its_axes(qtbot):
    preview = keep(qtbot, ImagePreview())
    y = Axis(name="chi", values=np.linspace(-180, 180, 21), unit="°")
    x = Axis(name="q", values=np.linspace(1, 30, 30), unit="nm⁻¹")
    preview.show_value(picture(axes=(y, x), lines={"CeO2": [5.0]}))
    image = preview.plot.getImage("image")
    assert image.getOrigin() == pytest.approx((0.5, -180))
    assert image.getScale() == pytest.approx((1, 18))
    assert not preview.plot.isKeepDataAspectRatio()
    assert "chi -171 °" in preview.words_at(1.0, -171)


def test_levels_of_an_image_of_bad_pixels(qtbot):
    preview = keep(qtbot, ImagePreview())
    for value in (np.full((5, 5), np.nan), np.zeros((5, 5)), np.full((5, 5), -2)):
        preview.show_value(NXData(signal=value, log=True, pixels=True))


def test_a_stack_reads_the_frame_that_is_shown(qtbot):
    preview = keep(qtbot, StackPreview())
    stack = OnDisk()
    preview.show_value(stack)
    preview.browser.setValue(7000)
    assert stack.read == [0, 7000]
    assert preview.image.plot.getImage("image").getData(copy=False)[0, 0] == 7000
    assert preview.where.text() == "frame 7001 of 10000"


def test_a_table_shows_numbers_in_full(qtbot):
    preview = keep(qtbot, TablePreview())
    preview.show_value({"wave_length": 1.0332e-10, "file": None})
    model = preview.model
    cells = [[model.data(model.index(r, c)) for c in (0, 1)] for r in (0, 1)]
    assert cells == [["wave length", "1.0332e-10"], ["file", "nothing"]]


def test_a_list_of_records_is_a_table_of_columns(qtbot):
    preview = keep(qtbot, TablePreview())
    preview.show_value([Record(0.2, "a"), Record(0.3, "b")])
    assert preview.model.headings == ["distance", "name"]
    assert preview.model.data(preview.model.index(1, 1)) == "b"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        (True, "yes"),
        (0.1 + 0.2, "0.3"),
        (12345678901234567890, "12345678901234567890"),
        (np.zeros((1043, 981), dtype="int32"), "image 1043 × 981, int32"),
        (np.zeros(7), "7 points, float64"),
        (OnDisk(), "stack 10000 × 40 × 50, uint16"),
        (np.float64(2.5), "2.5"),
        ([1, 2], "1, 2"),
        (list(range(9)), "list of 9"),
        ([Path("/a/b.h5"), Path("/a/c.h5")], "2 files: b.h5, c.h5"),
        ([SimpleNamespace(summary="fine")] * 3, "3 × simple namespace, the first: fine"),
        ({"a": 1}, "1 value: a"),
        ({"a": 1, "b": 2}, "2 values: a, b"),
        (Record(1, "a"), "record"),
        ("x" * 500, "x" * 79 + "…"),
        (SimpleNamespace(summary="pattern, 2000 points"), "pattern, 2000 points"),
    ],
)
def test_anything_in_words(value: Any, words: str):
    assert summary_of(value) == words


def test_several_outputs_have_tabs_and_small_ones_share_a_table(qtbot):
    area = keep(qtbot, PreviewArea())
    area.show()
    area.show_outputs({"Pattern": pattern(), "Distance": 0.2, "File": "/a/b.h5", "Nothing": None})
    assert [area.tabs.tabText(i) for i in range(area.tabs.count())] == ["Pattern", "Values"]
    area.tabs.setCurrentIndex(1)
    assert area.page("Values").model.rows == [("Distance", 0.2), ("File", "/a/b.h5")]


def test_a_tab_is_drawn_when_it_is_looked_at(qtbot):
    area = keep(qtbot, PreviewArea())
    area.show_outputs({"A": pattern(), "B": pattern()})
    assert area.page("A").curves
    assert not area.page("B").curves
    area.tabs.setCurrentIndex(1)
    assert area.page("B").curves


def test_the_same_preview_shows_the_next_value(qtbot):
    area = keep(qtbot, PreviewArea())
    area.show_outputs({"A": pattern(), "B": picture()})
    area.tabs.setCurrentIndex(1)
    page = area.page("B")
    area.show_outputs({"A": pattern(), "B": picture(), "C": pattern()})
    assert area.page("B") is page
    assert area.tabs.currentWidget() is page
    area.show_outputs({"B": pattern()})
    assert isinstance(area.page("B"), CurvePreview)
    assert area.tabs.count() == 1


def test_a_value_that_says_nonsense_of_itself_costs_no_window(qtbot):
    class Bad:
        def nxdata(self) -> NXData:
            raise RuntimeError("no data")

    class Failing(Preview):
        def show_value(self, value: Any) -> None:
            raise RuntimeError("broken")

    area = keep(qtbot, PreviewArea())
    area.show_outputs({"A": Bad(), "B": 1})
    area.show_outputs({"A": pattern()}, {"A": Failing})
    assert "broken" in area.tabs.currentWidget().text()


def test_plots_follow_a_dark_palette(qtbot):
    preview = CurvePreview()
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, QColor("#202020"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#f0f0f0"))
    keep(qtbot, preview).setPalette(palette)
    preview.show_value(pattern())
    assert preview.plot.getBackgroundColor().name() == "#202020"
    assert preview.plot.getForegroundColor().name() == "#f0f0f0"


def test_a_bare_array_is_plottable_and_text_is_not():
    assert nxdata_of(np.arange(3)).signal.ndim == 1
    assert nxdata_of(np.array(["a"])) is None
    assert nxdata_of(np.zeros((0, 3))) is None
    assert nxdata_of("text") is None


def test_a_file_that_was_written(qtbot, tmp_path):
    path = tmp_path / "a<b>.h5"
    path.write_bytes(b"x" * 2500)
    preview = keep(qtbot, FilePreview())
    preview.show_value(path)
    assert "a&lt;b>.h5" in preview.words.text()
    assert "2.5 kB" in preview.words.text()
    path.unlink()
    preview.show_value(path)
    assert "not there any more" in preview.words.text()


def test_of_a_big_image_only_what_can_be_seen_is_drawn(qtbot):
    preview = keep(qtbot, ImagePreview())
    preview.resize(800, 700)
    preview.show()
    rows, columns = np.mgrid[:3000, :4000]
    signal = (rows * 10_000 + columns).astype(float)
    preview.show_value(NXData(signal=signal, pixels=True, mask=signal < 0))
    drawn = preview.plot.getImage("image")
    assert max(drawn.getData(copy=False).shape) <= 1400
    preview.plot.setLimits(1000, 1100, 2000, 2080)
    qtbot.waitUntil(lambda: preview.plot.getImage("image").getScale() == (1.0, 1.0))
    drawn = preview.plot.getImage("image")
    x, y = (int(start) for start in drawn.getOrigin())
    assert x <= 1000
    assert y <= 2000
    assert drawn.getData(copy=False)[2050 - y, 1050 - x] == signal[2050, 1050]
    assert preview.words_at(1050.5, 2050.5).startswith("pixel x 1050, y 2050")
    preview.plot.resetZoom()
    low, high = preview.plot.getXAxis().getLimits()
    assert low <= 0
    assert high >= 4000
    qtbot.waitUntil(lambda: preview.plot.getImage("image").getScale()[0] > 1)
    preview.set_whole(True)
    assert preview.plot.getImage("image").getData(copy=False).shape == (3000, 4000)


@given(
    shape=st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
    ends=st.lists(st.floats(-1e5, 1e5), min_size=4, max_size=4),
)
def test_the_part_in_view_is_in_the_image(shape, ends):
    part = part_in_view(shape, (ends[0], ends[1]), (ends[2], ends[3]))
    assert 0 <= part.top < part.bottom <= shape[0]
    assert 0 <= part.left < part.right <= shape[1]
    assert (part.bottom - part.top) / part.down <= FINEST + 1
    assert (part.right - part.left) / part.across <= FINEST + 1


def test_few_rows_are_all_drawn_however_long_they_are():
    """The heat map of three patterns of 2000 points has three rows."""
    part = part_in_view((3, 2000), (0, 3), (0, 2000))
    assert part.of(np.zeros((3, 2000))).shape == (3, 1000)
