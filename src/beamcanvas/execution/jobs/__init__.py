"""Jobs: workflows, and nodes of them, that workers run, on this computer or on others.

A job stands on a board, which is an SQLite file, or a Redis where celery delivers the jobs.

>>> from tempfile import mkdtemp
>>> from beamcanvas.workflow import Workflow
>>> workflow = Workflow(id="demo")
>>> _ = workflow.add("math.sqrt", id="root", inputs={0: 16.0})
>>> job = submit(workflow, broker=f"{mkdtemp()}/jobs.db")
>>> job.job().state
'queued'
"""

from .board import Board, BoardError
from .job import Job
from .submission import Submitted, submit
from .where import open_board

__all__ = ["Board", "BoardError", "Job", "Submitted", "open_board", "submit"]
