"""A workflow in pypushflow's words: an actor for each node, connected as the nodes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from time import time
from typing import Any, TypeAlias

from pypushflow.AbstractActor import AbstractActor
from pypushflow.StartActor import StartActor
from pypushflow.StopActor import StopActor
from pypushflow.ThreadCounter import ThreadCounter
from pypushflow.Workflow import Workflow as Pushed

from ....workflow import Node, NodeId, Workflow, id_text
from ....workflow.analysis import end_nodes, start_nodes
from ...work import Work

#: what becomes of work: its outputs or an error, and when
Answer: TypeAlias = tuple[str, Any, float]


class Compiled(Pushed):  # type: ignore[misc]
    """A workflow of pypushflow. It says what follows what; a run says whose turn it is."""

    def __init__(self, flat: Workflow, database: Mapping[str, Any] | None) -> None:
        options = None if database is None else dict(database)
        super().__init__(str(flat.label or flat.id), db_options=options)
        counter = ThreadCounter(parent=self)
        self.startActor = StartActor(parent=self, thread_counter=counter)
        self.stopActor = StopActor(parent=self, thread_counter=counter)
        self.actors: dict[NodeId, NodeActor] = {
            node.id: NodeActor(node, self, counter) for node in flat.nodes.values()
        }
        for link in flat.links:
            source, target = self.actors[link.source], self.actors[link.target]
            (source.connectOnError if link.on_error else source.connect)(target)
        for node_id in start_nodes(flat):
            self.startActor.connect(self.actors[node_id])
        for node_id in end_nodes(flat):
            self.actors[node_id].connect(self.stopActor)

    def begin(self) -> None:
        """Tell the database that a run begins."""
        self.db_client.connect()
        self.db_client.startWorkflow(self.name)

    def end(self, status: str) -> None:
        """Tell it that the run ended."""
        self.endWorkflow(status)
        self.db_client.disconnect()


class NodeActor(AbstractActor):  # type: ignore[misc]
    """A node. What follows it is triggered by the run, which knows whose turn it is."""

    def __init__(self, node: Node, parent: Compiled, counter: ThreadCounter) -> None:
        super().__init__(parent=parent, name=id_text(node.id), thread_counter=counter)
        self.listErrorHandler: list[NodeActor] = []
        self._orders: dict[int, tuple[Any, Callable[[], Answer], Work, Callable[..., None]]] = {}

    def connectOnError(self, actor: NodeActor) -> None:  # noqa: N802 - pypushflow's word
        """What follows a failure."""
        self.listErrorHandler.append(actor)

    def fire(
        self, pool: Any, order: Callable[[], Answer], work: Work, tell: Callable[..., None]
    ) -> None:
        """Have an order carried out in a pool, and tell its end."""
        self._orders[work.serial] = pool, order, work, tell
        self.trigger({"serial": work.serial})

    def _execute(self, inData: dict[str, Any], _scope_id: str | None = None) -> None:  # noqa: N803
        pool, order, work, tell = self._orders.pop(inData["serial"])
        client = self.parent.db_client
        given = {str(name): _plain(value) for name, value in work.inputs.items()}
        info = {"inData": given, "script": str(work.identifier or work.task_type)}
        number = client.startActor(name=f"{self.getActorPath()}/{self.name}", info=info)
        self.setStarted()

        def ended(answer: Answer) -> None:
            what, found, end = answer
            went_well = what == "finished"
            said = found if went_well else {"errorMessage": f"{type(found).__name__}: {found}"}
            client.updateActorInfo(
                number,
                {
                    "stopTime": datetime.fromtimestamp(end),
                    "status": "finished" if went_well else "error",
                    "outData": {str(name): _plain(value) for name, value in said.items()},
                },
            )
            self.setFinished()
            tell(what, found, end)

        def broke(error: BaseException) -> None:
            ended(("failed", error, time()))

        try:
            with self._async_execute_context(_scope_id, ended, broke) as (well, badly):
                pool.apply_async(order, callback=well, error_callback=badly)
        except RuntimeError as error:  # the pool is closed, or broke before
            tell("failed", error, time())


def _plain(value: Any) -> Any:
    """A value as any database takes it; what is large or special by the name of its type."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping) and len(value) <= _MANY:
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)) and len(value) <= _MANY:
        return [_plain(one) for one in value]
    return f"<{type(value).__name__}>"


_MANY = 100
