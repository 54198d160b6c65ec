"""The fields of the settings panel: what is shown is what is kept."""

from __future__ import annotations

import math
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, Literal

import numpy as np
import pytest
from AnyQt.QtCore import Qt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kept import keep

from beamcanvas.canvas.fields import field_for, plain
from beamcanvas.canvas.fields.line import LineField, LiteralField, NumberField
from beamcanvas.task import MISSING, Input, Param

pytestmark = pytest.mark.gui


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def make(qtbot, annotation: Any, default: Any = MISSING, **param: Any):
    field = field_for(Input("thing", annotation, default, param=Param(**param)))
    keep(qtbot, field)
    field.got = []
    field.edited.connect(field.got.append)
    return field


def type_in(qtbot, line, text: str) -> None:
    line.setFocus()
    line.clear()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=st.floats(allow_nan=False))
def test_no_float_is_rounded(qtbot, value: float):
    field = make(qtbot, float)
    field.set_value(value)
    read = field.value_of(field.line.text())
    assert read == value
    assert math.copysign(1, read) == math.copysign(1, value)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=st.integers())
def test_no_int_is_cut(qtbot, value: int):
    field = make(qtbot, int)
    field.set_value(value)
    assert field.value_of(field.line.text()) == value


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_any_literal_reads_back(qtbot, value: Any):
    field = make(qtbot, Any)
    if value is None or value == "" or len(repr(value)) > LiteralField.LONGEST:
        return
    text = field.text_of(value)
    if text.strip():
        read = field.value_of(text)
        assert read == value
        assert type(read) is type(value)


def test_a_wavelength_survives_the_panel(qtbot):
    field = make(qtbot, float)
    field.set_value(1.0332e-10)
    assert field.line.text() == "1.0332e-10"
    type_in(qtbot, field.line, "1.0332e-11")
    assert field.got == [1.0332e-11]


def test_one_edit_is_told_once(qtbot):
    field = make(qtbot, int)
    field.set_value(3)
    type_in(qtbot, field.line, "12")
    field.line.clearFocus()
    assert field.got == [12]


def test_typing_tells_nothing_before_it_is_finished(qtbot):
    field = make(qtbot, float)
    field.set_value(1.0)
    field.line.clear()
    qtbot.keyClicks(field.line, "2.5")
    assert field.got == []


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        (12.3984, Qt.Key.Key_Up, 12.3985),
        (1e-10, Qt.Key.Key_Down, 0.0),
        (0.1, Qt.Key.Key_Up, 0.2),
    ],
)
def test_steps_change_the_last_digit(qtbot, start: float, key: Any, end: float):
    field = make(qtbot, float)
    field.set_value(start)
    qtbot.keyClick(field.line, key)
    assert field.got == [end]


