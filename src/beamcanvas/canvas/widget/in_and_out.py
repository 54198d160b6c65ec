"""The line below a window: what came in, and what went out."""

from __future__ import annotations

from ...task import MISSING
from ..look import Words
from ..previews.words import summary_of
from ..run.node_run import NodeRun, State


class InAndOut(Words):
    """One line of words; all of them when one points at it."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(6, 0, 6, 0)

    def show_run(self, noderun: NodeRun) -> None:
        came = [summary_of(k.value) for k in noderun.linked.values() if k.value is not MISSING]
        went = [
            summary_of(value) if hasattr(value, "summary") else f"{name} {summary_of(value)}"
            for name, value in noderun.outputs.items()
            if value is not None
        ]
        left = came[0] if came else ""
        if len(came) > 1:
            left += f" + {len(came) - 1} more"
        right = "; ".join(went) if went else noderun.state.value
        # what comes next is told by the bar: while a file is followed it would only flicker
        if went and noderun.state not in (State.DONE, State.WAITING, State.RUNNING):
            right += f"   ({noderun.state.value})"
        words = f"{left}  →  {right}" if left else right
        self.setText(words)
        tip = [*(f"in: {c}" for c in came), *(f"out: {w}" for w in went)]
        self.setToolTip("\n".join(tip) or words)
