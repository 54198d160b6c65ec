"""What opens for a node that has no panel: its widget or task isn't here, or it is a subgraph."""

from __future__ import annotations

from html import escape
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from ...errors import BeamcanvasError
from ...workflow import id_text
from ..scheme import StepNode
from ..toolbox.registry import inner_workflow


class Placeholder(QWidget):
    """Says why a node can't be set or run, and shows the settings that are kept for it."""

    def __init__(self, node: StepNode, why: str) -> None:
        super().__init__()
        record = node.record
        settings = node.run.settings if node.run is not None else record.default_inputs
        identifier = record.task_identifier
        _layout(
            self,
            f"<p><b>{escape(why)}</b></p>"
            f"<p>The node stays in the scheme with its settings and links, and is saved as it was."
            f"</p><p>Task: {escape(identifier if isinstance(identifier, str) else '')}</p>",
            [(str(name), repr(value)) for name, value in settings.items()],
            ("Setting", "Value"),
        )


class Subgraph(QWidget):
    """Lists the nodes inside a node that is a graph of its own."""

    def __init__(self, node: StepNode) -> None:
        super().__init__()
        rows: list[tuple[str, str]] = []
        text = f"<p><b>{escape(node.title)}</b> is a graph of its own.</p>"
        try:
            inner = inner_workflow(node.record)
        except BeamcanvasError as error:
            inner, text = None, f"<p>{escape(str(error))}</p>"
        if inner is None:
            text += f"<p>It is in {escape(str(node.record.task_identifier))}.</p>"
        else:
            rows = [
                (n.title or id_text(n.id), str(n.task_identifier)) for n in inner.nodes.values()
            ]
        _layout(self, text, rows, ("Node", "Task"))


def _layout(
    widget: QWidget, text: str, rows: list[tuple[str, str]], header: tuple[str, str]
) -> None:
    layout = QVBoxLayout(widget)
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    layout.addWidget(label)
    if rows:
        table = QTableWidget(len(rows), 2)
        table.setHorizontalHeaderLabels(list(header))
        table.horizontalHeader().setStretchLastSection(True)
        table.verticalHeader().hide()
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                item = QTableWidgetItem(value)
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                table.setItem(r, c, item)
        layout.addWidget(table)
    layout.addStretch()
    widget.resize(480, 320)


def why_not(node: StepNode) -> str:
    """Why a node has no panel of its own."""
    run: Any = node.run
    if run is not None and run.problem:
        return str(run.problem)
    return f"The task '{node.record.task_identifier}' isn't installed here."
