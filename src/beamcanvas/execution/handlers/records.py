"""What is kept of a run beside its events, in whatever database."""

from __future__ import annotations

import json
import sys
from typing import Any

from ...workflow import Workflow
from ..events import About, Event

#: the columns of the table ``beamcanvas_runs``, and the SQL type of each
RUN_FIELDS = {
    "job_id": "TEXT PRIMARY KEY",
    "workflow_id": "TEXT",
    "title": "TEXT",
    "path": "TEXT",
    "folder": "TEXT",
    "executor": "TEXT",
    "results": "TEXT",
    "workflow": "TEXT",
    "versions": "TEXT",
    "host_name": "TEXT",
    "user_name": "TEXT",
    "process_id": "INTEGER",
    "started": "TEXT",
    "ended": "TEXT",
    "state": "TEXT",
    "error": "TEXT",
}


def begun(about: About, event: Event) -> dict[str, Any]:
    """The row of a run that begins."""
    workflow = about.workflow
    return {
        "job_id": about.job_id,
        "workflow_id": str(workflow.id),
        "title": workflow.title,
        "path": None if workflow.path is None else str(workflow.path.absolute()),
        "folder": str(workflow.folder.absolute()),
        "executor": about.executor,
        "results": about.results,
        "workflow": _spelled(about),
        "versions": None,
        "host_name": event["host_name"],
        "user_name": event["user_name"],
        "process_id": event["process_id"],
        "started": event["time"],
        "ended": None,
        "state": "running",
        "error": None,
    }


def ended(about: About, event: Event) -> dict[str, Any]:
    """What of the row changes when the run ends."""
    state = "failed" if event["error"] else "done"
    return {
        "ended": event["time"],
        "state": "stopped" if event["message"] == "stopped" else state,
        "error": event["error_message"],
        "versions": json.dumps(_versions(about.workflow)),
    }


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
