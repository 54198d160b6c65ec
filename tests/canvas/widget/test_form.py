"""The settings panel: edits, what is wrong with them, links, undo."""

from __future__ import annotations

import numpy as np
import pytest
import widget_tasks
from AnyQt.QtCore import Qt
from kept import keep

from beamcanvas.canvas.run.node_run import Linked, NodeRun, State
from beamcanvas.canvas.widget.form import SettingsForm
from beamcanvas.errors import InputError
from beamcanvas.task import resolve, task_of

pytestmark = pytest.mark.gui


def form_of(qtbot, function, settings=None) -> SettingsForm:
    form = SettingsForm(NodeRun(task_of(function), settings))
    keep(qtbot, form)
    form.show()
    return form


def type_in(qtbot, form, name: str, text: str) -> None:
    line = form.rows[name].field.line
    line.setFocus()
    line.clear()
    qtbot.keyClicks(line, text)
    qtbot.keyClick(line, Qt.Key.Key_Return)


def test_settings_are_only_what_a_person_gave(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    assert form.noderun.settings == {}
    type_in(qtbot, form, "points", "50")
    assert form.noderun.settings == {"points": 50}
    assert form.rows["height"].field.line.text() == "1.0332e-10"


def test_other_fields_keep_their_digits(qtbot):
    exact = {"height": 0.1 + 0.2, "energy": 12.398419843320026}
    form = form_of(qtbot, widget_tasks.make_curve, exact)
    type_in(qtbot, form, "points", "7")
    assert form.noderun.settings == {**exact, "points": 7}


def test_a_unit_follows_the_input_that_decides_on_it(qtbot):
    form = form_of(qtbot, widget_tasks.bend)
    unit = form.rows["radius"].unit
    assert unit.text() == "°"
    form.noderun.set_setting("axis", "q_nm^-1")
    assert unit.text() == "nm⁻¹"
    form.noderun.set_setting("axis", "2th_deg")
    assert unit.text() == "°"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("points", "1", "'points' should be at least 2, not 1."),
        ("points", "many", "'points' should be a whole number, not 'many'."),
        ("height", "-3", "'height' should be greater than 0 counts, not -3.0."),
        ("height", "1,5", "'height' should be a number, not '1,5'."),
    ],
)
def test_what_is_wrong_is_said_and_goes_nowhere(qtbot, name, text, sentence):
    form = form_of(qtbot, widget_tasks.make_curve)
    told = []
    form.noderun.inputs_changed.connect(lambda: told.append(1))
    type_in(qtbot, form, name, text)
    row = form.rows[name]
    assert row.problem.text() == sentence
    assert row.problem.isVisible()
    assert row.field.line.text() == text
    assert form.noderun.settings == {}
    assert not told


