"""Jupyter notebooks as tasks, run by papermill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from ..errors import InputError, TaskNotFoundError
from .base import MISSING, Input, Output, Param, Task
from .importing import find_file
from .progress import SILENT, Progress

#: The tag of the cells whose results are the task's.
RESULTS = "results"


class NotebookTask(Task):
    """A notebook; inputs replace the values of its cell tagged ``parameters``.

    What the cells tagged ``results`` show at their end is the output ``results``: a
    mapping is taken as it is, anything else goes by the cell's last line.
    """

    task_type = "notebook"
    category = "notebook"
    open_inputs = True
    inputs = {  # noqa: RUF012
        "_output_notebook": Input(
            "_output_notebook",
            Path | None,
            None,
            "Where the notebook is saved as it was run.",
            Param(path="save", filter="Notebooks (*.ipynb)"),
        ),
        "_kernel_name": Input(
            "_kernel_name", str | None, None, "The kernel, when not the notebook's own."
        ),
        "_execution_timeout": Input(
            "_execution_timeout",
            float | None,
            None,
            "Longest time for one cell.",
            Param(unit="s", gt=0),
        ),
    }
    outputs = {  # noqa: RUF012
        "results": Output("results", dict),
        "output_notebook": Output("output_notebook", str | None),
    }

    def __init__(self, identifier: str, folder: Path | None = None) -> None:
        path = find_file(identifier, folder)
        if not path.is_file():
            raise TaskNotFoundError(f"There is no notebook '{identifier}': no file '{path}'.")
        self.identifier = str(path)
        self.title = path.stem.replace("_", " ").capitalize()

    def run(self, inputs: Mapping[str | int, Any], progress: Progress = SILENT) -> dict[str, Any]:
        given = self.validate(inputs)
        output, kernel, timeout = (given.pop(name, None) for name in self.inputs)
        parameters = {str(n): v for n, v in given.items() if v is not MISSING}
        try:
            from papermill import execute_notebook
            from papermill.exceptions import PapermillExecutionError
        except ModuleNotFoundError as error:
            raise InputError(
                f"{self.title}: this needs the package '{error.name}'. "
                "Install it with: pip install 'beamcanvas[notebook]'"
            ) from error
        progress.check()
        content = self._content()
        cells = len(content.get("cells", ())) + 1  # papermill adds the parameters' cell

        def began(cell: Any, cell_index: int) -> None:
            progress(cell_index / cells, f"Cell {cell_index + 1} of {cells}")

        try:
            with _ended_by(progress) as manager:
                notebook = execute_notebook(
                    self.identifier,
                    None if output is None else str(output),
                    parameters=parameters,
                    kernel_name=kernel or _kernel_of(content),
                    progress_bar=False,
                    execution_timeout=timeout,
                    on_cell_start=began,
                    kernel_manager_class=manager,
                )
        except PapermillExecutionError as error:
            raise RuntimeError(
                f"{self.title}: cell {error.exec_count} raised {error.ename}: {error.evalue}"
            ) from error
        return {
            "results": _results(notebook),
            "output_notebook": None if output is None else str(output),
        }

    def _content(self) -> Mapping[str, Any]:
        try:
            content = json.loads(Path(self.identifier).read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"'{self.identifier}' is not a notebook: {error}.") from None
        if not isinstance(content, Mapping):
            raise InputError(f"'{self.identifier}' is not a notebook: it holds no cells.")
        return content


def _kernel_of(content: Mapping[str, Any]) -> str:
    try:
        return str(content["metadata"]["kernelspec"]["name"])
    except (KeyError, TypeError):
        return "python3"


@contextmanager
def _ended_by(progress: Progress) -> Iterator[type]:
    """Gives a manager for a kernel, which ends with the task when that is cancelled."""
    from jupyter_client.manager import AsyncKernelManager

    kernels: list[AsyncKernelManager] = []
    done = Event()

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            kernels.append(self)

    def look() -> None:
        while not done.wait(0.1):
            if progress.cancelled:
                for kernel in kernels:
                    if kernel.provisioner is not None:
                        asyncio.run(kernel.provisioner.kill())
                return

    looking = Thread(target=look, name="notebook", daemon=True)
    if progress.can_cancel:
        looking.start()
    try:
        yield Manager
    except Exception:
        progress.check()  # a kernel that was ended fails in one way or another
        raise
    finally:
        done.set()
        if progress.can_cancel:
            looking.join()


def _results(notebook: Any) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for cell in notebook.cells:
        if RESULTS not in cell["metadata"].get("tags", ()):
            continue
        for output in cell.get("outputs", ()):
            if output["output_type"] == "execute_result":
                results.update(_shown(output["data"], cell["source"]))
    return results


def _shown(data: Mapping[str, Any], source: str) -> dict[str, Any]:
    value: Any = data.get("application/json")
    if value is None:
        text = data.get("text/plain")
        if not text:
            return {}
        try:
            value = json.loads(text)
        except ValueError:
            value = text
    if isinstance(value, Mapping):
        return dict(value)
    return {source.splitlines()[-1]: value}
