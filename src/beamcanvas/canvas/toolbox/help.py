"""What a task says of itself, as a person reads it: its prose and its settings, without markup."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from orangecanvas.document import interactions, schemeedit
from orangecanvas.registry import WidgetDescription, qt

from ...task import Task

_CODE = re.compile(r"``?([^`]+)``?")
_ROLE = re.compile(r":[\w:]+:`~?([^`]+)`")


@lru_cache(maxsize=512)
def prose(doc: str) -> str:
    """The paragraphs of a docstring that say what it is about, each in one line."""
    from docstring_parser import ParseError, parse  # only when someone reads

    try:
        doc = parse(doc).description or ""
    except ParseError:
        pass
    paragraphs = doc.split("\n\n")
    return "\n\n".join(" ".join(p.split()) for p in paragraphs if p.strip())


def first_paragraph(doc: str) -> str:
    """What a docstring is about, in one line."""
    return prose(doc).split("\n\n")[0]


def task_html(task: Task) -> str:
    """What a task does, and each of its inputs in a line."""
    text = "".join(f"<p>{_marked_up(p)}</p>" for p in prose(task.help).split("\n\n") if p)
    for heading, data in (("Takes", True), ("Settings", False)):
        lines = [
            f"<b>{escape(spec.label)}</b>&nbsp; {_marked_up(task.help_for(spec.name))}<br/>"
            for spec in task.inputs.values()
            if spec.is_data is data
        ]
        if lines:
            text += f"<p><u>{heading}</u><br/>{''.join(lines)}</p>"
    return text


def _marked_up(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _ROLE.sub(r"\1", escape(text, quote=False)))


def kind_html(kind: WidgetDescription, include_more_link: bool = False) -> str:
    """What the help pane says of a kind of node."""
    task = getattr(kind, "task", None)
    said = f"<p>{escape(kind.description or '')}</p>" if task is None else task_html(task)
    return f"<h3>{escape(kind.name)}</h3>{said}"


# Orange cuts the text after a hundred characters, and takes no other from a kind of node
for module in (qt, schemeedit, interactions):
    module.whats_this_helper = kind_html
