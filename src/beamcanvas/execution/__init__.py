"""How a workflow runs: what fires next, where it runs, what is told of it.

>>> from beamcanvas.workflow import Workflow
>>> workflow = Workflow(id="demo")
>>> first = workflow.add("math.sqrt", id="first", inputs={0: 16.0})
>>> second = workflow.add("math.sqrt", id="second")
>>> workflow.link(first, second, {0: "return_value"})
>>> run(workflow).outputs
{'return_value': 2.0}
"""

from .run import Result, run
from .scheduler import Firing, Scheduler
from .work import task_inputs

__all__ = ["Firing", "Result", "Scheduler", "run", "task_inputs"]
