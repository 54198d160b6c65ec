"""The history: every run with what ran, in an SQLite file of the user's."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from ...workflow import Workflow
from ..events import About, Event
from .sqlite import SqliteHandler

_RUNS = """CREATE TABLE IF NOT EXISTS beamcanvas_runs (
    job_id TEXT PRIMARY KEY, workflow_id TEXT, title TEXT, path TEXT, folder TEXT,
    executor TEXT, results TEXT, workflow TEXT, versions TEXT,
    host_name TEXT, user_name TEXT, process_id INTEGER,
    started TEXT, ended TEXT, state TEXT, error TEXT)"""


def user_file() -> Path:
    """The user's history: ``$BEAMCANVAS_HISTORY``, or in the folder of data of the user."""
    if said := os.environ.get("BEAMCANVAS_HISTORY"):
        return Path(said).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "beamcanvas" / "history.db"


class HistoryHandler(SqliteHandler):
    """Keeps for each run what ran, with the values given for it, and all of its events.

    The events are in ewoks' table. Several programs can write at once.

    Parameters
    ----------
    path:
        The file; that of the user by default (`user_file`).
    """

    patience = 30.0

    def __init__(self, path: str | Path | None = None) -> None:
        super().__init__(path or user_file())
        self._about: About | None = None
        self._connection.execute(_RUNS)
        self._connection.execute(
            "CREATE INDEX IF NOT EXISTS beamcanvas_events_of_job ON ewoks_events (job_id)"
        )

    def about(self, about: About) -> None:
        """What the events that follow are of."""
        self._about = about

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        about = self._about
        if about is None or event["context"] != "workflow":
            return
        if event["type"] == "start":
            self._begin(about, event)
        elif event["type"] == "end":
            state = "failed" if event["error"] else "done"
            if event["message"] == "stopped":
                state = "stopped"
            self._connection.execute(
                "UPDATE beamcanvas_runs SET ended = ?, state = ?, error = ?, versions = ? "
                "WHERE job_id = ?",
                (
                    event["time"],
                    state,
                    event["error_message"],
                    json.dumps(_versions(about.workflow)),
                    about.job_id,
                ),
            )

    def _begin(self, about: About, event: Event) -> None:
        workflow = about.workflow
        self._connection.execute(
            "INSERT OR REPLACE INTO beamcanvas_runs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                about.job_id,
                str(workflow.id),
                workflow.title,
                None if workflow.path is None else str(workflow.path.absolute()),
                str(workflow.folder.absolute()),
                about.executor,
                about.results,
                _spelled(about),
                None,
                event["host_name"],
                event["user_name"],
                event["process_id"],
                event["time"],
                None,
                "running",
                None,
            ),
        )


def _spelled(about: About) -> str:
    from ...workflow.formats import json_file

    workflow = about.workflow
    if about.inputs or any(node.task_type == "graph" for node in workflow.nodes.values()):
        from ...nexus.workflow_file import as_run

        workflow = as_run(workflow, workflow.folder, about.inputs)
    return json_file.dumps(workflow)


def _versions(workflow: Workflow) -> dict[str, str]:
    """Of Python, of this package, and of those whose tasks ran in this process."""
    from ... import __version__

    found = {"python": sys.version.partition(" ")[0], "beamcanvas": __version__}
    for node in workflow.nodes.values():
        if isinstance(node.task_identifier, str):
            name = node.task_identifier.partition(".")[0]
            version = getattr(sys.modules.get(name), "__version__", None)
            if isinstance(version, str):
                found[name] = version
    return found
