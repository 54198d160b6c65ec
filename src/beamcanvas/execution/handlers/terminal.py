"""The progress of a run in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import Event

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID


class Terminal:
    """A line for the workflow and one for each node under way, on the standard error.

    Parameters
    ----------
    console:
        Where to write, if not there.
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[message]}"),
            TimeElapsedColumn(),
            console=console or Console(stderr=True),
        )
        self._nodes: dict[str, TaskID] = {}
        self._workflow: TaskID | None = None
        self._ended = 0

    def __call__(self, event: Event) -> None:
        if event["context"] == "workflow":
            self._workflow_event(event)
        elif event["context"] == "node":
            self._node_event(event)

    def _workflow_event(self, event: Event) -> None:
        from rich.markup import escape

        if event["type"] == "start":
            self._progress.start()
            name = f"[bold]{escape(event['workflow_id'])}"
            self._workflow = self._progress.add_task(name, total=None, message="")
        elif self._workflow is not None:
            for shown in self._nodes.values():
                self._progress.remove_task(shown)
            how = "[red]failed" if event["error"] else "[green]done"
            self._progress.update(self._workflow, total=1, completed=1, message=how)
            self._progress.stop()

    def _node_event(self, event: Event) -> None:
        from rich.markup import escape

        node = event["node_id"]
        if event["type"] == "start":
            if node not in self._nodes:
                label = f"  {escape(node)}"
                self._nodes[node] = self._progress.add_task(label, total=None, message="")
        elif event["type"] == "progress":
            percent, total = event["progress"], 100 if event["progress"] is not None else None
            words = escape(event["message"] or "")
            self._progress.update(self._nodes[node], total=total, completed=percent, message=words)
        else:
            self._progress.remove_task(self._nodes.pop(node))
            self._ended += 1
            if event["error"]:
                told = escape(f"{node}: {event['error_message']}")
                self._progress.console.print(f"[red]{told}")
            if self._workflow is not None:
                self._progress.update(self._workflow, message=f"{self._ended} nodes done")

    def close(self) -> None:
        self._progress.stop()
