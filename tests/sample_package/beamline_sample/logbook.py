"""A handler of events that keeps the logbook of the shift."""

from __future__ import annotations

from pathlib import Path

from beamcanvas.execution.events import Event


class Logbook:
    """Adds a line for each node that failed and for each workflow that ended."""

    def __init__(self, path: str = "logbook.txt") -> None:
        self.path = Path(path)

    def __call__(self, event: Event) -> None:
        if event["type"] != "end" or event["context"] == "job":
            return
        if event["error"]:
            self._add(event, f"failed: {event['error_message']}")
        elif event["context"] == "workflow":
            self._add(event, "done")

    def _add(self, event: Event, words: str) -> None:
        who = event["node_id"] or event["workflow_id"]
        with self.path.open("a") as file:
            file.write(f"{event['time']} {who} {words}\n")
