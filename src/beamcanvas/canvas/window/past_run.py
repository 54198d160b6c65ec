"""One past run: where and when it ran, its nodes, and what went wrong."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from AnyQt.QtCore import QPointF, Qt, QUrl
from AnyQt.QtGui import QColor, QDesktopServices, QIcon, QPainter, QPixmap
from AnyQt.QtWidgets import (
    QLabel,
    QPlainTextEdit,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..look import problem_colour

if TYPE_CHECKING:
    from ...execution.history import PastNode, PastRun

# as the nodes on the canvas have them
_COLOURS = {
    "running": "#0072b2",
    "done": "#009e73",
    "failed": "#d0312d",
    "stopped": "#7f8c97",
    "lost": "#e69f00",
}


@cache
def state_icon(state: str) -> QIcon:
    """A dot in the colour of a state."""
    made = QPixmap(32, 32)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(_COLOURS.get(state, "#7f8c97")))
    painter.drawEllipse(QPointF(16, 16), 9, 9)
    painter.end()
    found = QIcon(made)
    found.addPixmap(made, QIcon.Mode.Selected)  # else Qt tints it
    return found


def local(time: str) -> str:
    """A time on the user's clock."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ended_words(seconds: float | None) -> str:
    """How long something took."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


class PastRunView(QWidget):
    """A run's nodes, and above them what is to say of the whole."""

    def __init__(self) -> None:
        super().__init__()
        self.head = QLabel()
        self.head.setTextFormat(Qt.TextFormat.RichText)
        self.head.setWordWrap(True)
        self.head.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.head.linkActivated.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))
        self.nodes = QTreeWidget()
        self.nodes.setObjectName("past-nodes")
        self.nodes.setHeaderLabels(["Step", "State", "Began", "Took", "Inputs", "Task"])
        self.nodes.setRootIsDecorated(False)
        self.nodes.setUniformRowHeights(True)
        self.nodes.setAlternatingRowColors(True)
        for column, width in enumerate((170, 100, 158, 70, 360)):
            self.nodes.setColumnWidth(column, width)
        self.nodes.currentItemChanged.connect(lambda *_: self._show_node())
        self.trace = QPlainTextEdit()
        self.trace.setReadOnly(True)
        self.trace.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.trace.hide()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.nodes)
        split.addWidget(self.trace)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.head)
        layout.addWidget(split, 1)
        self._run: PastRun | None = None

    def show_nothing(self) -> None:
        """No run is selected."""
        self._run = None
        self.head.setText("")
        self.nodes.clear()
        self.trace.hide()

    def show_run(self, run: PastRun) -> None:
        """Show a run as it is by now."""
        if run == self._run:
            return
        before = self.nodes.currentItem()
        chosen = before.toolTip(0) if before is not None else None
        if self._run is None or self._run.job_id != run.job_id:
            chosen = next((node.node_id for node in run.nodes if node.error), None)
        self._run = run
        self.head.setText(_head(run, problem_colour(self)))
        self.nodes.blockSignals(True)
        self.nodes.clear()
        for node in run.nodes:
            item = _item(node)
            self.nodes.addTopLevelItem(item)
            if node.node_id == chosen:
                self.nodes.setCurrentItem(item)
        self.nodes.blockSignals(False)
        self._show_node()

    def _show_node(self) -> None:
        item = self.nodes.currentItem()
        node = None if item is None else item.data(0, Qt.ItemDataRole.UserRole)
        self.trace.setVisible(bool(node is not None and node.error))
        if node is not None and node.error:
            self.trace.setPlainText(f"{node.error}\n\n{node.traceback or ''}".rstrip())


def _head(run: PastRun, colour: str) -> str:
    rows = [f"<b>{escape(run.title)}</b>  {run.job_id}"]
    where = f"{run.executor}, process {run.process_id} of {run.user_name} on {run.host_name}"
    rows.append(escape(f"{run.path}, {where}" if run.path else where))
    made = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    if made:
        rows.append(escape(made))
    if run.results:
        url = QUrl.fromLocalFile(run.results).toString()
        rows.append(f"Results: <a href='{escape(url)}'>{escape(run.results)}</a>")
    if run.error:
        error = escape(" ".join(run.error.split()))
        rows.append(f"<span style='color: {colour}'>{error}</span>")
    return "<br/>".join(rows)


def _item(node: PastNode) -> QTreeWidgetItem:
    far = f" {node.progress} %" if node.ended is None and node.progress is not None else ""
    said = [f"{name} = {short_value(value)}" for name, value in node.inputs.items()]
    said += [f"{name} from {source}" for name, source in node.linked.items()]
    item = QTreeWidgetItem(
        [
            node.title or node.node_id,
            node.state + far,
            local(node.started),
            ended_words(node.seconds),
            ", ".join(said),
            short_task(node.task),
        ]
    )
    item.setIcon(1, state_icon(node.state))
    item.setToolTip(0, node.node_id)
    item.setToolTip(5, node.task or "")
    item.setToolTip(4, "\n".join(said))
    item.setToolTip(1, node.error or "")
    item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setData(0, Qt.ItemDataRole.UserRole, node)
    return item


def short_task(task: object) -> str:
    """A task's name, as short as it can be told."""
    return str(task or "").removeprefix("beamcanvas.")


def short_value(value: object) -> str:
    """A value in a list of them."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
