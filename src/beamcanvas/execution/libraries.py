"""What the tasks of a workflow will need, loaded before the first of them has to wait for it."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from ..workflow import Workflow


def load_libraries(flat: Workflow) -> None:
    """Import what the packages of a workflow's tasks name as their ``LIBRARIES``.

    And what checks their inputs. Those that aren't installed are left to the task that needs
    them: it says so.
    """
    import_module("pydantic.dataclasses")
    ours = [n for n in flat.nodes.values() if n.task_type == "generated" and n.task_identifier]
    for package in dict.fromkeys(str(n.task_identifier).rpartition(".")[0] for n in ours):
        with suppress(ImportError):
            for name in getattr(import_module(package), "LIBRARIES", ()):
                with suppress(ImportError):
                    import_module(name)
