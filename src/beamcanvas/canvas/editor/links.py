"""Links as they are drawn: what is more than one value handed over looks unlike the rest."""

from __future__ import annotations

from html import escape
from typing import Any

from AnyQt.QtCore import QPointF, Qt
from AnyQt.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from AnyQt.QtWidgets import QGraphicsSceneHelpEvent
from orangecanvas.canvas.items.linkitem import LinkCurveItem, LinkItem
from orangecanvas.canvas.scene import CanvasScene
from orangecanvas.scheme import SchemeLink

from ...workflow import Link
from ..previews.words import summary_of
from ..scheme import StepNode, describe, is_flow, key_of
from .node_item import StepNodeItem

# readable on white and on dark: condition, error, all data or order
_CONDITION, _ERROR, _OTHER = QColor("#c77700"), QColor("#d0312d"), QColor("#3f7fbf")

_ARROW = QPolygonF([QPointF(6, 0), QPointF(-5, 5), QPointF(-5, -5)])


def pen_style(link: Link | None) -> tuple[QColor, Qt.PenStyle]:
    """How the line of a link is drawn that isn't plain."""
    if link is not None and link.on_error:
        return _ERROR, Qt.PenStyle.DashDotLine
    if link is not None and link.is_conditional:
        return _CONDITION, Qt.PenStyle.DashLine
    if link is not None and (link.map_all_data or link.data_mapping):
        return _OTHER, Qt.PenStyle.SolidLine
    return _OTHER, Qt.PenStyle.DotLine


class StepCurveItem(LinkCurveItem):
    """The line of a link. One that leads back goes over the nodes between."""

    def __init__(self, parent: Any) -> None:
        self.style: tuple[QColor, Qt.PenStyle] | None = None
        super().__init__(parent)

    def setPen(self, pen: QPen) -> None:
        if self.style is not None:
            pen = QPen(pen)
            color, line = self.style
            pen.setColor(color.darker(120) if pen.color() == QColor("#959595") else color)
            pen.setStyle(line)
        super().setPen(pen)

    def setCurvePath(self, path: QPainterPath) -> None:
        if not path.isEmpty():
            start, end = path.pointAtPercent(0.0), path.pointAtPercent(1.0)
            if end.x() < start.x() + 20:
                path = _arch(start, end)
        super().setCurvePath(path)

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        super().paint(painter, option, widget)
        path = self.curvePath()
        if self.style is not None and self.isLinkEnabled() and not path.isEmpty():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(path.pointAtPercent(0.5))
            painter.rotate(-path.angleAtPercent(0.5))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.pen().color())
            painter.drawPolygon(_ARROW)


def _arch(start: QPointF, end: QPointF) -> QPainterPath:
    width = start.x() - end.x()
    # the wider the higher: loops that begin at the same node don't run into each other
    top = min(start.y(), end.y()) - min(45.0 + 0.35 * width, 220.0)
    out = max(40.0, min(0.25 * width, 120.0))
    path = QPainterPath(start)
    middle = QPointF((start.x() + end.x()) / 2, top)
    path.cubicTo(start + QPointF(out, 0), QPointF(start.x() + out, top), middle)
    path.cubicTo(QPointF(end.x() - out, top), end - QPointF(out, 0), end)
    return path


class StepLinkItem(LinkItem):
    """A link on the canvas."""

    curveItem: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._flow = False
        self._link: Any = None
        super().__init__(*args, **kwargs)
        self._own_curve()

    def _own_curve(self) -> None:
        plain, self.curveItem = self.curveItem, StepCurveItem(self)
        self.curveItem.setPen(plain.pen())
        plain.setParentItem(None)

    def show_link(self, link: SchemeLink) -> None:
        """Look like what the link does."""
        self._link = link
        record = getattr(link, "record", None)
        if is_flow(link):
            self._flow = True
            self.curveItem.style = pen_style(record)
            self.curveItem.setPen(self.curveItem.pen())
            words = describe(record) if record is not None else "then"
            self.setSourceName(words)
            self.setSinkName(words)
            self.setChannelNamesVisible(True)

    def tell(self) -> None:
        """Have the tooltip say what is handed over, and what was handed over last."""
        link, run = self._link, self._link.source_node.run
        name = key_of(link.source_channel)
        lines = [f"<b>{escape(link.source_node.title)} → {escape(link.sink_node.title)}</b>"]
        if is_flow(link):
            lines.append(escape(self.sourceName()))
        elif run is not None and name in run.outputs:
            lines.append(f"{escape(self.sourceName())}: {escape(summary_of(run.outputs[name]))}")
        else:
            lines.append(f"{escape(self.sourceName())}: not there yet")
        self.curveItem.setToolTip("<br/>".join(lines))

    def setChannelNamesVisible(self, visible: bool) -> None:
        super().setChannelNamesVisible(visible or self._flow)

    def setDynamic(self, dynamic: bool) -> None:
        """Orange would paint links from `Any` red; whether a value fits shows when it is there."""

    def setDynamicEnabled(self, enabled: bool) -> None:
        """Neither does the tooltip say so."""


class StepScene(CanvasScene):
    """The canvas, with our nodes and links on it."""

    def new_node_item(self, widget_desc: Any, category_desc: Any = None) -> StepNodeItem:
        item = StepNodeItem(widget_desc)
        known = self.registry is not None and self.registry.has_category(widget_desc.category)
        if known:
            item.setWidgetCategory(self.registry.category(widget_desc.category))
        else:
            item.setColor(QColor(widget_desc.background))
        item.setAnimationEnabled(True)
        return item

    def add_node(self, node: StepNode) -> StepNodeItem:
        item = super().add_node(node)
        item.watch(node.run)
        return item

    def helpEvent(self, event: QGraphicsSceneHelpEvent) -> None:
        for item in self.items(event.scenePos()):
            if isinstance(item, (StepNodeItem, StepLinkItem)):
                item.tell()
        super().helpEvent(event)

    def new_link_item(
        self, source_item: Any, source_channel: Any, sink_item: Any, sink_channel: Any
    ) -> StepLinkItem:
        item = StepLinkItem()
        item.setSourceItem(source_item, source_channel)
        item.setSinkItem(sink_item, sink_channel)
        item.setSourceName(source_channel.name)
        item.setSinkName(sink_channel.name)
        item.setChannelNamesVisible(self.channel_names_visible())
        return item

    def add_link(self, scheme_link: SchemeLink) -> StepLinkItem:
        item = super().add_link(scheme_link)
        item.show_link(scheme_link)
        return item
