"""The history of runs in PostgreSQL: the tables of the file, for many computers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import time_ns
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..events import FIELDS, About, Event
from .outbox import Message, Outbox, without_password
from .records import RUN_FIELDS, begun, ended

if TYPE_CHECKING:
    import psycopg

#: seconds that a server may take to answer
_ANSWER = 10


class PostgresHistory:
    """Keeps what `HistoryHandler` keeps, in a database that others write to as well.

    The events go there in a thread: a server that is slow or away holds up no run.

    Parameters
    ----------
    url:
        ``postgresql://user:password@host/database``; the tables are made when there are none.

    Raises
    ------
    InputError
        When the client library isn't installed.
    """

    def __init__(self, url: str) -> None:
        _library()
        self._outbox = Outbox(without_password(url), _Server(url))
        self._about: About | None = None
        # numbers grow from one handler of a job to the next: a run that could not say its end
        # is ended by another process
        self._count = time_ns()

    def about(self, about: About) -> None:
        """What the events that follow are of."""
        self._about = about

    def __call__(self, event: Event) -> None:
        self._count += 1
        message: Message = {name: _stored(event[name]) for name in FIELDS}
        message["number"] = self._count
        about = self._about
        if about is not None and event["context"] == "workflow":
            if event["type"] == "start":
                message["run"] = begun(about, event)
            elif event["type"] == "end":
                message["run"] = {"job_id": about.job_id, **ended(about, event)}
        self._outbox.put(message)

    def close(self) -> None:
        self._outbox.close()


class _Server:
    """All of a batch in one transaction; what is there already isn't added again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        names = ["job_id", "number", *(name for name in FIELDS if name != "job_id")]
        marks = ", ".join(f"%({name})s" for name in names)
        self._insert = (
            f"INSERT INTO ewoks_events ({', '.join(names)}) VALUES ({marks}) "  # noqa: S608
            "ON CONFLICT DO NOTHING"
        )

    def send(self, messages: Sequence[Message]) -> None:
        if self._connection is None:
            self._connection = connect(self._url)
            make_tables(self._connection)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(self._insert, messages)
            for run in (m["run"] for m in messages if "run" in m):
                marks = ", ".join(f"%({name})s" for name in run)
                changes = ", ".join(f"{name} = excluded.{name}" for name in run)
                cursor.execute(
                    f"INSERT INTO beamcanvas_runs ({', '.join(run)}) VALUES ({marks}) "  # noqa: S608
                    f"ON CONFLICT (job_id) DO UPDATE SET {changes}",
                    run,
                )

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that gives up on a server that doesn't answer."""
    return _library().connect(
        url,
        autocommit=True,
        connect_timeout=5,
        options=f"-c statement_timeout={1000 * _ANSWER} -c client_min_messages=warning",
        tcp_user_timeout=1000 * _ANSWER,
        keepalives_idle=_ANSWER,
        keepalives_interval=2,
        keepalives_count=3,
    )


def make_tables(connection: psycopg.Connection[Any]) -> None:
    """The tables of a history, where there are none."""
    events = ", ".join(f"{name} {_KINDS[kind]}" for name, kind in FIELDS.items())
    runs = ", ".join(f"{name} {kind}" for name, kind in RUN_FIELDS.items())
    with connection.transaction():
        # several programs that begin at once would make them at once
        connection.execute("SELECT pg_advisory_xact_lock(7263412)")
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS ewoks_events ({events}, number BIGINT, "
            "PRIMARY KEY (job_id, number))"
        )
        connection.execute(f"CREATE TABLE IF NOT EXISTS beamcanvas_runs ({runs})")


_KINDS = {"TEXT": "TEXT", "INTEGER": "INTEGER", "BLOB": "TEXT"}


def _library() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise InputError(
            "A history in PostgreSQL needs the extra 'postgresql': "
            "pip install 'beamcanvas[postgresql]'."
        ) from error
    return psycopg


def _stored(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return value if value is None or isinstance(value, (int, str)) else json.dumps(value)
