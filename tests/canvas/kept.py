"""Widgets of a test, held until pytest-qt has closed them.

pytest-qt holds none itself, and a window that Python's garbage collector deletes while it
is painted takes the process with it.
"""

from __future__ import annotations

from typing import Any


def keep(qtbot: Any, widget: Any) -> Any:
    """Have `widget` closed after the test, and not before."""
    qtbot.addWidget(widget)
    vars(qtbot).setdefault("kept", []).append(widget)
    return widget
