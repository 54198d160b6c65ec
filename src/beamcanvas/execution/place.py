"""Where the user's history is, and what else is kept beside it."""

from __future__ import annotations

import os
from pathlib import Path

#: how the URL of a history in PostgreSQL begins
POSTGRES = ("postgresql://", "postgres://")


def user_folder() -> Path:
    """The folder of data of the user."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "beamcanvas"


def user_history() -> str:
    """The user's history: what ``$BEAMCANVAS_HISTORY`` names, a file or a URL, or a file."""
    return os.environ.get("BEAMCANVAS_HISTORY") or str(user_folder() / "history.db")


def is_url(place: str | Path) -> bool:
    """Whether it is a database of a server."""
    return str(place).startswith(POSTGRES)
