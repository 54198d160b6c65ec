"""The widget of a task as a view of a run, and on its own in another Orange program."""

from __future__ import annotations

import gc
import time
import weakref

import pytest
import widget_tasks
from AnyQt.QtCore import QObject, Qt, QTimer
from AnyQt.QtWidgets import QAction, QApplication
from kept import keep
from orangecanvas.registry import WidgetDescription
from orangewidget.tests.base import DummySignalManager
from orangewidget.utils.signals import notify_input_helper

from beamcanvas.canvas.generic import TaskNode
from beamcanvas.canvas.run.local_run import LocalNodeRun
from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.canvas.widget.help_window import HelpWindow
from beamcanvas.canvas.widget.run_bar import duration_words
from beamcanvas.task import resolve, task_of

pytestmark = pytest.mark.gui


class OWMake(TaskWidget, task="widget_tasks.make_curve"):
    name = "Make"


class OWScale(TaskWidget, task=widget_tasks.scale_curve):
    name = "Scale"


class OWFail(TaskWidget, task="widget_tasks.fail"):
    name = "Fail"


class OWDoubt(TaskWidget, task="widget_tasks.doubt"):
    name = "Doubt"


class OWSlow(TaskWidget, task="widget_tasks.slow"):
    name = "Slow"


class OWDeaf(TaskWidget, task="widget_tasks.deaf"):
    name = "Deaf"


class OWCompute(TaskWidget, task="widget_tasks.compute"):
    name = "Compute"


class OWGone(TaskWidget, task="no_such_package.thing"):
    name = "Gone"


def made(qtbot, kind, settings=None, automatic=False):
    """A widget as Orange makes it."""
    stored = {"_ewoks_default_inputs": settings or {}, "automatic": automatic}
    widget = kind.__new__(kind, stored_settings=stored)
    widget.__init__()
    keep(qtbot, widget)
    return widget


def wait_for(qtbot, widget, state: State, timeout: int = 10000) -> None:
    qtbot.waitUntil(lambda: widget.noderun.state is state, timeout=timeout)


def test_channels_come_from_the_signature():
    inputs = OWScale.get_signals("inputs")
    assert [i.id for i in inputs] == ["curve", "factor", "offset"]
    assert [i.name for i in inputs] == ["curve", "factor", "offset"]  # as ewoks wants
    assert inputs[0].types == ("widget_tasks.Curve",)
    assert not inputs[0].explicit
    assert all(i.explicit for i in inputs[1:])
    assert [o.id for o in OWScale.get_signals("outputs")] == ["curve", "largest"]
    assert OWScale.task_identifier == "widget_tasks.scale_curve"


def test_it_runs_and_shows_the_result(qtbot):
    widget = made(qtbot, OWMake)
    widget.show()
    qtbot.mouseClick(widget.run_bar.run_button, Qt.MouseButton.LeftButton)
    wait_for(qtbot, widget, State.DONE)
    assert widget.area.tabs.count() == 1
    assert "curve of 20 points" in widget.in_and_out.text()


def test_a_source_runs_by_itself_when_automatic(qtbot):
    widget = made(qtbot, OWMake, automatic=True)
    wait_for(qtbot, widget, State.DONE)
    assert widget.area is None  # and nothing is drawn that nobody looks at


def test_a_changed_setting_runs_it_again(qtbot):
    widget = made(qtbot, OWMake, automatic=True)
    widget.show()
    wait_for(qtbot, widget, State.DONE)
    widget.set_setting("points", 33)
    qtbot.waitUntil(lambda: "33 points" in widget.in_and_out.text(), timeout=10000)


def test_settings_are_saved_as_they_are(qtbot):
    given = {"height": 1.0332e-10, "points": 7, "kind": "sine"}
    widget = made(qtbot, OWMake, given)
    packed = widget.settingsHandler.pack_data(widget)
    assert packed["_ewoks_default_inputs"] == given
    widget.show()
    widget.set_setting("points", 8)
    packed = widget.settingsHandler.pack_data(widget)
    assert packed["_ewoks_default_inputs"] == {**given, "points": 8}
    again = made(qtbot, OWMake, packed["_ewoks_default_inputs"])
    assert again.noderun.settings == {**given, "points": 8}


