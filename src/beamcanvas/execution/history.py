"""What ran before: reading the history that runs leave behind."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, WorkflowError
from ..workflow import Workflow
from .handlers.records import RUN_FIELDS
from .place import user_history
from .stores import Row, store_of

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
    task: str | None
    started: str
    ended: str | None = None
    progress: int | None = None
    error: str | None = None
    traceback: str | None = None
    title: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)  #: values that were given
    linked: dict[str, str] = field(default_factory=dict)  #: where the others came from
    is_lost: bool = False  #: the run ended, or its process is no more, before it did

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if self.ended is None:
            return "lost" if self.is_lost else "running"
        return "done" if self.error is None else "failed"

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return _between(self.started, self.ended)


class History:
    """The runs in a file or in a database.

    Parameters
    ----------
    place:
        A file, or the URL of a PostgreSQL database; the user's own history by default.

    Raises
    ------
    InputError
        When there is no history, or the file is something else.
    """

    def __init__(self, place: str | Path | None = None) -> None:
        #: as a handler takes it (``history:...``)
        self.where = str(place or user_history())
        self._store = store_of(self.where)
        self.place = self._store.place  #: as it may be shown

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
            Part of its id, its title or the path of its file, in any case.
        since, until:
            When they began: ISO dates or times, local ones unless they say.
        """
        said: list[str] = []
        values: list[Any] = []
        moment = self._store.moment
        if workflow is not None:
            fields = ("workflow_id", "title", "coalesce(path, '')")
            said.append(f"({' OR '.join(f'lower({name}) LIKE ? ESCAPE ?' for name in fields)})")
            pattern = workflow.lower()
            for sign in "!%_":
                pattern = pattern.replace(sign, f"!{sign}")
            values += [f"%{pattern}%", "!"] * 3
        for name, value in (("user_name", user), ("host_name", host)):
            if value is not None:
                said.append(f"{name} = ?")
                values.append(value)
        if state is not None:  # who is lost looked as if it ran
            said.append("state = ?")
            values.append("running" if state == "lost" else state)
        for sign, when in ((">=", since), ("<=", until)):
            if when is not None:
                said.append(f"{moment.format('started')} {sign} {moment.format('?')}")
                values.append(_iso(when))
        where = f"WHERE {' AND '.join(said)}" if said else ""
        query = (
            f"SELECT {_LISTED} FROM beamcanvas_runs {where} "  # noqa: S608
            f"ORDER BY {moment.format('started')} DESC"
        )
        if limit is not None and state not in ("running", "lost"):
            query += f" LIMIT {int(limit)}"
        found = [_run(row) for row in self._store.rows(query, values)]
        return [run for run in found if state is None or run.state == state][:limit]

    def run(self, job_id: str) -> PastRun:
        """A run with its nodes and their inputs, by its id or the beginning of it."""
        row = self._row(job_id, "*")
        graph = row.pop("workflow")
        run = _run(row)
        query = (
            "SELECT node_id, task_id, time, type, progress, error, error_message, "  # noqa: S608
            "error_traceback FROM ewoks_events WHERE job_id = ? AND context = 'node' "
            f"ORDER BY {self._store.order}"
        )
        for event in self._store.rows(query, [run.job_id]):
            _take(run.nodes, event)
        if any(node.ended is None for node in run.nodes) and run.state != "running":
            for node in run.nodes:
                node.is_lost = node.ended is None
        _add_inputs(run.nodes, graph)
        return run

    def workflow(self, job_id: str) -> Workflow:
        """What ran, with the values that it ran with."""
        from ..workflow.formats import json_file

        row = self._row(job_id, "job_id, workflow, path, folder")
        workflow = json_file.loads(row["workflow"])
        # its relative paths are those of the folder, whether it came from a file or not
        workflow.path = Path(row["path"] or Path(row["folder"]) / "workflow.json")
        return workflow

    def _row(self, job_id: str, columns: str) -> Row:
        query = f"SELECT {columns} FROM beamcanvas_runs WHERE substr(job_id, 1, ?) = ? LIMIT 3"  # noqa: S608
        found = self._store.rows(query, [len(job_id), job_id])
        exact = [row for row in found if row["job_id"] == job_id]
        if not found or not job_id:
            raise InputError(f"There is no run '{job_id}' in {self.place}.")
        if len(found) > 1 and not exact:
            raise InputError(f"Several runs begin with '{job_id}'; give more of the id.")
        return (exact or found)[0]


#: of a run, all but the graph, which may be large
_LISTED = ", ".join(name for name in RUN_FIELDS if name != "workflow")


def _run(row: Row) -> PastRun:
    values = dict(row)
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


def _take(nodes: list[PastNode], event: Row) -> None:
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


def _add_inputs(nodes: list[PastNode], graph: str) -> None:
    from ..workflow import id_text
    from ..workflow.flat import flatten
    from ..workflow.formats import json_file
    from .plan import linked_inputs

    try:
        flat = flatten(json_file.loads(graph))
    except WorkflowError:  # of a version to come
        return
    linked = {id_text(n): found for n, found in linked_inputs(flat).items()}
    values = {id_text(n): node.default_inputs for n, node in flat.nodes.items()}
    titles = {id_text(n): node.title for n, node in flat.nodes.items()}
    for node in nodes:
        node.title = titles.get(node.node_id, node.node_id)
        sources = linked.get(node.node_id, {})
        node.linked = {str(name): source for name, source in sources.items()}
        node.inputs = {
            str(name): value
            for name, value in values.get(node.node_id, {}).items()
            if name not in sources
        }


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
