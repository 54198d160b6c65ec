"""What a node says that it takes of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import load
from beamcanvas.workflow.rules import ANY, Resources, rules_of
from beamcanvas.workflow.validation import problems

ALL = {"cores": 8, "memory": 1.5, "gpus": 1, "partition": "gpu", "time": 90}


def asking(resources: Any) -> Workflow:
    workflow = Workflow(id="one")
    workflow.add("math.sqrt", id="root", inputs={0: 4.0}, label="Root")
    workflow.nodes["root"].extra["execution"] = {"resources": resources}
    return workflow


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".ows"])
def test_every_format_keeps_it(suffix: str, tmp_path: Path) -> None:
    workflow = load(asking(ALL).save(tmp_path / f"one{suffix}"))
    assert rules_of(workflow.nodes["root"]).resources == Resources(**ALL)


def test_who_says_nothing_takes_what_is_given() -> None:
    assert rules_of(asking({}).nodes["root"]).resources == ANY


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ("many", "'resources' should be a mapping, not 'many'"),
        ({"core": 1}, "there is no 'core' in 'resources'. Did you mean 'cores'"),
        ({"cores": 1.5}, "'cores' in 'resources' should be a whole number from 1, not 1.5"),
        ({"gpus": True}, "'gpus' in 'resources' should be a whole number from 1, not True"),
        ({"memory": 0}, "'memory' in 'resources' should be a number of GB above 0, not 0"),
        ({"time": "1 h"}, "'time' in 'resources' should be a number of minutes above 0"),
        ({"partition": ""}, "'partition' in 'resources' should be a name, not ''"),
    ],
)
def test_what_means_nothing_is_told_with_its_node(resources: Any, words: str) -> None:
    (found,) = problems(asking(resources))
    assert str(found).startswith("The node 'Root', execution: ")
    assert words in str(found)
