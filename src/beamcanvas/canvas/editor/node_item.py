"""Nodes as they are drawn: how each stands is seen from afar, and told when one points at it."""

from __future__ import annotations

from html import escape
from typing import Any

from AnyQt.QtCore import QPointF, QRectF, Qt
from AnyQt.QtGui import QColor, QPainter, QPainterPath, QPen
from AnyQt.QtWidgets import QGraphicsItem
from orangecanvas.canvas.items import NodeItem

from ...task import MISSING
from ..previews.words import summary_of
from ..run.node_run import NodeRun, State
from ..run.words import error_words

# told apart by people who see few colours, on white and on dark (after Okabe and Ito)
_COLOURS = {
    State.WAITING: QColor("#7f8c97"),
    State.QUEUED: QColor("#56b4e9"),
    State.RUNNING: QColor("#0072b2"),
    State.DONE: QColor("#009e73"),
    State.STALE: QColor("#e69f00"),
    State.FAILED: QColor("#d0312d"),
    State.CANCELLED: QColor("#7f8c97"),
}
_RADIUS = 7.0
_BODY = QRectF(-24.0, -24.0, 48.0, 48.0)


class StateMark(QGraphicsItem):
    """A rim around a node and a small badge on it: colour and sign tell how the node stands."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.state = State.IDLE
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setZValue(10)

    def show_state(self, state: State) -> None:
        self.state = state
        self.update()

    def boundingRect(self) -> QRectF:
        return _BODY.adjusted(-3, -6, 3, 3)

    def shape(self) -> QPainterPath:
        return QPainterPath()  # what is below is what one clicks

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        colour = _COLOURS.get(self.state)
        if colour is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = Qt.PenStyle.DashLine if self.state is State.STALE else Qt.PenStyle.SolidLine
        if self.state not in (State.WAITING, State.CANCELLED):
            painter.setPen(QPen(colour, 2.0, line))
            painter.drawEllipse(_BODY)
        painter.translate(QPointF(14.5, -20.0))
        painter.setPen(QPen(QColor("white"), 1.4))
        painter.setBrush(colour)
        painter.drawPath(_badge(self.state))
        ink = QColor("#202020" if self.state in (State.STALE, State.QUEUED) else "white")
        pen = QPen(ink, 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_sign(self.state))


def _badge(state: State) -> QPainterPath:
    path = QPainterPath()
    if state is State.FAILED:  # an edge where all others are round
        path.addRoundedRect(QRectF(-6.5, -6.5, 13, 13), 2, 2)
    else:
        path.addEllipse(QPointF(0, 0), _RADIUS, _RADIUS)
    return path


def _sign(state: State) -> QPainterPath:
    path = QPainterPath()
    if state is State.DONE:
        path.moveTo(-3.2, 0.2)
        path.lineTo(-0.8, 2.6)
        path.lineTo(3.4, -2.4)
    elif state is State.FAILED:
        path.moveTo(0, -3.6)
        path.lineTo(0, 0.6)
        path.moveTo(0, 3.4)
        path.lineTo(0, 3.5)
    elif state is State.QUEUED:  # the hands of a clock
        path.moveTo(0, -3.8)
        path.lineTo(0, 0.4)
        path.lineTo(2.8, 2.0)
    elif state is State.RUNNING:
        path.moveTo(-1.6, -3)
        path.lineTo(3, 0)
        path.lineTo(-1.6, 3)
        path.closeSubpath()
    elif state is State.STALE:  # an arrow that goes round
        path.arcMoveTo(QRectF(-3.4, -3.4, 6.8, 6.8), 20)
        path.arcTo(QRectF(-3.4, -3.4, 6.8, 6.8), 20, 290)
        path.moveTo(4.6, -3.4)
        path.lineTo(3.4, -0.9)
        path.lineTo(0.9, -2.0)
    elif state is State.CANCELLED:
        path.moveTo(-3, 0)
        path.lineTo(3, 0)
    else:
        for x in (-3, 0, 3):
            path.moveTo(x, 0)
            path.lineTo(x + 0.01, 0)
    return path


class StepNodeItem(NodeItem):
    """A node on the canvas."""

    _run: NodeRun | None = None

    def watch(self, run: NodeRun) -> None:
        """Show how a run stands, from now on."""
        self._run = run
        self.mark = StateMark(self)
        self.mark.show_state(run.state)
        run.state_changed.connect(self.mark.show_state)

    def tell(self) -> None:
        """Have the tooltip say what is so now."""
        if self._run is not None:
            self.setToolTip(run_html(self.title(), self._run))


def run_html(title: str, run: NodeRun) -> str:
    """What came into a node and went out of it, how long it took, and what went wrong."""
    how = run.state.value
    if run.state is State.DONE and run.seconds is not None:
        how = f"done in {run.seconds:.2g} s" if run.seconds < 10 else f"done in {run.seconds:.0f} s"
    lines = [f"<b>{escape(title)}</b>: {escape(how)}"]
    wrong = run.problem
    if run.state is State.FAILED and run.error is not None:
        wrong = error_words(run.error)[0]
    if wrong:
        lines.append(f"<b>{escape(wrong)}</b>")
    task = run.task
    inputs, outputs = (task.inputs, task.outputs) if task is not None else ({}, {})
    rows = [("in", _words(k.value, inputs.get(str(name)), name)) for name, k in run.linked.items()]
    rows += [
        ("out", _words(value, outputs.get(name), name))
        for name, value in run.outputs.items()
        if value is not None
    ]
    table = "".join(
        f"<tr><td>{way}&nbsp;&nbsp;</td><td style='white-space: pre'>{escape(words)}</td></tr>"
        for way, words in rows
    )
    return f"<p style='white-space: pre-wrap'>{'<br/>'.join(lines)}</p><table>{table}</table>"


def _words(value: Any, spec: Any, name: object) -> str:
    label = spec.label if spec is not None else str(name)
    if value is MISSING:
        return f"{label}: not there yet"
    return summary_of(value) if hasattr(value, "summary") else f"{label}: {summary_of(value)}"
