"""The widget of a task: settings on the left, what came out on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from AnyQt.QtCore import QSize, Qt, QTimer
from AnyQt.QtGui import QGuiApplication, QKeySequence
from AnyQt.QtWidgets import QAction, QMenu
from orangewidget.settings import Setting
from orangewidget.widget import Msg, OWBaseWidget

from ...errors import InputError
from ...task import Task, resolve, task_of
from ...task.ewoks import OfWidget
from ...task.function import GENERATOR
from ...workflow.values import Encoder, decode
from ..lifetime import delete_later
from ..run.local_run import LocalNodeRun
from ..run.node_run import Linked, NodeRun, State
from ..run.words import doubts, error_words
from .form import SettingsForm
from .in_and_out import InAndOut
from .messages import FewMessages
from .orange_channels import declare_channels, source_of
from .run_bar import RunBar

#: how often what a run under way has made so far is looked at
LOOK_MS = 500


class TaskWidget(OWBaseWidget, FewMessages, openclass=True):  # type: ignore[call-arg]
    """A task with a face.

    ``class OWThing(TaskWidget, task="package.module.function")`` is a complete widget: its
    channels, its settings panel and its previews come from the task. It is a view of a
    `NodeRun`: our canvas gives it one with :meth:`attach`; in another Orange program it
    makes one of its own and talks through Orange's channels.
    """

    #: dotted path of the task
    task_identifier: ClassVar[str] = ""
    #: the task as ewoksorange asks for it, so that ``ewoks execute`` runs our ``.ows`` files
    ewokstaskclass: ClassVar[Any] = OfWidget()
    #: output name -> preview that shows it better than the usual one of its type
    previews: ClassVar[dict[str, Any]] = {}

    #: what a person set, exactly the node's ``default_inputs``
    _ewoks_default_inputs: dict[Any, Any] = Setting({}, schema_only=True)
    automatic: bool = Setting(True, schema_only=True)
    settings_version = 1

    mainArea_width_height_ratio = None

    class Error(OWBaseWidget.Error):
        failed = Msg("{}")

    class Warning(OWBaseWidget.Warning):
        doubtful = Msg("{}")

    class Information(OWBaseWidget.Information):
        said = Msg("{}")

    def __init_subclass__(cls, task: str | Callable[..., Any] = "", **keywords: Any) -> None:
        if task:
            cls.task_identifier = task if isinstance(task, str) else task_of(task).identifier
            try:
                declare_channels(cls, resolve("generated", cls.task_identifier, GENERATOR))
            except InputError:
                pass  # the widget says why when it is opened
        super().__init_subclass__(**keywords)

    def __init__(self) -> None:
        super().__init__()
        self._noderun: NodeRun | None = None
        self._driven = False
        self.form: SettingsForm | None = None
        self.area: Any = None
        self._shown_outputs: Any = None
        self._grown: Mapping[str, Any] = {}  #: what was last seen of a run under way
        self._looking = QTimer(self, interval=LOOK_MS)
        self._looking.timeout.connect(self._look)
        self._build_controls()
        self.settingsAboutToBePacked.connect(self._store_settings)
        # where no canvas of ours attaches a run, the widget is its own master
        start = QTimer(self, singleShot=True)
        start.timeout.connect(self._start_alone)
        start.start(0)

    # -- the run that it shows

    @property
    def noderun(self) -> NodeRun:
        """The run that this shows; one of its own where nobody attached one."""
        if self._noderun is None:
            return self._show_run(self._own_run())
        return self._noderun

    def attach(self, noderun: NodeRun) -> None:
        """Show a run that the canvas drives, and edit its settings."""
        self._driven = True
        self._show_run(noderun)
        action = self.findChild(QAction, "action-help")  # elsewhere Orange itself answers it
        action.setEnabled(noderun.task is not None)
        action.triggered.connect(self._show_help)

    def _own_run(self) -> LocalNodeRun:
        task, problem = self._task()
        settings = decode(self._ewoks_default_inputs)
        run = LocalNodeRun(task, settings, problem=problem, parent=self)
        run.automatic = self.automatic
        folder = self.workflowEnv().get("basedir")
        if folder:
            run.folder = type(run.folder)(folder)
        return run

    def _task(self) -> tuple[Task | None, str]:
        try:
            return resolve("generated", self.task_identifier, GENERATOR), ""
        except InputError as error:
            return None, str(error)

    def _show_run(self, noderun: NodeRun) -> NodeRun:
        self._noderun = noderun
        noderun.state_changed.connect(self._state_changed)
        noderun.progressed.connect(self._progressed)
        noderun.inputs_changed.connect(self._inputs_changed)
        noderun.following_changed.connect(self.run_bar.show_following)
        self.run_bar.automatic.setChecked(noderun.automatic)
        self._state_changed(noderun.state)
        if self.isVisible():
            self._fill_window()
        return noderun

    def _start_alone(self) -> None:
        run = self.noderun
        if not self._driven and isinstance(run, LocalNodeRun) and run.automatic:
            if run.state is State.IDLE and run.ready:
                run.run()

    def _store_settings(self) -> None:
        if self._noderun is not None:
            self._ewoks_default_inputs = Encoder(literal=True)(self._noderun.settings)
            self.automatic = self._noderun.automatic

    # -- channels of another Orange program

    def _take(self, name: str, value: Any) -> None:
        """A value that came along a link; None is a link taken away."""
        if self._driven:
            return
        linked = self.noderun.linked
        if value is None:
            linked.pop(name, None)
        else:
            linked[name] = Linked(*source_of(self, name), value)

    def handleNewSignals(self) -> None:
        run = self.noderun
        if self._driven:
            return
        run.inputs_changed.emit()
        if isinstance(run, LocalNodeRun):
            if run.automatic:
                run.run_if_ready()
            else:
                run.set_state(State.STALE)

    def _send_outputs(self, state: State) -> None:
        run = self.noderun
        for name in run.task.outputs if run.task is not None else ():
            if hasattr(self.Outputs, name):
                getattr(self.Outputs, name).send(
                    run.outputs.get(name) if state is State.DONE else None
                )

    # -- the window

    def _build_controls(self) -> None:
        # the settings and the preview are built when the window is first shown
        self.run_bar = RunBar()
        self.run_bar.run.connect(lambda: self.noderun.run())
        self.run_bar.cancel.connect(lambda: self.noderun.cancel())
        self.run_bar.automatic_changed.connect(self._set_automatic)
        self.run_bar.follow_changed.connect(lambda on: self.noderun.follow(on))
        self.buttonsArea.layout().addWidget(self.run_bar)
        self.buttonsArea.layout().setContentsMargins(8, 4, 8, 2)
        self.controlArea.layout().setContentsMargins(8, 4, 0, 4)
        self.in_and_out = InAndOut()
        self.statusBar().addWidget(self.in_and_out, 1)
        self._add_actions()

    def _add_actions(self) -> None:
        menu = self.findChild(QMenu, "menu-edit")
        self.undo_action = self._action("Undo", QKeySequence.StandardKey.Undo, self._undo)
        self.redo_action = self._action("Redo", QKeySequence("Ctrl+Shift+Z"), self._redo)
        actions = [
            self.undo_action,
            self.redo_action,
            self._action("Copy settings", None, self.copy_settings),
            self._action("Paste settings", None, self.paste_settings),
            self._action("Reset to defaults", None, self.reset_settings),
        ]
        menu.addActions(actions)
        self.addActions(actions[:2])

    def _action(self, words: str, keys: Any, call: Callable[[], None]) -> QAction:
        action = QAction(words, self)
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda: call())
        return action

    def setVisible(self, visible: bool) -> None:
        if visible:
            first = self.area is None
            self._fill_window()
            if first and self.savedWidgetGeometry is None:
                # Qt by itself takes two thirds of the screen at most: little on a laptop
                room = self.screen().availableSize() - QSize(40, 60)
                self.resize(self.sizeHint().boundedTo(room))
        super().setVisible(visible)

    def panel(self) -> SettingsForm:
        """The settings panel, built when it is first needed."""
        noderun = self.noderun
        if self.form is None or self.form.noderun is not noderun:
            if self.form is not None:
                self.form.deleteLater()
            self.form = SettingsForm(noderun, self.found)
            self.controlArea.layout().addWidget(self.form)
        return self.form

    def _fill_window(self) -> None:
        """Build what the window shows the first time, and bring it up to date."""
        self.panel()
        if self.area is None:
            from ..previews.area import PreviewArea

            self.area = PreviewArea()
            self.mainArea.layout().addWidget(self.area)
            # the preview's own arrow keys and clicks are not the dialog's
            self.area.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._inputs_changed()
        self._show_outputs()

    def sizeHint(self) -> QSize:
        """As wide as the panel and a good plot, and never more than a small screen."""
        panel = self.controlArea.sizeHint()
        return QSize(min(panel.width() + 780, 1300), min(max(panel.height() + 100, 600), 680))

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the inputs left on *auto* came to, by input name and in the input's own unit.

        By itself only an output that has the input's name says so.
        """
        return outputs

    # -- what a person does

    def _show_help(self) -> None:
        from .help_window import HelpWindow

        if self.noderun.task is not None:
            HelpWindow(self.noderun.task, self).show()

    def _set_automatic(self, on: bool) -> None:
        self.noderun.automatic = on
        if on and isinstance(self.noderun, LocalNodeRun) and self.noderun.state is State.STALE:
            self.noderun.run_if_ready()

    def _undo(self) -> None:
        if self.form is not None:
            self.form.history.undo()

    def _redo(self) -> None:
        if self.form is not None:
            self.form.history.redo()

    def reset_settings(self) -> None:
        """All settings back to the task's defaults; can be undone."""
        self.panel().history.reset()

    def copy_settings(self) -> None:
        """The settings into the clipboard, as JSON."""
        QGuiApplication.clipboard().setText(self.panel().history.copied())

    def paste_settings(self) -> None:
        """The settings from the clipboard; can be undone."""
        panel = self.panel()
        self.Information.clear()
        try:
            panel.history.paste(QGuiApplication.clipboard().text())
        except InputError as error:
            self.Information.said(str(error))

    def set_setting(self, name: str, value: Any) -> None:
        """Give an input a value that was picked on the plot, as if it had been typed."""
        self.panel().edit(name, value)

    def set_settings(self, values: Mapping[str, Any], words: str) -> None:
        """Give several inputs their values in one step that can be undone."""
        self.panel().edit_several(values, words)

    # -- what the run tells

    def _state_changed(self, state: State) -> None:
        self.run_bar.run_button.setEnabled(self.noderun.task is not None)
        self.run_bar.show_running(state.is_busy)
        if state is State.QUEUED:
            self.run_bar.show_progress(None, "Waiting for its turn")
        if state is State.RUNNING:
            self._grown = {}
            self._looking.start()
        else:
            self._looking.stop()
        if state is not State.RUNNING:
            self._show_messages(state)
        if not self._driven:
            self._tell_orange(state)
        self.in_and_out.show_run(self.noderun)
        # the sentence needs the line
        self.in_and_out.setVisible(state is not State.FAILED)
        if self.isVisible():
            self._show_outputs()

    def _tell_orange(self, state: State) -> None:
        ended = state in (State.DONE, State.FAILED, State.CANCELLED)
        if state is State.RUNNING and not self.processingState:
            self.setInvalidated(True)
            self.progressBarInit()
        elif ended:
            self._send_outputs(state)  # before the flag: what waits for it starts with it
            self.setInvalidated(False)
        if state is not State.RUNNING and self.processingState:
            self.progressBarFinished()

    def _progressed(self, fraction: float | None, message: str) -> None:
        if self.noderun.state is State.RUNNING:
            self.run_bar.show_progress(fraction, message)
            if fraction is not None and not self._driven:
                self.progressBarSet(100 * fraction)

    def _look(self) -> None:
        """Show what there is by now of the run under way."""
        look = self.noderun.look
        if look is None or self.area is None or not self.isVisible():
            return
        outputs = look()
        if any(self._grown.get(name) is not value for name, value in outputs.items()):
            self._grown, self._shown_outputs = outputs, None
            self.show_growing(self.area, outputs)

    def _show_messages(self, state: State) -> None:
        self.Error.clear()
        self.Warning.clear()
        if self.noderun.problem:
            self.Error.failed(self.noderun.problem)
        elif state is State.FAILED:
            sentence, unexpected = error_words(self.noderun.error)
            self.Error.failed(sentence, exc_info=unexpected)
        if said := doubts(self.noderun.outputs):
            self.Warning.doubtful(said)

    def _inputs_changed(self) -> None:
        self.run_bar.follow.setVisible(self.noderun.can_follow)
        self.in_and_out.show_run(self.noderun)
        if not self.noderun.outputs and self.isVisible():
            self._show_outputs()

    def _show_outputs(self) -> None:
        noderun = self.noderun
        if self.area is None:
            return
        if noderun.outputs:
            if noderun.outputs is not self._shown_outputs:
                self._shown_outputs = noderun.outputs
                known = noderun.task.outputs if noderun.task is not None else {}
                titles = {n: known[n].label if n in known else str(n) for n in noderun.outputs}
                self.show_previews(self.area, noderun.outputs, titles)
            return
        self._shown_outputs = None
        if self.show_before_run(self.area):
            return
        if noderun.state is State.FAILED:
            self.area.show_nothing(error_words(noderun.error)[0], failed=True)
        elif failed := [k.node for k in noderun.linked.values() if k.failed]:
            self.area.show_nothing(f"'{failed[0]}' failed, which this one needs: see there.")
        else:
            self.area.show_nothing(_WHY_NOTHING.get(noderun.state, ""))

    def show_before_run(self, area: Any) -> bool:
        """Show what came in while there is no result; for widgets where one picks on it."""
        return False

    def show_growing(self, area: Any, outputs: Mapping[str, Any]) -> None:
        """Show outputs as far as they are while the task runs."""
        known = self.noderun.task.outputs if self.noderun.task is not None else {}
        area.show_outputs({known[n].label: v for n, v in outputs.items() if n in known})

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        """Show the outputs; for widgets that know a better way than one tab each."""
        made_for = {titles[n]: p for n, p in self.previews.items() if n in titles}
        area.show_outputs({titles[n]: v for n, v in outputs.items()}, made_for)

    def onDeleteWidget(self) -> None:
        if isinstance(self._noderun, LocalNodeRun):
            self._noderun.cancel()
        super().onDeleteWidget()

    def deleteLater(self) -> None:
        delete_later(self)


_WHY_NOTHING = {
    State.IDLE: "Press Run to see the result here.",
    State.WAITING: "Waiting for its inputs: connect them, or give them on the left.",
    State.QUEUED: "Waiting for its turn …",
    State.RUNNING: "Running …",
    State.CANCELLED: "The run was cancelled.",
    State.STALE: "Press Run to see the result of these settings.",
}