def test_values_beyond_literals_survive(qtbot):
    widget = made(qtbot, OWMake)
    widget.noderun.settings["height"] = float("inf")
    packed = widget.settingsHandler.pack_data(widget)
    import ast

    stored = ast.literal_eval(repr(packed))
    assert made(qtbot, OWMake, stored["_ewoks_default_inputs"]).noderun.settings == {
        "height": float("inf")
    }


def test_two_widgets_share_no_settings(qtbot):
    one, other = made(qtbot, OWMake), made(qtbot, OWMake)
    one.noderun.set_setting("points", 5)
    one.settingsHandler.pack_data(one)
    assert other.noderun.settings == {}
    assert made(qtbot, OWMake).noderun.settings == {}


@pytest.mark.parametrize("kind", [OWSlow, OWDeaf])
def test_cancel_does_not_wait_for_the_task(qtbot, kind):
    widget = made(qtbot, kind)
    widget.show()
    widget.run_bar.run_button.click()
    wait_for(qtbot, widget, State.RUNNING)
    assert widget.run_bar.buttons.currentWidget() is widget.run_bar.cancel_button
    qtbot.wait(150)
    widget.run_bar.cancel_button.click()
    wait_for(qtbot, widget, State.CANCELLED, timeout=2500)
    assert widget.run_bar.buttons.currentWidget() is widget.run_bar.run_button
    assert not widget.run_bar.bar.isVisible()


def test_progress_is_shown(qtbot):
    widget = made(qtbot, OWSlow, {"seconds": 1.0})
    widget.show()
    widget.run_bar.run_button.click()
    qtbot.waitUntil(lambda: "%" in widget.run_bar.words.text(), timeout=5000)
    assert "step" in widget.run_bar.words.text()
    assert widget.run_bar.bar.isVisible()
    wait_for(qtbot, widget, State.DONE)


def test_a_second_run_replaces_the_first(qtbot):
    widget = made(qtbot, OWDeaf, {"seconds": 0.6})
    run = widget.noderun
    ended = []
    run.state_changed.connect(lambda s: ended.append(run.outputs) if s is State.DONE else None)
    run.run()
    run.set_setting("seconds", 0.1)
    run.run()
    wait_for(qtbot, widget, State.DONE)
    qtbot.wait(900)
    assert ended == [{"result": 0.1}]


def test_an_input_error_is_one_sentence(qtbot):
    widget = made(qtbot, OWFail)
    widget.show()
    widget.noderun.run()
    wait_for(qtbot, widget, State.FAILED)
    assert widget.Error.failed.is_shown()
    assert str(widget.Error.failed) == "The file a.tif has no image: give one that has."
    assert not widget.Error.failed.tb
    assert widget.area.nothing.text() == "The file a.tif has no image: give one that has."


def test_an_unexpected_error_has_its_traceback_in_the_details(qtbot):
    widget = made(qtbot, OWFail, {"how": "bug"})
    widget.show()
    widget.noderun.run()
    wait_for(qtbot, widget, State.FAILED)
    assert str(widget.Error.failed) == "ZeroDivisionError: float division by zero"
    assert "widget_tasks.py" in widget.Error.failed.tb
    widget.set_setting("how", "input")
    assert not widget.Error.failed.is_shown()


def test_what_a_result_doubts_is_a_warning(qtbot):
    widget = made(qtbot, OWDoubt)
    widget.noderun.run()
    wait_for(qtbot, widget, State.DONE)
    assert str(widget.Warning.doubtful) == "Too few rings."


def test_a_task_that_is_not_here_is_named(qtbot):
    widget = made(qtbot, OWGone, {"a": 1})
    widget.show()
    assert widget.Error.failed.is_shown()
    assert "no_such_package" in str(widget.Error.failed)
    assert not widget.run_bar.run_button.isEnabled()
    assert widget.settingsHandler.pack_data(widget)["_ewoks_default_inputs"] == {"a": 1}


