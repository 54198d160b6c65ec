"""What ran before: reading the history that runs leave behind."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..workflow import Workflow
from .handlers.history import user_file

STATES = ("running", "done", "failed", "stopped", "lost")


@dataclass
class PastRun:
    """A run, as it is known."""

    job_id: str
    workflow_id: str
    title: str
    path: str | None  #: of the workflow's file
    folder: str  #: that its relative paths are relative to
    executor: str
    results: str | None  #: file of results
    host_name: str | None
    user_name: str | None
    process_id: int | None
    started: str
    ended: str | None
    state: str  #: one of `STATES`; lost is a run whose process is no more
    error: str | None
    versions: dict[str, str]
    nodes: list[PastNode] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return _between(self.started, self.ended)


@dataclass
class PastNode:
    """One firing of a node in a run."""

    node_id: str
    task: str
    started: str
    ended: str | None = None
    progress: int | None = None
    error: str | None = None
    traceback: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return _between(self.started, self.ended)


class History:
    """The runs in a file.

    Parameters
    ----------
    path:
        That of the user by default.

    Raises
    ------
    InputError
        When there is no history, or the file is something else.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path or user_file()).expanduser()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise InputError(f"{self.path}: there is no history here: nothing ran yet.")
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=30)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise InputError(f"{self.path}: this is not a history of runs: {error}.") from error

    def runs(
        self,
        *,
        workflow: str | None = None,
        state: str | None = None,
        user: str | None = None,
        host: str | None = None,
        since: str | None = None,
        until: str | None = None,
        limit: int | None = None,
    ) -> list[PastRun]:
        """The runs, the latest first.

        Parameters
        ----------
        workflow:
            Part of its id, its title or the path of its file.
        since, until:
            When they began: ISO dates or times, local ones unless they say.
        """
        said: list[str] = []
        values: list[Any] = []
        if workflow is not None:
            said.append("(instr(workflow_id, ?) OR instr(title, ?) OR instr(ifnull(path, ''), ?))")
            values += [workflow] * 3
        for name, value in (("user_name", user), ("host_name", host)):
            if value is not None:
                said.append(f"{name} = ?")
                values.append(value)
        for sign, when in ((">=", since), ("<=", until)):
            if when is not None:
                said.append(f"julianday(started) {sign} julianday(?)")
                values.append(_iso(when))
        where = f"WHERE {' AND '.join(said)}" if said else ""
        query = f"SELECT * FROM beamcanvas_runs {where} ORDER BY julianday(started) DESC"  # noqa: S608
        found = []
        with self._opened() as connection:
            for row in connection.execute(query, values):
                run = _run(row)
                if state is None or run.state == state:
                    found.append(run)
                if limit is not None and len(found) >= limit:
                    break
        return found

    def run(self, job_id: str) -> PastRun:
        """A run with its nodes, by its id or the beginning of it."""
        with self._opened() as connection:
            row = self._row(connection, job_id)
            run = _run(row)
            query = (
                "SELECT * FROM ewoks_events WHERE job_id = ? AND context = 'node' ORDER BY rowid"
            )
            for event in connection.execute(query, (run.job_id,)):
                _take(run.nodes, event)
        return run

    def workflow(self, job_id: str) -> Workflow:
        """What ran, with the values that it ran with."""
        from ..workflow.formats import json_file

        with self._opened() as connection:
            row = self._row(connection, job_id)
        workflow = json_file.loads(row["workflow"])
        # its relative paths are those of the folder, whether it came from a file or not
        workflow.path = Path(row["path"] or Path(row["folder"]) / "workflow.json")
        return workflow

    def _row(self, connection: sqlite3.Connection, job_id: str) -> sqlite3.Row:
        query = "SELECT * FROM beamcanvas_runs WHERE substr(job_id, 1, ?) = ? LIMIT 3"
        found = connection.execute(query, (len(job_id), job_id)).fetchall()
        exact = [row for row in found if row["job_id"] == job_id]
        if not found or not job_id:
            raise InputError(f"There is no run '{job_id}' in {self.path}.")
        if len(found) > 1 and not exact:
            raise InputError(f"Several runs begin with '{job_id}'; give more of the id.")
        row: sqlite3.Row = (exact or found)[0]
        return row


def _run(row: sqlite3.Row) -> PastRun:
    values = {name: row[name] for name in row.keys() if name != "workflow"}  # noqa: SIM118
    values["versions"] = json.loads(values["versions"] or "{}")
    run = PastRun(**values)
    if run.state == "running" and _is_gone(run):
        run.state = "lost"
    return run


def _is_gone(run: PastRun) -> bool:
    """Whether the process that ran it was one of this computer and is no more."""
    if run.host_name != os.uname().nodename or run.process_id is None:
        return False
    try:
        os.kill(run.process_id, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _take(nodes: list[PastNode], event: sqlite3.Row) -> None:
    if event["type"] == "start":
        nodes.append(PastNode(event["node_id"], event["task_id"], event["time"]))
        return
    under_way = [n for n in nodes if n.node_id == event["node_id"] and n.ended is None]
    if not under_way:
        return
    node = under_way[-1]
    if event["type"] == "progress":
        if isinstance(event["progress"], int):
            node.progress = event["progress"]
        return
    node.ended = event["time"]
    if event["error"] == 1:
        node.error, node.traceback = event["error_message"], event["error_traceback"]


def _iso(when: str) -> str:
    from datetime import datetime

    try:
        return datetime.fromisoformat(when).astimezone().isoformat()
    except ValueError:
        raise InputError(
            f"'{when}' is no time: write it like 2026-05-17 or 2026-05-17T14:30."
        ) from None


def _between(start: str, end: str | None) -> float | None:
    from datetime import datetime

    if end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
