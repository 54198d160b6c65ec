"""Where a history is read from: a file or a database, the same questions to both."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ..errors import InputError
from .place import is_url

Row: TypeAlias = dict[str, Any]


class Store(Protocol):
    """Answers SQL with ``?`` for values. How times compare and events are ordered differs."""

    place: str  #: as it may be shown
    moment: str  #: makes a time to compare of the text in ``{}``
    order: str  #: column by which events are in order

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """What there is.

        Raises
        ------
        InputError
            When there is no history there.
        """


def store_of(place: str) -> Store:
    """What reads the history at a place."""
    return _Postgres(place) if is_url(place) else _Sqlite(place)


class _Sqlite:
    moment = "julianday({})"
    order = "rowid"

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()
        self.place = str(self.path)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        if not self.path.is_file():
            raise InputError(f"{self.path}: there is no history here: nothing ran yet.")
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
                connection.row_factory = sqlite3.Row
                return [dict(row) for row in connection.execute(query, values)]
        except sqlite3.Error as error:
            raise InputError(f"{self.path}: this is not a history of runs: {error}.") from error


class _Postgres:
    moment = "({})::timestamptz"
    order = "number"

    def __init__(self, url: str) -> None:
        from .handlers.outbox import without_password

        self._url = url
        self.place = without_password(url)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        from .handlers.postgres import connect

        try:
            import psycopg
            from psycopg.rows import dict_row

            with (
                closing(connect(self._url)) as connection,
                connection.cursor(row_factory=dict_row) as cursor,
            ):
                found: list[Row] = cursor.execute(query.replace("?", "%s"), list(values)).fetchall()
                return found
        except ImportError as error:
            raise InputError(
                "A history in PostgreSQL needs the extra 'postgresql': "
                "pip install 'beamcanvas[postgresql]'."
            ) from error
        except psycopg.errors.UndefinedTable:  # nothing ran yet
            return []
        except psycopg.Error as error:
            words = " ".join(str(error).split())
            raise InputError(f"{self.place}: the history can't be read: {words}") from error
