"""What one step is: typed functions as tasks, their inputs and outputs, and finding them.

>>> from typing import Annotated
>>> from beamcanvas.task import Param, task, task_of
>>> @task(output="energy")
... def photon_energy(wavelength: Annotated[float, Param(unit="Å", gt=0)]) -> float:
...     return 12.398419843320026 / wavelength
>>> round(photon_energy(1.0), 3)
12.398
>>> task_of(photon_energy).run({"wavelength": "2"})["energy"]
6.199209921660013
"""

from .base import MISSING, Input, Output, Param, Task, is_plain, without_none
from .existing import Existing
from .function import is_task, task, task_of
from .progress import SILENT, Progress
from .resolve import resolve

__all__ = [
    "MISSING",
    "SILENT",
    "Existing",
    "Input",
    "Output",
    "Param",
    "Progress",
    "Task",
    "is_plain",
    "is_task",
    "resolve",
    "task",
    "task_of",
    "without_none",
]
