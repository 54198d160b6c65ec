"""A board in an SQLite file: for one computer, without any server."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from time import monotonic, sleep, time
from typing import Any

from .board import KEPT, LEASE, Board, BoardError
from .job import FIELDS, Attendant, Job, is_process_gone

_TABLES = (
    f"CREATE TABLE IF NOT EXISTS jobs ({', '.join(FIELDS)}, payload BLOB, result BLOB, "
    "PRIMARY KEY (id))",
    "CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, submitted)",
    "CREATE TABLE IF NOT EXISTS news (number INTEGER PRIMARY KEY AUTOINCREMENT, "
    "address TEXT, time REAL, what BLOB)",
    "CREATE TABLE IF NOT EXISTS workers (id PRIMARY KEY, queues TEXT, places INTEGER, seen REAL)",
)
_COLUMNS = ", ".join(FIELDS)


class SqliteBoard(Board):
    """A board in an SQLite file.

    Parameters
    ----------
    path:
        Of the file; made when it isn't there.

    Raises
    ------
    BoardError
        When it can't be written, or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self._path = Path(path).expanduser().absolute()
        self.url = str(self._path)
        self._lock = RLock()
        with self._at_once():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self._path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            # home folders are on other hosts, so no WAL. What is written survives any process;
            # only a power cut may cost it. The journal stays, as making it anew takes longer.
            self._connection.execute("PRAGMA journal_mode=PERSIST")
            self._connection.execute("PRAGMA synchronous=OFF")
            for table in _TABLES:
                self._connection.execute(table)
            self._version = -1
            if self._path.stat().st_mode & 0o002:
                raise BoardError(
                    f"{self._path}: everybody may write to this file, and so have anything run "
                    f"here. Take that away with: chmod o-w {self._path}"
                )

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                words = getattr(error, "strerror", None) or str(error)
                raise BoardError(f"{self._path}: the jobs can't be kept here: {words}.") from error

    def _do(self, command: str, *values: Any) -> int:
        with self._at_once():
            return self._connection.execute(command, values).rowcount

    def _ask(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._at_once():
            return self._connection.execute(query, values).fetchall()

    @property
    def name(self) -> str:
        return str(self._path)

    def add(self, job: Job, payload: bytes) -> None:
        values = asdict(job)
        marks = ", ".join("?" * (len(FIELDS) + 1))
        self._do(
            f"INSERT INTO jobs ({_COLUMNS}, payload) VALUES ({marks})",  # noqa: S608
            *(values[name] for name in FIELDS),
            payload,
        )

    def deliver(self, job: Job) -> None:
        """Nothing: workers look at the file."""

    def due(self, queues: Sequence[str]) -> str | None:
        """The job that is next, of these queues."""
        marks = ", ".join("?" * len(queues))
        found = self._ask(
            f"SELECT id FROM jobs WHERE state = 'queued' AND queue IN ({marks}) "  # noqa: S608
            "ORDER BY submitted LIMIT 1",
            *queues,
        )
        return found[0]["id"] if found else None

    def has_changed(self) -> bool:
        """Whether anybody else wrote since the last call. This costs next to nothing."""
        version = self._ask("PRAGMA data_version")[0][0]
        changed, self._version = version != self._version, version
        return bool(changed)

    def change(self, job_id: str, when: Mapping[str, Any], to: Mapping[str, Any]) -> bool:
        new = ", ".join(f"{name} = ?" for name in to)
        old = "".join(f" AND {name} IS ?" for name in when)
        command = f"UPDATE jobs SET {new} WHERE id = ?{old}"  # noqa: S608
        return bool(self._do(command, *to.values(), job_id, *when.values()))

    def _jobs(self, where: str, *values: Any) -> list[Job]:
        rows = self._ask(f"SELECT {_COLUMNS} FROM jobs WHERE {where}", *values)  # noqa: S608
        return [Job(**{**dict(row), "asked": bool(row["asked"])}) for row in rows]

    def job(self, job_id: str) -> Job | None:
        found = self._jobs("id = ?", job_id)
        return found[0] if found else None

    def jobs(self) -> list[Job]:
        return self._jobs("kind = 'workflow' ORDER BY submitted DESC")

    def unfinished(self) -> list[Job]:
        return self._jobs("state IN ('queued', 'running') ORDER BY submitted")

    def children(self, parent: str) -> list[Job]:
        return self._jobs("state IN ('queued', 'running') AND parent = ?", parent)

    def _blob(self, name: str, job_id: str) -> bytes | None:
        found = self._ask(f"SELECT {name} FROM jobs WHERE id = ?", job_id)  # noqa: S608
        blob: bytes | None = found[0][0] if found else None
        return blob

    def payload(self, job_id: str) -> bytes | None:
        return self._blob("payload", job_id)

    def keep_result(self, job_id: str, result: bytes) -> None:
        self._do("UPDATE jobs SET result = ? WHERE id = ?", result, job_id)

    def result(self, job_id: str) -> bytes | None:
        return self._blob("result", job_id)

    def remove(self, job_ids: Sequence[str]) -> None:
        with self._at_once():
            self._connection.executemany("DELETE FROM jobs WHERE id = ?", [(n,) for n in job_ids])

    def clean(self) -> None:
        """Forget what ended long ago, and news that nobody fetched."""
        old = time() - KEPT
        self._do("DELETE FROM jobs WHERE ended < ?", old)
        self._do("DELETE FROM news WHERE time < ?", old)

    def tell(self, address: str, news: bytes) -> None:
        self._do("INSERT INTO news (address, time, what) VALUES (?, ?, ?)", address, time(), news)

    def heard(self, address: str, seconds: float) -> list[bytes]:
        end = monotonic() + seconds
        pause = 0.001
        while True:
            rows = self._ask(
                "SELECT number, what FROM news WHERE address = ? ORDER BY number", address
            )
            if rows:
                self._do(
                    "DELETE FROM news WHERE address = ? AND number <= ?",
                    address,
                    rows[-1]["number"],
                )
                return [row["what"] for row in rows]
            while not self.has_changed():
                if monotonic() >= end:
                    return []
                sleep(min(pause, max(end - monotonic(), 0.0)))
                pause = min(1.3 * pause, 0.02)

    def beat(self, worker: Attendant) -> None:
        self._do(
            "INSERT OR REPLACE INTO workers VALUES (?, ?, ?, ?)",
            worker.id,
            json.dumps(worker.queues),
            worker.places,
            time(),
        )
        self._do("DELETE FROM workers WHERE seen < ?", time() - 10 * LEASE)

    def leave(self, worker: str) -> None:
        self._do("DELETE FROM workers WHERE id = ?", worker)

    def workers(self) -> list[Attendant]:
        rows = self._ask("SELECT * FROM workers WHERE seen > ?", time() - LEASE)
        return [
            Attendant(row["id"], tuple(json.loads(row["queues"])), row["places"], row["seen"])
            for row in rows
            if not is_process_gone(row["id"])
        ]

    def close(self) -> None:
        with self._lock:
            self._connection.close()
