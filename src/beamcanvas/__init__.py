"""beamcanvas: X-ray data reduction as workflows, on a canvas and headless."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import BeamcanvasError, InputError, TaskError, WorkflowError
    from .execution import run
    from .task import Param, Progress
    from .workflow import Workflow
    from .workflow.formats import load, save

__version__ = "0.1.0"

# Imported when first used: `import beamcanvas` costs nothing, a headless replay what it uses.
_HOME = {
    "BeamcanvasError": "errors",
    "InputError": "errors",
    "Param": "task",
    "Progress": "task",
    "TaskError": "errors",
    "Workflow": "workflow",
    "WorkflowError": "errors",
    "load": "workflow.formats",
    "run": "execution",
    "save": "workflow.formats",
}
__all__ = [
    "BeamcanvasError",
    "InputError",
    "Param",
    "Progress",
    "TaskError",
    "Workflow",
    "WorkflowError",
    "__version__",
    "load",
    "run",
    "save",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
