"""Events in an SQLite file, as ewoks lays it out, so that its readers read it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..events import FIELDS, Event


class SqliteHandler:
    """Appends each event to the table ``ewoks_events`` of a file, to be read at once.

    Parameters
    ----------
    path:
        Of the file, or a ``file:`` URI of one; made when it isn't there.

    Raises
    ------
    InputError
        When the file can't be written or isn't a database.
    """

    patience = 1.0  #: seconds that another writer may take

    def __init__(self, path: str | Path) -> None:
        text = str(path)
        uri = text.startswith("file:")
        try:
            if not uri:
                Path(text).parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                text, timeout=self.patience, uri=uri, isolation_level=None, check_same_thread=False
            )
            # each event is there for readers at once, also on other hosts (so no WAL), and
            # survives a crash of this process; only a power cut may cost some. The journal
            # stays until the end, as making it anew takes longer than the event itself.
            self._connection.execute("PRAGMA journal_mode=PERSIST")
            self._connection.execute("PRAGMA synchronous=OFF")
            columns = ", ".join(f"{name} {kind}" for name, kind in FIELDS.items())
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS ewoks_events ({columns})")
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"Events can't be written to '{path}': {error}.") from error
        names, marks = ", ".join(FIELDS), ", ".join("?" * len(FIELDS))
        self._insert = f"INSERT INTO ewoks_events ({names}) VALUES ({marks})"  # noqa: S608

    def __call__(self, event: Event) -> None:
        self._connection.execute(self._insert, [_stored(event[name]) for name in FIELDS])

    def close(self) -> None:
        with suppress(sqlite3.Error):  # another run writes: the last one removes the journal
            self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()


def _stored(value: Any) -> Any:
    """As ewoks stores it: no value is the JSON text ``null``, in bytes."""
    if value is None:
        return b"null"
    if isinstance(value, (int, str)):
        return value
    return json.dumps(value).encode()