def test_whole_numbers_step_by_one(qtbot):
    field = make(qtbot, int)
    field.set_value(2000)
    qtbot.keyClick(field.line, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert field.got == [1990]


def test_none_is_auto_and_shows_what_was_found(qtbot):
    field = make(qtbot, float | None, None, auto="from the header")
    field.set_value(None)
    assert field.line.text() == ""
    assert field.line.placeholderText() == "auto (from the header)"
    field.set_found(30.4929)
    assert field.line.placeholderText() == "auto: 30.4929"
    type_in(qtbot, field.line, "31")
    type_in(qtbot, field.line, "")
    assert field.got == [31.0, MISSING]


def test_emptied_is_none_where_the_default_is_another(qtbot):
    field = make(qtbot, int | None, 5)
    field.set_value(5)
    type_in(qtbot, field.line, "")
    assert field.got == [None]


def test_choices_are_loaded_when_first_used(qtbot):
    asked = []

    def names() -> list[str]:
        asked.append(1)
        return [f"detector {i}" for i in range(40)]

    field = make(qtbot, str | None, None, choices=names, auto="from the image")
    field.set_value("detector 7")
    assert not asked
    assert field.combo.currentText() == "detector 7"
    field.combo.showPopup()
    field.combo.hidePopup()
    assert asked == [1]
    assert field.combo.currentText() == "detector 7"
    assert field.combo.count() == 41
    type_in(qtbot, field.combo.lineEdit(), "detector 39")
    assert field.got == ["detector 39"]


def test_a_long_choice_takes_what_is_not_listed(qtbot):
    field = make(qtbot, str, "a", choices=lambda: [str(i) for i in range(20)])
    field.set_value("a")
    field.combo.showPopup()
    field.combo.hidePopup()
    type_in(qtbot, field.combo.lineEdit(), "my own")
    assert field.got == ["my own"]


@pytest.mark.parametrize(
    ("annotation", "default", "choose", "value"),
    [
        (Literal["full", "none"], "none", "full", "full"),
        (Colour, Colour.RED, "blue", "blue"),
        (bool | None, None, "no", False),
        (Literal[1, 2] | None, None, "2", 2),
    ],
)
def test_choosing(qtbot, annotation, default, choose, value):
    field = make(qtbot, annotation, default)
    field.set_value(default)
    index = field.combo.findText(choose)
    field.combo.setCurrentIndex(index)
    field.combo.activated.emit(index)
    assert field.got == [value]
    assert type(field.got[0]) is type(value)


def test_a_box_is_ticked(qtbot):
    field = make(qtbot, bool, True)
    field.set_value(True)
    field.check.click()
    assert field.got == [False]


def test_several_boxes(qtbot):
    field = make(qtbot, list[Literal["distance", "tilt"]], ["tilt"])
    field.set_value(["tilt"])
    field.boxes["distance"].click()
    assert field.got == [["distance", "tilt"]]


def test_a_list_of_numbers(qtbot):
    field = make(qtbot, list[float], [])
    field.set_value([1.0332e-10, 2])
    assert field.line.text() == "1.0332e-10, 2"
    type_in(qtbot, field.line, "1, 2.5, 1e-3")
    assert field.got == [[1.0, 2.5, 1e-3]]


def test_a_range_is_told_when_both_ends_are_there(qtbot):
    field = make(qtbot, tuple[float, float] | None, None)
    field.set_value(None)
    type_in(qtbot, field.lines[0], "2")
    assert field.got == []
    type_in(qtbot, field.lines[1], "30.5")
    assert field.got == [[2.0, 30.5]]


def test_files_are_dropped_on_a_list_of_files(qtbot, tmp_path: Path):
    from AnyQt.QtCore import QMimeData, QUrl

    field = make(qtbot, list[Path], [], path="open")
    field.set_value(["first.nx"])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a b.nx", "c.nx")])
    assert field.editor.canInsertFromMimeData(mime)
    field.editor.insertFromMimeData(mime)  # as Qt does with what is dropped or pasted
    assert field.got == [["first.nx", str(tmp_path / "a b.nx"), str(tmp_path / "c.nx")]]


def test_lines_of_text(qtbot):
    field = make(qtbot, str, "", text="lines")
    field.set_value("a")
    field.editor.setPlainText("a\nb")
    qtbot.keyClick(field.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert field.got == ["a\nb"]


def test_files_one_a_line(qtbot):
    field = make(qtbot, list[Path], MISSING, path="open")
    field.set_value(["/a b/1.tif"])
    field.editor.setPlainText("/a b/1.tif\n/2.tif\n")
    field.editor.finished.emit()
    assert field.got == [["/a b/1.tif", "/2.tif"]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ("{'a': None}", {"a": None}),
        ("12", 12),
        ("true", True),
        ("plain words", "plain words"),
        ("[1, 2", "[1, 2"),
    ],
)
def test_anything_else_is_a_literal(qtbot, text: str, value: Any):
    field = make(qtbot, dict[str, int], MISSING)
    type_in(qtbot, field.line, text)
    assert field.got == [value]


def test_a_date_gets_the_widget_that_magicgui_knows(qtbot):
    field = make(qtbot, date, date(2024, 1, 1))
    field.set_value("2024-05-06")
    assert field.widget.value == date(2024, 5, 6)
    field.widget.value = date(2025, 1, 2)
    assert field.got == [date(2025, 1, 2)]
    assert plain(field.got[0]) == "2025-01-02"


def test_a_file_is_chosen(qtbot, monkeypatch, tmp_path):
    from AnyQt.QtWidgets import QFileDialog

    asked = {}

    def answer(parent, title, start, filters):
        asked["start"], asked["filters"] = start, filters
        return str(tmp_path / "b.tif"), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    field = make(qtbot, Path, MISSING, path="open", filter="Images (*.tif)")
    field.folder = tmp_path
    field.set_value("a.tif")
    field.button.click()
    assert asked["start"] == str(tmp_path / "a.tif")
    assert asked["filters"].startswith("Images (*.tif)")
    assert field.got == [str(tmp_path / "b.tif")]


def test_a_path_in_a_file_needs_the_file(qtbot):
    field = make(qtbot, str | None, None, path="data", of="file")
    field.set_file(MISSING)
    assert not field.button.isEnabled()
    field.set_file("scan.h5")
    assert field.button.isEnabled()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float64(1.0332e-10), 1.0332e-10),
        (np.int64(2**40), 2**40),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        ((1, np.float32(0.5)), [1, 0.5]),
        ({"a": Path("/x")}, {"a": "/x"}),
        (Colour.BLUE, "blue"),
    ],
)
def test_plain_values_are_kept(value: Any, kept: Any):
    assert plain(value) == kept
    assert type(plain(value)) is type(kept)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (str, LineField),
        (int, NumberField),
        (float | None, NumberField),
        (int | float, NumberField),
        (NoneType, LiteralField),
        (complex, LiteralField),
        (dict, LiteralField),
    ],
)
def test_the_field_follows_the_annotation(qtbot, annotation: Any, kind: type):
    assert type(make(qtbot, annotation)) is kind


