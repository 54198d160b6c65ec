"""Links as they are drawn: what is more than one value handed over looks unlike the rest."""

from __future__ import annotations

from typing import Any

from AnyQt.QtCore import QPointF, Qt
from AnyQt.QtGui import QColor, QPainterPath, QPen
from orangecanvas.canvas.items.linkitem import LinkCurveItem, LinkItem
from orangecanvas.canvas.scene import CanvasScene
from orangecanvas.scheme import SchemeLink

from ..workflow import Link
from .scheme import describe, is_flow

# readable on white and on dark: condition, error, all data or order
_CONDITION, _ERROR, _OTHER = QColor("#c77700"), QColor("#d0312d"), QColor("#3f7fbf")


def pen_style(link: Link | None) -> tuple[QColor, Qt.PenStyle]:
    """How the line of a link is drawn that isn't plain."""
    if link is not None and link.on_error:
        return _ERROR, Qt.PenStyle.DashDotLine
    if link is not None and link.conditions:
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


def _arch(start: QPointF, end: QPointF) -> QPainterPath:
    width = start.x() - end.x()
    top = min(start.y(), end.y()) - max(70.0, min(0.35 * width, 160.0))
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
        super().__init__(*args, **kwargs)
        self._own_curve()

    def _own_curve(self) -> None:
        plain, self.curveItem = self.curveItem, StepCurveItem(self)
        self.curveItem.setPen(plain.pen())
        plain.setParentItem(None)

    def show_link(self, link: SchemeLink) -> None:
        """Look like what the link does."""
        record = getattr(link, "record", None)
        if is_flow(link):
            self._flow = True
            self.curveItem.style = pen_style(record)
            self.curveItem.setPen(self.curveItem.pen())
            words = describe(record) if record is not None else "then"
            self.setSourceName(words)
            self.setSinkName(words)
            self.setChannelNamesVisible(True)
            self.setToolTip(words)

    def setChannelNamesVisible(self, visible: bool) -> None:
        super().setChannelNamesVisible(visible or self._flow)

    def setDynamic(self, dynamic: bool) -> None:
        """Orange would paint links from `Any` red; whether a value fits shows when it is there."""


class StepScene(CanvasScene):
    """The canvas, with our links on it."""

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
