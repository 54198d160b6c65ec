"""The icons of the application."""

from __future__ import annotations

from pathlib import Path

from AnyQt.QtGui import QIcon

FOLDER = Path(__file__).parent / "icons"


def icon(name: str) -> QIcon:
    """An icon by the name of its file."""
    return QIcon(str(FOLDER / f"{name}.svg"))
