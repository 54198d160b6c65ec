"""What the history is told of a run whose process could not say its end itself."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from ...errors import InputError
from ..events import FIELDS, About, make_handler
from ..history import History


def close_run(job_id: str, words: str, *, stopped: bool = False) -> None:
    """Write the end of a run, and of its nodes under way, unless it is there already.

    Parameters
    ----------
    words:
        Why it ended.
    stopped:
        Whether somebody wanted it.
    """
    if os.environ.get("BEAMCANVAS_HISTORY") == "off":
        return
    history = History()
    try:
        run = history.run(job_id)
        if run.ended is not None:
            return
        workflow = history.workflow(job_id)
        handler: Any = make_handler("history")
    except InputError:  # it had not begun, or is kept nowhere
        return
    handler.about(About(job_id, workflow, {}, run.executor, run.results))
    event: dict[str, Any] = dict.fromkeys((*FIELDS, "message"))
    event.update(
        host_name=run.host_name,
        process_id=run.process_id,
        user_name=run.user_name,
        job_id=job_id,
        engine="beamcanvas",
        workflow_id=run.workflow_id,
        time=datetime.now().astimezone().isoformat(),
        type="end",
        error=True,
        error_message=words,
        message="stopped" if stopped else None,
    )
    for node in run.nodes:
        if node.ended is None:
            handler({**event, "context": "node", "node_id": node.node_id, "task_id": node.task})
    handler({**event, "context": "workflow"})
    handler({**event, "context": "job", "workflow_id": None})
    handler.close()