def test_the_window_answers_while_numpy_computes(qtbot):
    widget = made(qtbot, OWCompute)
    widget.show()
    qtbot.wait(50)
    beats = Heartbeat()
    widget.noderun.run()
    wait_for(qtbot, widget, State.DONE, timeout=60000)
    assert len(beats.gaps) > 5
    # generous: the machine of a test may be busy with other things
    assert sorted(beats.gaps)[len(beats.gaps) // 2] < 0.1
    assert max(beats.gaps) < 1.0


class Heartbeat(QObject):
    """Counts the seconds between two turns of the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.last = time.perf_counter()
        timer = QTimer(self)
        timer.timeout.connect(self.beat)
        timer.start(5)

    def beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self.last)
        self.last = now


# -- driven by a canvas


class Driven(LocalNodeRun):
    """A run as a canvas makes it."""


def test_it_is_a_view_of_the_run_it_is_given(qtbot):
    run = Driven(task_of(widget_tasks.make_curve), {"points": 11})
    run.automatic = False
    widget = made(qtbot, OWMake, {"points": 99})
    widget.attach(run)
    widget.show()
    assert widget.form.rows["points"].field.line.text() == "11"
    assert not widget.run_bar.automatic.isChecked()
    run.run()
    wait_for(qtbot, widget, State.DONE)
    assert "11 points" in widget.in_and_out.text()
    assert widget.settingsHandler.pack_data(widget)["_ewoks_default_inputs"] == {"points": 11}
    widget.run_bar.automatic.click()
    assert run.automatic


def test_its_help_says_what_the_task_does(qtbot):
    widget = made(qtbot, OWMake)
    widget.attach(Driven(task_of(widget_tasks.make_curve)))
    widget.show()
    help = widget.findChild(QAction, "action-help")
    assert help.shortcut().toString() == "F1"
    assert help.isEnabled()
    help.trigger()
    window = widget.findChild(HelpWindow)
    assert window.isVisible()
    assert "Points" in window.text.toPlainText()
    window.close()


def test_a_result_from_before_the_window_is_shown(qtbot):
    run = Driven(task_of(widget_tasks.make_curve), {"points": 11})
    run.run()
    qtbot.waitUntil(lambda: run.state is State.DONE, timeout=10000)
    widget = made(qtbot, OWMake)
    widget.attach(run)
    widget.show()
    assert widget.area.tabs.count() == 1


def test_a_result_that_came_while_it_was_hidden_is_shown(qtbot):
    widget = made(qtbot, OWMake)
    widget.show()
    widget.noderun.run()
    wait_for(qtbot, widget, State.DONE)
    widget.hide()
    widget.noderun.set_setting("points", 44)
    widget.noderun.run()
    qtbot.waitUntil(lambda: len(widget.noderun.outputs["curve"].y) == 44)
    widget.show()
    assert len(widget.area.page("Curve").curves[0][1].signal) == 44


def test_it_does_not_run_by_itself_when_driven(qtbot):
    run = Driven(task_of(widget_tasks.make_curve))
    widget = made(qtbot, OWMake, automatic=True)
    widget.attach(run)
    qtbot.wait(100)
    assert run.state is State.IDLE


def test_undo_keys_are_the_panels(qtbot):
    widget = made(qtbot, OWMake)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_setting("points", 5)
    widget.set_setting("points", 6)
    widget.undo_action.trigger()
    assert widget.noderun.settings == {"points": 5}
    widget.redo_action.trigger()
    assert widget.noderun.settings == {"points": 6}
    widget.reset_settings()
    assert widget.noderun.settings == {}


def test_the_keys_undo_typing_first_and_settings_then(qtbot):
    widget = made(qtbot, OWMake, {"points": 5})
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    line = widget.form.rows["points"].field.line
    line.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    line.end(False)
    qtbot.keyClicks(line, "7")
    qtbot.keyClick(line, Qt.Key.Key_Z, control)
    assert line.text() == "5"
    line.end(False)
    qtbot.keyClicks(line, "7")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert widget.noderun.settings == {"points": 57}
    qtbot.keyClick(line, Qt.Key.Key_Z, control)
    assert widget.noderun.settings == {"points": 5}
    qtbot.keyClick(line, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert widget.noderun.settings == {"points": 57}
    assert widget.isVisible()


def test_settings_go_through_the_clipboard(qtbot):
    widget = made(qtbot, OWMake, {"height": 1.0332e-10})
    widget.copy_settings()
    other = made(qtbot, OWMake)
    other.paste_settings()
    assert other.noderun.settings == {"height": 1.0332e-10}
    QApplication.clipboard().setText("nothing of use")
    other.paste_settings()
    assert other.Information.said.is_shown()
    assert other.noderun.settings == {"height": 1.0332e-10}


def test_the_window_fits_a_small_screen(qtbot):
    widget = made(qtbot, OWMake)
    widget.show()
    assert widget.minimumSizeHint().width() <= 1366
    assert widget.minimumSizeHint().height() <= 700
    assert widget.sizeHint().width() <= 1366
    assert widget.sizeHint().height() <= 720


# -- any task


def test_the_generic_widget_shows_any_task(qtbot):
    def double(x, *, times=2):
        """Not annotated at all."""
        return x * times

    widget_tasks.double = double
    task = resolve("method", "widget_tasks.double")
    run = Driven(task, {"x": 4})
    run.automatic = False
    widget = made(qtbot, TaskNode)
    widget.attach(run)
    widget.show()
    assert widget.form.rows["x"].field.line.text() == "4"
    widget.set_setting("times", 3)
    run.run()
    wait_for(qtbot, widget, State.DONE)
    assert list(run.outputs.values()) == [12]
    packed = widget.settingsHandler.pack_data(widget)
    assert packed["_ewoks_task"]["task_identifier"] == "widget_tasks.double"
    assert packed["_ewoks_default_inputs"] == {"x": 4, "times": 3}


def test_the_generic_widget_finds_its_task_in_its_settings(qtbot):
    stored = {
        "_ewoks_default_inputs": {"points": 3},
        "_ewoks_task": {
            "task_type": "generated",
            "task_identifier": "widget_tasks.make_curve",
            "task_generator": "beamcanvas.task.ewoks.task_class",
        },
        "automatic": True,
    }
    widget = TaskNode.__new__(TaskNode, stored_settings=stored)
    widget.__init__()
    keep(qtbot, widget)
    wait_for(qtbot, widget, State.DONE)
    assert len(widget.noderun.outputs["curve"].y) == 3


def test_links_of_the_generic_widget_are_shown(qtbot):
    run = Driven(task_of(widget_tasks.scale_curve))
    run.linked["curve"] = Linked("Make", "Curve")
    widget = made(qtbot, TaskNode)
    widget.attach(run)
    widget.show()
    assert widget.form.rows["curve"].link.text() == "from Make"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (42, "42 s"), (200, "3 min"), (8000, "2.2 h")]
)
def test_time_left(seconds: float, words: str):
    assert duration_words(seconds) == words


# -- in another Orange program


def in_orange(qtbot, kind, settings=None, automatic=True):
    """A widget under another program's signal manager, which keeps what it sends."""
    stored = {"_ewoks_default_inputs": settings or {}, "automatic": automatic}
    widget = kind.__new__(kind, stored_settings=stored, signal_manager=DummySignalManager())
    widget.__init__()
    keep(qtbot, widget)
    return widget


def deliver(widget, name: str, value) -> None:
    """A value along a channel, as Orange hands it over."""
    notify_input_helper(getattr(widget.Inputs, name), widget, value)
    widget.handleNewSignals()


def sent(widget, name: str):
    return widget.signalManager.outputs.get((widget, getattr(widget.Outputs, name).name))


def test_values_come_and_go_along_channels(qtbot):
    curve = task_of(widget_tasks.make_curve).run({"points": 5})["curve"]
    widget = in_orange(qtbot, OWScale)
    deliver(widget, "curve", curve)
    wait_for(qtbot, widget, State.DONE)
    assert len(sent(widget, "curve").y) == 5
    assert sent(widget, "largest") == pytest.approx(2 * 1.0332e-10)

    deliver(widget, "factor", 3.0)
    qtbot.waitUntil(lambda: sent(widget, "largest") == pytest.approx(3 * 1.0332e-10))

    widget.noderun.set_setting("offset", 1.0)
    qtbot.waitUntil(lambda: sent(widget, "largest") > 1)

    deliver(widget, "curve", None)
    assert widget.noderun.state is State.WAITING


def test_descendants_wait_while_it_runs(qtbot):
    widget = in_orange(qtbot, OWDeaf, {"seconds": 0.3})
    wait_for(qtbot, widget, State.RUNNING)
    assert widget.isInvalidated()
    wait_for(qtbot, widget, State.DONE)
    assert not widget.isInvalidated()
    assert not widget.processingState
    assert sent(widget, "result") == 0.3


def test_a_failure_takes_the_old_result_away(qtbot):
    widget = in_orange(qtbot, OWFail)
    wait_for(qtbot, widget, State.FAILED)
    assert sent(widget, "result") is None
    assert not widget.isInvalidated()


def test_it_waits_for_run_when_not_automatic(qtbot):
    curve = task_of(widget_tasks.make_curve).run({})["curve"]
    widget = in_orange(qtbot, OWScale, automatic=False)
    deliver(widget, "curve", curve)
    qtbot.wait(100)
    assert widget.noderun.state is State.STALE
    widget.noderun.run()
    wait_for(qtbot, widget, State.DONE)
    assert sent(widget, "curve") is not None


def test_a_deleted_widget_stops_its_run(qtbot):
    widget = in_orange(qtbot, OWSlow)
    wait_for(qtbot, widget, State.RUNNING)
    run = widget.noderun
    widget.onDeleteWidget()
    assert run.state is State.CANCELLED


def test_a_widget_lives_until_qt_has_deleted_it(qtbot):
    # Python's garbage collector in the middle of an event of one of its parts ends the program
    widget = OWScale.__new__(OWScale, signal_manager=DummySignalManager())
    widget.__init__()
    there = weakref.ref(widget)
    widget.deleteLater()
    del widget
    gc.collect()
    assert there() is not None
    qtbot.waitUntil(lambda: gc.collect() >= 0 and there() is None)


@pytest.fixture
def orange(qapp):
    """A scheme of Orange's own, as any Orange canvas runs it."""
    from AnyQt.QtCore import QEvent
    from orangewidget.workflow.widgetsscheme import WidgetsScheme

    scheme = WidgetsScheme()
    scheme.signal_manager.start()
    yield scheme
    QApplication.sendEvent(scheme, QEvent(QEvent.Type.Close))
    scheme.deleteLater()
    QApplication.processEvents()


def node_of(scheme, kind, title: str, settings=None):
    description = WidgetDescription(**kind.get_widget_description())
    stored = {"_ewoks_default_inputs": settings or {}}
    node = scheme.new_node(description, title=title, properties=stored)
    scheme.widget_for_node(node)
    return node


def test_it_works_in_another_orange_canvas(qtbot, orange):
    first = node_of(orange, OWMake, "My curve", {"points": 6, "height": 3.0})
    second = node_of(orange, OWScale, "My scale")
    orange.new_link(first, "curve", second, "curve")
    widget = orange.widget_for_node(second)
    wait_for(qtbot, widget, State.DONE)
    assert widget.noderun.outputs["largest"] == 6.0
    assert widget.noderun.linked["curve"].node == "My curve"
    assert widget.noderun.linked["curve"].output == "curve"
    orange.widget_for_node(first).set_setting("height", 4.0)
    qtbot.waitUntil(lambda: widget.noderun.outputs.get("largest") == 8.0, timeout=10000)
    orange.sync_node_properties()
    assert first.properties["_ewoks_default_inputs"] == {"points": 6, "height": 4.0}


def test_a_join_in_another_orange_canvas_waits_for_both_inputs(qtbot, orange):
    slow = node_of(orange, OWDeaf, "Slow", {"seconds": 0.5})
    quick = node_of(orange, OWMake, "Quick")
    join = node_of(orange, OWScale, "Join")
    orange.new_link(quick, "curve", join, "curve")
    orange.new_link(slow, "result", join, "factor")
    widget = orange.widget_for_node(join)
    ran = []
    widget.noderun.state_changed.connect(
        lambda state: ran.append(widget.noderun.values()) if state is State.RUNNING else None
    )
    wait_for(qtbot, widget, State.DONE)
    assert len(ran) == 1
    assert ran[0]["factor"] == 0.5
