"""The view on which a scheme is edited: Orange's, with our nodes, links and clipboard."""

from __future__ import annotations

import copy
from typing import Any

from AnyQt.QtCore import QMimeData
from AnyQt.QtWidgets import QAction, QApplication, QMenu
from orangecanvas.canvas import items
from orangecanvas.document import commands, interactions, schemeedit
from orangecanvas.document.schemeedit import MimeTypeWorkflowFragment, SchemeEditWidget
from orangecanvas.registry import WidgetDescription
from orangecanvas.scheme import SchemeLink, SchemeNode

from ...errors import BeamcanvasError
from ...workflow import Link, Workflow
from ...workflow.formats import dumps, loads
from ..scheme import FLOW_IN, Scheme, StepNode, is_flow
from ..scheme.portable import draw_nodes, links_for, read_links, read_node
from ..toolbox.registry import catalogue
from .link_dialog import LinkDialog
from .links import StepScene

# the editor makes its scene by this name, and offers no other way to give it one
schemeedit.CanvasScene = StepScene


class NewLink(interactions.NewLinkAction):
    """A link being dragged. One that closes a loop asks for its condition first."""

    def connect_nodes(
        self,
        source_node: SchemeNode,
        sink_node: SchemeNode,
        source_signal: Any = None,
        sink_signal: Any = None,
    ) -> None:
        scheme = self.scheme
        closes = source_node is sink_node or source_node in scheme.downstream_nodes(sink_node)
        if not closes:
            super().connect_nodes(source_node, sink_node, source_signal, sink_signal)
            return
        self.cleanup()
        proposed = scheme.propose_links(source_node, sink_node, source_signal, sink_signal)
        mapping = {i.id: o.id for o, i, _ in proposed[:1] if i is not FLOW_IN}
        record = Link(source=source_node.id, target=sink_node.id, data_mapping=mapping)
        note = "This link closes a loop: give the condition on which it is followed."
        edited = LinkDialog.ask(record, source_node, sink_node, note, self.document)
        if edited is None:
            self.cancel(self.UserCancelReason)
            return
        for link in links_for(edited, source_node, sink_node, used_inputs(scheme)):
            commands.AddLinkCommand(scheme, link, parent=self.macro)

    def edit_links(
        self, source_node: Any, sink_node: Any, initial_links: Any = None
    ) -> tuple[int, list[SchemeLink], list[SchemeLink]]:
        """Several ends fit equally well: ask which."""
        mapping = {i.id: o.id for o, i in initial_links or ()}
        record = Link(source=source_node.id, target=sink_node.id, data_mapping=mapping)
        note = "Several ends fit: choose which output feeds which input."
        edited = LinkDialog.ask(record, source_node, sink_node, note, self.document)
        if edited is None:
            return 0, [], []
        replaced = [
            link
            for link in self.scheme.input_links(sink_node)
            if not is_flow(link) and link.sink_channel.id in edited.data_mapping
        ]
        used = used_inputs(self.scheme) - {(sink_node.id, k.sink_channel.id) for k in replaced}
        return 1, links_for(edited, source_node, sink_node, used), replaced


