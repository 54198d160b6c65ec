"""The window *History*: what ran, by whichever interface, and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from AnyQt import sip
from AnyQt.QtCore import QSettings, Qt, QTimer
from AnyQt.QtGui import QHideEvent, QKeySequence, QShowEvent
from AnyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QShortcut,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...errors import BeamcanvasError
from ..look import RUN_STYLE, Words
from ..pictures import icon
from ..run.recorded import record_automatic, records_automatic
from ..threads import pool, window_thread
from .message_bar import MessageBar
from .past_run import PastRunView, ended_words, local, state_icon

if TYPE_CHECKING:
    from ...execution.history import History, PastRun
    from ...workflow import Workflow

#: so many are listed, the latest
MOST = 500
#: how often the list is read again while it is looked at
LOOK_MS = 2000
_STATES = ("running", "done", "failed", "stopped", "lost")
_SINCE = {"any time": None, "today": 0, "the last 7 days": 7, "the last 30 days": 30}
_SIZE = "history/geometry"


class HistoryWindow(QWidget):
    """Lists runs, shows one of them, and opens it or runs it again.

    Parameters
    ----------
    open_run:
        Called with a workflow to put on a canvas, and whether to run it there.
    history:
        Makes what is read; the user's own by default. It is read in the background.
    """

    def __init__(
        self,
        open_run: Callable[[Workflow, bool], object],
        history: Callable[[], History] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("history-window")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setWindowTitle("History - beamcanvas")
        self.setWindowIcon(icon("history"))
        self._open_run = open_run
        self._history = history or _own_history
        self._asked = 0  #: number of the latest question: older answers come too late
        self._wanted: str | None = None  #: the run whose details are on their way
        self._listed: list[PastRun] = []
        self.message_bar = MessageBar()
        self._filters, self._buttons = QHBoxLayout(), QHBoxLayout()
        self._build_filters()
        self._build_table()
        self.view = PastRunView()
        self._build_buttons()
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.view)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.message_bar)
        layout.addLayout(self._filters)
        layout.addWidget(split, 1)
        layout.addLayout(self._buttons)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.read)
        self._typed = QTimer(self, singleShot=True, interval=250)
        self._typed.timeout.connect(self.read)
        QShortcut(QKeySequence("F5"), self, self.read)
        QShortcut(QKeySequence("Ctrl+F"), self, self.search.setFocus)
        QShortcut(QKeySequence("Esc"), self, self.close)
        self.resize(1080, 660)
        kept = QSettings().value(_SIZE)
        self.is_placed = kept is not None and self.restoreGeometry(kept)
        self._selected()

    # -- building it

    def _build_filters(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Workflow or file (Ctrl+F)")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _: self._typed.start())
        self.state = QComboBox()
        self.state.addItem("any state", None)
        for state in _STATES:
            self.state.addItem(state_icon(state), state, state)
        self.since = QComboBox()
        for words, days in _SINCE.items():
            self.since.addItem(words, days)
        self.user = QLineEdit()
        self.user.setPlaceholderText("User")
        self.host = QLineEdit()
        self.host.setPlaceholderText("Computer")
        for box in (self.state, self.since):
            box.activated.connect(lambda _: self.read())
        for line in (self.user, self.host):
            line.setClearButtonEnabled(True)
            line.setMaximumWidth(160)
            line.textChanged.connect(lambda _: self._typed.start())
        self._filters.addWidget(self.search, 1)
        for widget in (self.state, self.since, self.user, self.host):
            self._filters.addWidget(widget)

    def _build_table(self) -> None:
        self.table = QTreeWidget()
        self.table.setObjectName("runs")
        self.table.setHeaderLabels(
            ["State", "Began", "Workflow", "Took", "Run on", "User", "Computer", "What went wrong"]
        )
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAlternatingRowColors(True)
        self.table.setAllColumnsShowFocus(True)
        for column, width in enumerate((92, 158, 220, 80, 90, 80, 120)):
            self.table.setColumnWidth(column, width)
        self.table.currentItemChanged.connect(lambda *_: self._selected())
        self.table.itemActivated.connect(lambda *_: self.open())

    def _build_buttons(self) -> None:
        def button(words: str, tip: str, call: Callable[[], None]) -> QPushButton:
            made = QPushButton(words)
            made.setToolTip(tip)
            made.setAutoDefault(False)
            made.clicked.connect(lambda: call())
            return made

        self.open_button = button(
            "Open", "Put what ran on the canvas, with its values (Enter)", self.open
        )
        self.open_button.setStyleSheet(RUN_STYLE)
        self.again_button = button(
            "Run again", "Put it on the canvas and run it, with the same values", self.run_again
        )
        self.save_button = button("Save as …", "Write the workflow to a file", self.save)
        self.crate_button = button(
            "Export …", "Write the run as a Workflow Run RO-Crate: a folder that says what ran, "
            "with which values, when, and what came of it", self.export,
        )  # fmt: skip
        self.automatic = QCheckBox("also record what runs by itself")
        self.automatic.setToolTip(
            "Runs on the canvas that a changed setting started are recorded as well"
        )
        self.automatic.setChecked(records_automatic())
        self.automatic.toggled.connect(record_automatic)
        self.words = Words(muted=True)
        self._buttons.addWidget(self.open_button)
        for made in (self.again_button, self.save_button, self.crate_button):
            self._buttons.addWidget(made)
        self._buttons.addWidget(self.words, 1)
        self._buttons.addWidget(self.automatic)

    # -- reading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()
        self._timer.start()
        self.table.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        QSettings().setValue(_SIZE, self.saveGeometry())

    def read(self) -> None:
        """List the runs as they are now."""
        days = self.since.currentData()
        since = None
        if days is not None:
            day = datetime.now().astimezone() - timedelta(days=days)
            since = day.replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
        asked = {
            "workflow": self.search.text().strip() or None,
            "state": self.state.currentData(),
            "user": self.user.text().strip() or None,
            "host": self.host.text().strip() or None,
            "since": since,
            "limit": MOST,
        }
        self._asked += 1
        self._in_background(lambda: self._history().runs(**asked), partial(self._show, self._asked))

    def _show(self, asked: int, found: list[PastRun]) -> None:
        if asked != self._asked:
            return
        if found == self._listed and self.table.topLevelItemCount():
            self._show_details()  # of a run that goes on
            return
        chosen = self.chosen
        self._listed = found
        place = self.table.verticalScrollBar().value()
        self.table.blockSignals(True)
        self.table.clear()
        for run in found:
            item = QTreeWidgetItem(
                [
                    run.state,
                    local(run.started),
                    run.title,
                    ended_words(run.seconds),
                    run.executor,
                    run.user_name or "",
                    run.host_name or "",
                    " ".join((run.error or "").split()),
                ]
            )
            item.setIcon(0, state_icon(run.state))
            item.setData(0, Qt.ItemDataRole.UserRole, run)
            item.setToolTip(2, run.path or run.title)
            item.setToolTip(7, run.error or "")
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.addTopLevelItem(item)
            if chosen is not None and run.job_id == chosen.job_id:
                self.table.setCurrentItem(item)
        if self.table.currentItem() is None and found:
            self.table.setCurrentItem(self.table.topLevelItem(0))
        self.table.blockSignals(False)
        self.table.verticalScrollBar().setValue(place)
        more = " or more" if len(found) >= MOST else ""
        self.words.setText(f"{len(found)}{more} run{'' if len(found) == 1 else 's'}")
        self._selected()

    @property
    def chosen(self) -> PastRun | None:
        """The run that is selected."""
        item = self.table.currentItem()
        return None if item is None else item.data(0, Qt.ItemDataRole.UserRole)

    def _selected(self) -> None:
        run = self.chosen
        for button in (self.open_button, self.again_button, self.save_button, self.crate_button):
            button.setEnabled(run is not None)
        if run is None:
            self._wanted = None
            self.view.show_nothing()
            return
        self._show_details()

    def _show_details(self) -> None:
        run = self.chosen
        if run is not None:
            job_id = self._wanted = run.job_id
            self._in_background(lambda: self._history().run(job_id), self._show_run)

    def _show_run(self, run: PastRun) -> None:
        if run.job_id == self._wanted:
            self.view.show_run(run)

    def _in_background(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        back = window_thread().call

        def perform() -> None:
            try:
                found = work()
            except BeamcanvasError as error:
                words = str(error)
                back(lambda: self._failed(words))
            else:
                back(lambda: None if sip.isdeleted(self) else then(found))

        pool().submit(perform)

    def _failed(self, words: str) -> None:
        if sip.isdeleted(self):
            return
        if "nothing ran yet" in words:
            self.words.setText("Nothing ran yet: what you run is listed here.")
        else:
            self.message_bar.tell(words)

    # -- what a person does

    def open(self) -> None:
        """Put what ran on a canvas."""
        self._with_workflow(lambda workflow: self._open_run(workflow, False))

    def run_again(self) -> None:
        """Put it on a canvas and run it."""
        self._with_workflow(lambda workflow: self._open_run(workflow, True))

    def save(self) -> None:
        """Write what ran to a file."""
        run = self.chosen
        if run is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self, "Save Workflow", str(Path(run.folder) / f"{run.title}.ows"),
            "Workflows (*.ows *.json *.yml *.yaml)",
        )  # fmt: skip
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Write the selected run's workflow to a file."""
        from ...nexus.workflow_file import as_run
        from ...workflow.formats import save

        def write(workflow: Workflow) -> None:
            try:
                save(as_run(workflow, path.absolute().parent, {}), path)
            except BeamcanvasError as error:
                self.message_bar.tell(str(error))
            else:
                self.message_bar.tell(f"Saved as {path}.", "info")

        self._with_workflow(write)

    def export(self) -> None:
        """Write the run as a crate."""
        run = self.chosen
        if run is None:
            return
        start = str(Path(run.folder) / f"{run.title}-{run.job_id[:8]}.crate")
        path, _ = QFileDialog.getSaveFileName(self, "Export Run", start, "New folder (*)")
        if path:
            self.export_to(Path(path))

    def export_to(self, folder: Path) -> None:
        """Write the selected run as a crate, in the background."""
        run = self.chosen
        if run is None:
            return
        from ...execution.crate import export_crate

        job_id = run.job_id
        self._in_background(
            lambda: export_crate(self._history(), job_id, folder),
            lambda made: self.message_bar.tell(f"Exported to {made}.", "info"),
        )

    def _with_workflow(self, then: Callable[[Workflow], object]) -> None:
        run = self.chosen
        if run is not None:
            job_id = run.job_id
            self._in_background(lambda: self._history().workflow(job_id), then)


def _own_history() -> History:
    from ...execution.history import History

    return History()
