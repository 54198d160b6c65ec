"""What the program says of a task is prose, not the markup of its docstring."""

from __future__ import annotations

import pytest
import tasks_for_canvas as tasks

from beamcanvas.task import task_of

pytestmark = pytest.mark.gui

DOC = """Add two numbers,
slowly.

The sum of ``a`` and :class:`float` numbers.

Parameters
----------
a:
    First number.
"""


def test_prose_ends_where_the_parameters_begin():
    from beamcanvas.canvas.toolbox.help import first_paragraph, prose

    assert prose(DOC) == (
        "Add two numbers, slowly.\n\nThe sum of ``a`` and :class:`float` numbers."
    )
    assert first_paragraph(DOC) == "Add two numbers, slowly."
    assert prose("") == ""


def test_the_help_of_a_kind_lists_its_settings(configured):
    from beamcanvas.canvas.toolbox.help import kind_html
    from beamcanvas.canvas.toolbox.registry import catalogue, generic_description

    html = kind_html(generic_description(task_of(tasks.add)))
    assert "---" not in html
    assert "Parameters" not in html
    assert "<b>B</b>" in html
    for kind in catalogue().scan().registry.widgets():
        assert "----" not in kind_html(kind) + kind.description
        assert "`" not in kind_html(kind)


def test_orange_shows_our_help(window):
    registry = window.current_document().registry()
    kind = next(k for k in registry.widgets() if k.name == "Calibrate")
    shown = registry.action_for_widget(kind.qualified_name).whatsThis()
    assert "Find the geometry" in shown
    assert "Settings" in shown