def test_a_whole_number_stays_whole_where_both_are_allowed(qtbot):
    field = make(qtbot, int | float)
    type_in(qtbot, field.line, str(2**70 + 1))
    assert field.got == [2**70 + 1]


def test_choices_that_cannot_be_taken_here_are_grey_and_say_why(qtbot):
    asked = []

    def unavailable() -> dict[str, str]:
        asked.append(1)
        return {"gpu": "There is no GPU here."}

    field = make(qtbot, Literal["cpu", "gpu"], "cpu", unavailable=unavailable)
    field.set_value("cpu")
    assert not asked
    field.combo.showPopup()
    field.combo.hidePopup()
    assert field.combo.itemText(1) == "gpu: There is no GPU here."
    enabled = [bool(field.combo.model().item(i).isEnabled()) for i in range(2)]
    assert enabled == [True, False]
    field.combo.showPopup()
    assert asked == [1]


def test_choices_that_depend_on_other_inputs(qtbot) -> None:
    from beamcanvas.errors import InputError

    asked = []

    def counters(file: str | None, scan: int) -> list[str]:
        asked.append((file, scan))
        if file is None:
            raise InputError("No file is given.")
        return [f"{file}{scan}", "mon"]

    field = make(qtbot, str | None, None, choices=counters, auto="not used")
    given: dict[str, Any] = {"scan": 1, "other": 2}
    field.given = lambda: given

    def listed() -> list[str]:
        field.combo.showPopup()
        field.combo.hidePopup()
        return [field.combo.itemText(i) for i in range(field.combo.count())]

    assert listed() == ["not used"]
    given["file"] = "a"
    assert listed() == ["not used", "a1", "mon"]
    given |= {"scan": 2, "other": 3}
    assert listed() == ["not used", "a2", "mon"]
    listed()
    assert asked == [(None, 1), ("a", 1), ("a", 2)]  # once for each
    type_in(qtbot, field.combo.lineEdit(), "mon, 2.5")
    assert field.got == ["mon, 2.5"]
    given["scan"] = 3
    assert listed() == ["not used", "a3", "mon", "mon, 2.5"]
