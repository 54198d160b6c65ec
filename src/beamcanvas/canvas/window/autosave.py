"""Unsaved work, kept beside the program's data in case it ends badly. JSON, never pickled."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from AnyQt.QtCore import QStandardPaths

from ...errors import BeamcanvasError
from ...output_file import replacing
from ...workflow import Workflow
from ...workflow.formats import dumps, loads


@dataclass(frozen=True)
class Unsaved:
    """Work that a program left behind."""

    file: Path
    path: str  #: of the scheme it belongs to; empty when it was never saved
    when: float
    content: str  #: as JSON

    @property
    def words(self) -> str:
        name = Path(self.path).name if self.path else "a new scheme"
        return f"{name}, {time.strftime('%Y-%m-%d %H:%M', time.localtime(self.when))}"

    def workflow(self) -> Workflow:
        """The work itself.

        Raises
        ------
        WorkflowError
            When the file is damaged.
        """
        workflow = loads(self.content)
        workflow.path = Path(self.path) if self.path else None
        return workflow

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)


def folder() -> Path:
    """Where unsaved work is kept."""
    where = QStandardPaths.StandardLocation.AppLocalDataLocation
    return Path(QStandardPaths.writableLocation(where)) / "unsaved"


class Autosave:
    """Keeps the unsaved work of one window."""

    def __init__(self) -> None:
        self.file = folder() / f"{os.getpid()}-{uuid4().hex[:8]}.json"

    def keep(self, workflow: Workflow, path: str) -> None:
        """Write the work as it stands; what can't be written is left, saving is what counts."""
        try:
            content = {"path": path, "when": time.time(), "workflow": dumps(workflow)}
            with replacing(self.file) as (_, new):
                new.write_text(json.dumps(content), "utf-8")
        except (TypeError, ValueError, BeamcanvasError):
            pass

    def clear(self) -> None:
        """Nothing is unsaved any more."""
        self.file.unlink(missing_ok=True)


def left_behind() -> list[Unsaved]:
    """The unsaved work of programs that are gone, newest first."""
    found = []
    for file in folder().glob("*.json"):
        try:
            if _is_alive(int(file.name.split("-")[0])):
                continue
            said = json.loads(file.read_text("utf-8"))
            found.append(
                Unsaved(file, str(said["path"]), float(said["when"]), str(said["workflow"]))
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda u: u.when, reverse=True)


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
