"""How long a window lives."""

from __future__ import annotations

from AnyQt.QtCore import QObject

_leaving: set[QObject] = set()


def delete_later(window: QObject) -> None:
    """Have Qt delete a window that is in use no more, and hold it until then.

    A window that nothing refers to is garbage to Python, which may come for it at any
    moment: also while Qt delivers an event to one of its parts, and that ends the program.
    """
    _leaving.add(window)
    window.destroyed.connect(lambda: _leaving.discard(window))
    QObject.deleteLater(window)
