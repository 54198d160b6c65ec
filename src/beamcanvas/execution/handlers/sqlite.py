"""Events in an SQLite file, as ewoks lays it out, so that its readers read it."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import deque
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from ...errors import InputError
from ..events import FIELDS, Event

log = logging.getLogger("beamcanvas.run")

#: seconds that a run waits for a writer before, and between tries after that
_WAIT, _AGAIN = 1.0, 0.5


class SqliteHandler:
    """Appends each event to the table ``ewoks_events`` of a file, to be read at once.

    While the file is locked or its disk full, events wait and the run goes on.

    Parameters
    ----------
    path:
        Of the file, or a ``file:`` URI of one; made when it isn't there.

    Raises
    ------
    InputError
        When the file can't be written or isn't a database.
    """

    patience = 1.0  #: seconds that it may take to open the file, and to write what waits at the end

    def __init__(self, path: str | Path) -> None:
        text = str(path)
        uri = text.startswith("file:")
        self._name = text
        self._due: deque[tuple[str, list[Any]]] = deque()
        self._again = 0.0  #: when what waits is tried again
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
            self._be_patient(_WAIT)
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"Events can't be written to '{path}': {error}.") from error
        names, marks = ", ".join(FIELDS), ", ".join("?" * len(FIELDS))
        self._insert = f"INSERT INTO ewoks_events ({names}) VALUES ({marks})"  # noqa: S608

    def __call__(self, event: Event) -> None:
        self.write(self._insert, [_stored(event[name]) for name in FIELDS])

    def write(self, statement: str, values: list[Any]) -> None:
        """Execute a statement, after those that wait."""
        self._due.append((statement, values))
        if monotonic() >= self._again:
            self._write_due()

    def _write_due(self) -> None:
        try:
            while self._due:
                self._connection.execute(*self._due[0])
                self._due.popleft()
        except sqlite3.OperationalError as error:  # locked, or no room
            if not self._again:
                log.warning("%s: events wait until it can be written: %s", self._name, error)
                self._be_patient(0)
            self._again = monotonic() + _AGAIN
            return
        if self._again:
            self._again = 0.0
            self._be_patient(_WAIT)

    def _be_patient(self, seconds: float) -> None:
        self._connection.execute(f"PRAGMA busy_timeout={int(1000 * seconds)}")

    def close(self) -> None:
        """Write what waits, as long as that may take, and let go of the file."""
        if self._due:
            self._be_patient(self.patience)
            self._write_due()
        if self._due:
            log.warning("%s: %d events couldn't be written.", self._name, len(self._due))
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
