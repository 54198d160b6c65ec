"""Short work of one kind goes together, long work doesn't."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import running_tasks as tasks

from beamcanvas.errors import TaskError
from beamcanvas.execution import run
from beamcanvas.execution.executors import Executor
from beamcanvas.execution.executors.dask.groups import Groups
from beamcanvas.task import task
from beamcanvas.workflow import Workflow

pytest.importorskip("distributed")


@dataclass
class _Due:
    task: str = "add"
    alone: bool = False


def sizes(groups: Groups, count: int, **said: object) -> tuple[list[int], int]:
    items = [(i, _Due(**said)) for i in range(count)]  # type: ignore[arg-type]
    sent, later = groups.of(items, lambda: 2)
    assert sorted(i for group in sent for i, _ in group) + [i for i, _ in later] == [*range(count)]
    return [len(group) for group in sent], len(later)


def test_a_kind_is_tried_out_first_and_the_rest_is_sent_in_groups() -> None:
    groups = Groups()
    assert sizes(groups, 100) == ([1] * 4, 96)
    assert sizes(groups, 96) == ([], 96)
    groups.learn("add", 0.001)
    assert sizes(groups, 96) == ([12] * 8, 0)
    assert sizes(groups, 1000) == ([20] * 50, 0)


def test_long_work_few_pieces_and_what_must_be_alone_go_one_by_one() -> None:
    groups = Groups()
    groups.learn("add", 1.0)
    assert sizes(groups, 50) == ([1] * 50, 0)
    groups.learn("sum", 0.001)
    assert sizes(groups, 7, task="sum") == ([1] * 7, 0)
    assert sizes(groups, 50, task="sum", alone=True) == ([1] * 50, 0)


def test_nobody_waits_long_to_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups()
    assert sizes(groups, 50) == ([1] * 4, 46)
    monkeypatch.setattr("beamcanvas.execution.executors.dask.groups._PATIENCE", 0.0)
    assert sizes(groups, 46) == ([1] * 46, 0)


def test_one_hiccup_is_not_the_rule() -> None:
    groups = Groups()
    for seconds in (0.001, 0.001, 5.0, 0.001):
        groups.learn("add", seconds)
    assert sizes(groups, 1000)[0] == [20] * 50


def test_a_worker_that_dies_takes_one_of_a_group_and_the_others_are_done(dask: Executor) -> None:
    workflow = Workflow(id="map")
    names = ["fine"] * 40
    names[17] = "deadly"
    workflow.add(die_of, id="many", inputs={"name": names}, extra={"execution": {"map": "name"}})
    with pytest.raises(TaskError, match=r"Item 18 of 40: The worker of dask that ran it died"):
        run(workflow, executor=dask)


def test_items_that_fail_do_not_stop_the_rest_of_their_group(
    dask: Executor, tmp_path: Path
) -> None:
    workflow = Workflow(id="map")
    inputs = {"a": list(range(60)), "raise_error": [i == 30 for i in range(60)]}
    how = {"execution": {"map": ["a", "raise_error"]}}
    workflow.add(tasks.add_or_fail, id="many", inputs=inputs, extra=how)
    told: list[str] = []
    with pytest.raises(TaskError, match="Item 31 of 60: Intentional error"):
        run(
            workflow,
            executor=dask,
            events=[lambda e: told.append(e["message"] or "") if e["type"] == "progress" else None],
        )
    assert told[-1] == "59 of 60"


@task
def die_of(name: str) -> str:
    """Ends its process if it is told to."""
    if name == "deadly":
        tasks.crash()
    return name