def test_a_wrong_text_stays_until_it_is_put_right(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    type_in(qtbot, form, "points", "1")
    type_in(qtbot, form, "height", "3")
    assert form.rows["points"].problem.text()
    assert form.rows["points"].field.line.text() == "1"
    type_in(qtbot, form, "points", "5")
    assert not form.rows["points"].problem.text()
    assert form.noderun.settings == {"height": 3.0, "points": 5}


def test_undo_and_redo(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve, {"points": 9})
    type_in(qtbot, form, "points", "50")
    type_in(qtbot, form, "height", "2")
    form.history.undo()
    assert form.noderun.settings == {"points": 50}
    form.history.undo()
    assert form.noderun.settings == {"points": 9}
    assert form.rows["points"].field.line.text() == "9"
    form.history.redo()
    assert form.noderun.settings == {"points": 50}
    form.history.reset()
    assert form.noderun.settings == {}
    form.history.undo()
    assert form.noderun.settings == {"points": 50}


def test_picking_two_values_is_one_step_and_one_change(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    told = []
    form.noderun.inputs_changed.connect(lambda: told.append(1))
    form.edit_several({"points": 4, "height": 5}, "Pick")
    assert form.noderun.settings == {"points": 4, "height": 5.0}
    assert told == [1]
    form.history.undo()
    assert form.noderun.settings == {}


def test_picking_something_wrong_changes_nothing(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    form.edit_several({"points": 4, "height": -5}, "Pick")
    assert form.noderun.settings == {}
    assert "greater than 0" in form.rows["height"].problem.text()


def test_numpy_scalars_become_plain(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    form.edit_several({"points": np.int64(4), "height": np.float64(1.5)}, "Pick")
    assert {n: type(v) for n, v in form.noderun.settings.items()} == {
        "points": int,
        "height": float,
    }


def test_settings_are_copied_and_pasted(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve, {"height": 1.0332e-10, "kind": "sine"})
    text = form.history.copied()
    other = form_of(qtbot, widget_tasks.make_curve)
    other.history.paste(text)
    assert other.noderun.settings == {"height": 1.0332e-10, "kind": "sine"}
    assert other.rows["kind"].field.combo.currentText() == "sine"


@pytest.mark.parametrize("text", ["", "no json", "[1, 2]", '{"other": 1}'])
def test_pasting_something_else_is_refused(qtbot, text):
    form = form_of(qtbot, widget_tasks.make_curve, {"points": 5})
    with pytest.raises(InputError):
        form.history.paste(text)
    assert form.noderun.settings == {"points": 5}


def test_what_a_link_feeds_is_shown_as_such(qtbot):
    form = form_of(qtbot, widget_tasks.scale_curve, {"factor": 3.0})
    row = form.rows["factor"]
    assert row.field.isVisible()
    form.noderun.linked["factor"] = Linked("Peaks", "Height", 4.5)
    form.noderun.inputs_changed.emit()
    assert not row.field.isVisible()
    assert row.link.text() == "from Peaks"
    assert "4.5" in row.link.toolTip()
    del form.noderun.linked["factor"]
    form.noderun.inputs_changed.emit()
    assert row.field.isVisible()
    assert row.field.line.text() == "3"


def test_objects_only_come_along_links(qtbot):
    form = form_of(qtbot, widget_tasks.scale_curve)
    assert form.rows["curve"].field is None
    assert form.rows["curve"].link.text() == "connect it"


def test_what_was_found_is_shown_beside_auto(qtbot):
    def found(outputs):
        return {"energy": outputs["curve"].energy, "kind": "sine", "other": 1}

    run = NodeRun(task_of(widget_tasks.make_curve))
    form = keep(qtbot, SettingsForm(run, found))
    run.outputs = {"curve": widget_tasks.Curve([0], [0], energy=8.0478)}
    run.set_state(State.DONE)
    assert form.rows["energy"].field.line.placeholderText() == "auto: 8.0478"
    assert run.settings == {}


def test_what_can_not_be_the_inputs_value_is_not_shown(qtbot):
    run = NodeRun(task_of(widget_tasks.make_curve))
    form = keep(qtbot, SettingsForm(run, lambda outputs: {"energy": "no number"}))
    run.outputs = {"curve": None}
    run.set_state(State.DONE)
    assert form.rows["energy"].field.line.placeholderText() == "auto (from the header)"


def test_settings_beyond_the_task_are_shown(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve, {"old_name": [1, 2]})
    assert form.rows["old_name"].field.line.text() == "[1, 2]"


def test_a_task_of_any_inputs_takes_one_more(qtbot, monkeypatch):
    from AnyQt.QtWidgets import QInputDialog

    def total(**values):
        return sum(values.values())

    widget_tasks.total = total
    run = NodeRun(resolve("method", "widget_tasks.total"), {"a": 1})
    form = keep(qtbot, SettingsForm(run))
    assert list(form.rows) == ["a"]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("b", True))
    form._ask_input()
    assert list(form.rows) == ["a", "b"]
    type_in(qtbot, form, "b", "2.5")
    assert run.settings == {"a": 1, "b": 2.5}
    form.history.undo()
    form.history.undo()
    assert list(form.rows) == ["a"]


def test_a_link_to_an_input_that_was_not_known_is_shown(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    form.noderun.linked["extra"] = Linked("Peaks", "Height", 1)
    form.noderun.inputs_changed.emit()
    assert form.rows["extra"].link.text() == "from Peaks"


def test_the_fold_is_open_when_something_in_it_was_set(qtbot):
    assert not form_of(qtbot, widget_tasks.make_curve).more.isChecked()
    assert form_of(qtbot, widget_tasks.make_curve, {"smooth": True}).more.isChecked()


def test_labels_stand_in_one_column(qtbot):
    form = form_of(qtbot, widget_tasks.make_curve)
    widths = {row.label.width() for row in form.rows.values() if row.label.isVisible()}
    assert len(widths) == 1


def test_help_is_a_tooltip_with_the_bounds(qtbot):
    tip = form_of(qtbot, widget_tasks.make_curve).rows["points"].label.toolTip()
    assert "How many points." in tip
    assert "at least 2" in tip