class Editor(SchemeEditWidget):
    """Edits a `Scheme`."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._link: SchemeLink | None = None
        self._own(self.findChild(QAction, "copy-action"), self.copy)
        self._own(self.findChild(QAction, "paste-action"), self.paste)
        self._own(self.findChild(QAction, "duplicate-action"), self.duplicate)
        self.edit_link_action = QAction(
            "Edit Link...", self, triggered=self._edit_context_link, objectName="edit-link-action"
        )
        self.edit_link_action.setShortcut("Ctrl+L")
        self.addAction(self.edit_link_action)
        reset = self.findChild(QAction, "link-reset-action")
        self.linkMenu().removeAction(reset)
        self.linkMenu().addAction(self.edit_link_action)

    @staticmethod
    def _own(action: QAction, slot: Any) -> None:
        action.triggered.disconnect()
        action.triggered.connect(slot)

    # -- nodes

    def newNodeHelper(
        self,
        description: WidgetDescription,
        title: str | None = None,
        position: tuple[float, float] | None = None,
    ) -> StepNode:
        record = catalogue().new_record(description)
        record.id = self.scheme().free_id(str(record.id))
        record.label = title or self.enumerateTitle(description.name)
        record.position = position or self.nextPosition()
        return StepNode(record, description)

    def isModifiedStrict(self) -> bool:
        return self.isModified()

    def setModified(self, modified: bool) -> None:
        super().setModified(modified)
        self.modificationChanged.emit(self.isModified())

    # -- links

    def setScheme(self, scheme: Scheme) -> None:
        super().setScheme(scheme)
        scene = self.scene()
        scene.link_item_activated.disconnect()
        scene.link_item_activated.connect(lambda item: self.edit_link(scene.link_for_item(item)))

    def sceneMousePressEvent(self, event: Any) -> bool:
        scene = self.scene()
        button = schemeedit.Qt.MouseButton.LeftButton
        if not scene.user_interaction_handler and event.button() == button:
            anchor = scene.item_at(event.scenePos(), items.NodeAnchorItem, buttons=button)
            if anchor:
                scene.clearSelection()
                handler = NewLink(self)
                self._setUserInteractionHandler(handler)
                return handler.mousePressEvent(event)
        return super().sceneMousePressEvent(event)

    def contextMenuForLink(self, link: SchemeLink) -> QMenu:
        self._link = link
        return super().contextMenuForLink(link)

    def _edit_context_link(self) -> None:
        selected = self.selectedLinks()
        link = selected[0] if selected else self._link
        if link is not None and link in self.scheme().links:
            self.edit_link(link)

    def edit_link(self, link: SchemeLink) -> None:
        """Let a person edit all that passes along a link."""
        source, target = link.source_node, link.sink_node
        shown = self._links_of(link)
        edited = LinkDialog.ask(read_links(shown)[0], source, target, "", self)
        if edited is not None:
            self.replace_link(shown, edited)

    def _links_of(self, link: SchemeLink) -> list[SchemeLink]:
        """The drawn links that together are one link of the workflow."""
        if is_flow(link):
            return [link]
        record = getattr(link, "record", None)
        return [
            other
            for other in self.scheme().links
            if not is_flow(other)
            and other.source_node is link.source_node
            and other.sink_node is link.sink_node
            and other.enabled == link.enabled
            and getattr(other, "record", None) is record
        ]

    def replace_link(self, shown: list[SchemeLink], edited: Link) -> None:
        """Put a link of the workflow in the place of drawn ones; one step to undo."""
        scheme = self.scheme()
        source, target = shown[0].source_node, shown[0].sink_node
        stack = self.undoStack()
        stack.beginMacro("Edit Link")
        for link in shown:
            self.removeLink(link)
        for link in links_for(edited, source, target, used_inputs(scheme)):
            self.addLink(link)
        stack.endMacro()

    # -- clipboard

    def copy(self) -> None:
        """Put the selected nodes, and the links between them, on the clipboard."""
        fragment = self._selected_part()
        if fragment.nodes:
            data = QMimeData()
            data.setData(MimeTypeWorkflowFragment, dumps(fragment, "ows").encode("utf-8"))
            QApplication.clipboard().setMimeData(data)

    def paste(self) -> None:
        """Add what is on the clipboard, as new nodes."""
        data = QApplication.clipboard().mimeData().data(MimeTypeWorkflowFragment)
        if data.isEmpty():
            return
        try:
            fragment = loads(bytes(data).decode("utf-8"), "ows")
        except (BeamcanvasError, UnicodeDecodeError):
            QApplication.beep()
            return
        self._add_part(fragment, "Paste")

    def duplicate(self) -> None:
        """Add a copy of the selected nodes."""
        self._add_part(self._selected_part(), "Duplicate")

    def _selected_part(self) -> Workflow:
        nodes = self.selectedNodes()
        links = [
            link
            for link in self.scheme().links
            if link.source_node in nodes and link.sink_node in nodes
        ]
        part = Workflow()
        part.nodes = {node.id: copy.deepcopy(read_node(node)) for node in nodes}
        part.links = copy.deepcopy(read_links(links))
        return part

    def _add_part(self, part: Workflow, name: str) -> None:
        if not part.nodes:
            return
        scheme = self.scheme()
        nodes = dict(zip(part.nodes, draw_nodes(part, catalogue()), strict=True))
        taken: set[str] = set()
        for node in nodes.values():
            node.record.id = _free(scheme, str(node.record.id), taken)
            node.title = self.enumerateTitle(schemeedit.remove_copy_number(node.title))
            x, y = node.position
            node.position = (x + 20.0, y + 20.0)
        stack = self.undoStack()
        stack.beginMacro(name)
        for node in nodes.values():
            self.addNode(node)
        for link in part.links:
            source, target = nodes[link.source], nodes[link.target]
            link.source, link.target = source.id, target.id
            for drawn in links_for(link, source, target, used_inputs(scheme)):
                self.addLink(drawn)
        stack.endMacro()
        self.scene().clearSelection()
        for node in nodes.values():
            self.scene().item_for_node(node).setSelected(True)


def used_inputs(scheme: Scheme) -> set[tuple[Any, Any]]:
    """The inputs (node id, channel id) that a drawn plain link feeds."""
    return {(k.sink_node.id, k.sink_channel.id) for k in scheme.links if not is_flow(k)}


def _free(scheme: Scheme, wanted: str, taken: set[str]) -> str:
    found = scheme.free_id(wanted)
    while found in taken:
        found = scheme.free_id(f"{found}_2")
    taken.add(found)
    return found
