"""Events as lines of Python's logging."""

from __future__ import annotations

import logging

from ..events import Event


class LogHandler:
    """Logs each event at INFO, each error at ERROR.

    Parameters
    ----------
    name:
        Of the logger.
    """

    def __init__(self, name: str = "beamcanvas.run") -> None:
        self._logger = logging.getLogger(name)

    def __call__(self, event: Event) -> None:
        level = logging.ERROR if event["error"] else logging.INFO
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", sentence(event))


def sentence(event: Event) -> str:
    """An event in words."""
    who = {
        "job": "job",
        "workflow": f"workflow '{event['workflow_id']}'",
        "node": f"node '{event['node_id']}'",
    }[event["context"]]
    if event["type"] == "start":
        return f"{who} started"
    if event["type"] == "progress":
        percent = "" if event["progress"] is None else f" {event['progress']} %"
        return f"{who}{percent} {event['message'] or ''}".rstrip()
    return f"{who} failed: {event['error_message']}" if event["error"] else f"{who} finished"
