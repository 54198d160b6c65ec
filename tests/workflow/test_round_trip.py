"""Any format to any other and back is the same graph."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphs import workflows
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from beamcanvas.workflow import Workflow
from beamcanvas.workflow.formats import (
    dumps,
    from_dict,
    from_networkx,
    load,
    loads,
    save,
    to_dict,
    to_networkx,
)

SPELLINGS: dict[str, Callable[[Workflow], Workflow]] = {
    "dict": lambda w: from_dict(to_dict(w)),
    "json": lambda w: loads(dumps(w, "json"), "json"),
    "networkx": lambda w: from_networkx(to_networkx(w)),
    "ows": lambda w: loads(dumps(w, "ows"), "ows"),
    "yaml": lambda w: loads(dumps(w, "yaml"), "yaml"),
}
QUICK = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("name", SPELLINGS)
@QUICK
@given(workflows())
def test_one_spelling(name: str, workflow: Workflow) -> None:
    found = SPELLINGS[name](workflow)
    assert found == workflow
    assert list(found.nodes) == list(workflow.nodes)
    assert SPELLINGS[name](found) == found


@QUICK
@given(workflows(), st.lists(st.sampled_from(list(SPELLINGS)), min_size=2, max_size=5))
def test_chains_of_spellings(workflow: Workflow, names: list[str]) -> None:
    found = workflow
    for name in names:
        found = SPELLINGS[name](found)
    assert found == workflow
    assert list(found.nodes) == list(workflow.nodes)


@QUICK
@given(workflows(), st.sampled_from(["json", "yaml", "ows"]))
def test_opened_and_saved_is_the_same_text(workflow: Workflow, name: str) -> None:
    text = dumps(loads(dumps(workflow, name), name), name)
    assert dumps(loads(text, name), name) == text


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml", ".ows"])
def test_files(tmp_path, suffix: str) -> None:
    workflow = Workflow(id="demo", label="A demo: Å, µ, 測")
    first = workflow.add("builtins.max", inputs={0: 1e-10, 1: float("nan")})
    second = workflow.add("builtins.min", id=("a", ("b", 3)), inputs={0: (1, {2})})
    workflow.link(first, second, {1: "return_value"}, when={"return_value": 3})
    path = save(workflow, tmp_path / "new" / f"demo{suffix}")
    found = load(path)
    assert repr(found.nodes) == repr(workflow.nodes)
    assert found.links == workflow.links
    assert found.path == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]
