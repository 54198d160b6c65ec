"""The progress of a run in a terminal."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ..events import Event

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID


class Terminal:
    """A line for the workflow and one for each node under way, on the standard error.

    What failed is told by who ran the workflow; here it is only counted. At the end one line
    stays.

    Parameters
    ----------
    console:
        Where to write, if not there.
    """

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[message]}", style="dim"),
            console=self._console,
            transient=True,
        )
        self._nodes: dict[str, TaskID] = {}
        self._workflow: TaskID | None = None
        self._started = 0.0
        self._done = self._failed = 0

    def __call__(self, event: Event) -> None:
        if event["context"] == "workflow":
            self._workflow_event(event)
        elif event["context"] == "node":
            self._node_event(event)

    def _workflow_event(self, event: Event) -> None:
        from rich.markup import escape

        name = f"[bold]{escape(event['workflow_id'])}[/]"
        if event["type"] == "start":
            self._started = monotonic()
            self._workflow = self._progress.add_task(name, total=None, message="")
            self._progress.start()
            return
        self._progress.stop()
        how = "[green]done[/]"
        if event["error"]:
            how = "[red]failed[/]" if self._failed else "[yellow]stopped[/]"
        seconds = monotonic() - self._started
        self._console.print(
            f"{name} {how}  [dim]{self._counted()}, {seconds:.1f} s[/]", highlight=False
        )

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
            self._failed += bool(event["error"])
            self._done += not event["error"]
            if self._workflow is not None:
                self._progress.update(self._workflow, message=self._counted())

    def _counted(self) -> str:
        done = f"{self._done} node{'' if self._done == 1 else 's'}"
        return f"{done} done, {self._failed} failed" if self._failed else done

    def close(self) -> None:
        self._progress.stop()
