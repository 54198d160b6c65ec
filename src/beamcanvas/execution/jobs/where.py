"""Which board is meant: by its address, by the environment, by a file, else one's own."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import InputError
from ..place import user_folder
from .board import Board

#: names the board, for clients and workers
VARIABLE = "BEAMCANVAS_BROKER"
_SERVERS = ("redis", "rediss", "unix")


def config_file() -> Path:
    """The file of the user whose one line is the address of the board."""
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(config) / "beamcanvas" / "broker"


def address() -> str:
    """That of ``$BEAMCANVAS_BROKER``, of `config_file`, else a file in the user's data folder."""
    if said := os.environ.get(VARIABLE):
        return said
    try:
        if said := config_file().read_text(encoding="utf-8").strip():
            return said
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{config_file()}: the file can't be read: {error}.") from None
    return str(user_folder() / "jobs.db")


def open_board(url: str | None = None) -> Board:
    """The board at an address: the URL of a Redis, or an SQLite file.

    Raises
    ------
    BoardError
        When it can't be reached.
    InputError
        When the address means nothing.
    """
    url = url or address()
    scheme, separator, _ = url.partition("://")
    if not separator:
        from .sqlite_board import SqliteBoard

        return SqliteBoard(url)
    if scheme not in _SERVERS:
        raise InputError(
            f"{url}: a queue of jobs is at redis://HOST:PORT/NUMBER, or in a file that is "
            "named by its path."
        )
    from .redis_board import RedisBoard

    return RedisBoard(url)
