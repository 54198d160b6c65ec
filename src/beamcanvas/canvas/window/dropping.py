"""What is dropped on the canvas: a workflow is opened, data gets a step that reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from AnyQt.QtCore import QEvent, QObject, QPoint
from AnyQt.QtWidgets import QMenu, QWidget
from orangecanvas.resources import icon_loader

from ...errors import BeamcanvasError
from ...workflow.formats import load, suffixes
from ..toolbox.readers import Reader, readers

if TYPE_CHECKING:
    from .files import FileWindow

#: the format of results, whose files may hold data, a workflow, or both
_RESULTS = "nexus"


class Drops(QObject):
    """Takes files and folders that are dropped on a window's canvas."""

    def __init__(self, window: FileWindow) -> None:
        super().__init__(window)
        self.window = window

    def watch(self, widget: QWidget) -> None:
        """Take what is dropped on a widget."""
        widget.setAcceptDrops(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)
        if event.type() not in kinds or not isinstance(watched, QWidget):
            return False
        data: Any = event
        urls = data.mimeData().urls() if data.mimeData().hasUrls() else []
        if not urls or not all(url.isLocalFile() for url in urls):
            return False
        data.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            place = data.position().toPoint() if hasattr(data, "position") else data.pos()
            self.take([Path(url.toLocalFile()) for url in urls], watched.mapToGlobal(place))
        return True

    def take(self, paths: list[Path], at: QPoint) -> None:
        """Open a workflow; put a step on the canvas that reads data, or let a person choose it."""
        path = paths[0]
        suffix = path.suffix.lower() if len(paths) == 1 and not path.is_dir() else ""
        formats = suffixes()
        if any(suffix in some for name, some in formats.items() if name != _RESULTS):
            if _holds_workflow(path):
                self.window.open_scheme_file(path)
                return
        found = readers(paths)
        if suffix in formats[_RESULTS] and _holds_workflow(path):
            self._offer(found, at, {"Open its workflow": lambda: self._open(path)})
        elif len(found) > 1:
            self._offer(found, at, {})
        elif found:
            self._put(found[0], at)
        elif suffix:
            self._open(path)  # which says why it is no workflow
        else:
            what = path.name if len(paths) == 1 else f"these {len(paths)} together"
            self.window.message_bar.tell(f"No step reads {what}.")

    def _open(self, path: Path) -> None:
        self.window.open_scheme_file(path)

    def _offer(
        self, found: list[Reader], at: QPoint, others: dict[str, Callable[[], None]]
    ) -> None:
        """A menu of the steps by technique, those that the scheme is about first."""
        menu = QMenu(self.window)
        used = [node.kind.category for node in self.window.scheme.nodes]
        for category in dict.fromkeys([*used, *(r.kind.category for r in found)]):
            some = [reader for reader in found if reader.kind.category == category]
            if some:
                menu.addAction(category).setEnabled(False)
            for reader in some:
                picture = icon_loader.from_description(reader.kind).get(reader.kind.icon)
                action = menu.addAction(picture, reader.kind.name)
                action.setIconVisibleInMenu(True)
                action.setToolTip(reader.kind.description)
                action.triggered.connect(lambda _=False, r=reader: self._put(r, at))
        menu.addSeparator()
        for words, call in others.items():
            menu.addAction(words).triggered.connect(lambda _=False, call=call: call())
        menu.setToolTipsVisible(True)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _put(self, reader: Reader, at: QPoint) -> None:
        """Add the step with its path filled in; one step to undo."""
        document = self.window.current_document()
        place = document.view().mapToScene(document.view().mapFromGlobal(at))
        node = document.newNodeHelper(reader.kind, position=(place.x(), place.y()))
        node.record.default_inputs = {reader.input: reader.value}
        document.addNode(node)
        document.scene().clearSelection()
        document.scene().item_for_node(node).setSelected(True)
        if reader.only_reads:
            self.window.scheme.engine.setting_edited(node)


def _holds_workflow(path: Path) -> bool:
    """Whether there is one with steps: other JSON files read as an empty one."""
    try:
        return bool(load(path.absolute()).nodes)
    except BeamcanvasError:
        return False
