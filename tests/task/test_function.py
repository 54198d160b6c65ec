"""A typed function as a task: what it says of itself, and what it refuses."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.task import MISSING, SILENT, Param, Progress, is_task, resolve, task, task_of
from beamcanvas.task.function import GENERATOR


class Peak(NamedTuple):
    position: float
    width: float


@task(title="Find peak", category="sample")
def find_peak(
    values: list[float],
    threshold: Annotated[float, Param(unit="keV", ge=0, lt=10)] = 1.0,
    method: Literal["fit", "centroid"] = "fit",
    order: Annotated[int, Param(choices=[1, 2, 4])] = 1,
    guess: float | None = None,
    progress: Progress = SILENT,
) -> Peak:
    """Find the peak.

    Parameters
    ----------
    values:
        The curve.
    threshold:
        Lowest height
        of a peak.
    """
    for _ in progress.each(values):
        pass
    return Peak(max(values), threshold)


@task
def double(x: int) -> int:
    return 2 * x


@task(requires="powder")
def needs_a_package() -> None:
    import a_package_that_is_not_there  # noqa: F401


def test_the_function_stays_a_function() -> None:
    assert double(3) == 6
    assert is_task(double)
    assert not is_task(print)
    with pytest.raises(TypeError, match="decorate it with @task"):
        task_of(print)


def test_a_task_says_what_its_annotations_say() -> None:
    found = task_of(find_peak)
    assert list(found.inputs) == ["values", "threshold", "method", "order", "guess"]
    assert found.inputs["values"].required
    assert found.inputs["threshold"].param.unit == "keV"
    assert found.help_for("threshold") == "Lowest height of a peak."
    assert list(found.outputs) == ["position", "width"]
    assert (found.title, found.category) == ("Find peak", "sample")
    assert task_of(double).title == "Double"
    assert task_of(needs_a_package).outputs == {}


def test_inputs_are_converted_and_defaults_filled_in() -> None:
    assert task_of(find_peak).run({"values": ["1", 2], "threshold": "3"}) == {
        "position": 2.0,
        "width": 3.0,
    }
    assert task_of(double).run({"x": "4"}) == {"result": 8}


def test_a_whole_number_becomes_the_number_that_is_asked_for() -> None:
    value = task_of(find_peak).validate({"values": [1.0], "threshold": 3})["threshold"]
    assert (value, type(value)) == (3.0, float)


def test_plain_values_are_checked_without_pydantic() -> None:
    code = (
        "import sys; from dataclasses import dataclass; from pathlib import Path\n"
        "from typing import Literal; from beamcanvas.task import task, task_of\n"
        "@dataclass\n"
        "class Scan: pass\n"
        "@task\n"
        "def f(a: int, scan: Scan, file: Path, how: Literal['x', 'y'], b: float = 1.5,\n"
        "      c: str | None = None) -> float: return a * b + len(file.parts)\n"
        "given = {'a': 2, 'b': 3, 'c': None, 'scan': Scan(), 'file': '/a', 'how': 'x'}\n"
        "assert task_of(f).run(given) == {'result': 8.0}\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "the input 'values' is missing"),
        ({"values": MISSING}, "the input 'values' is missing"),
        ({"values": [1], "treshold": 2}, "no input 'treshold'. Did you mean 'threshold'?"),
        ({"values": [1], "threshold": -1}, "'threshold' should be at least 0 keV, not -1"),
        ({"values": [1], "threshold": 10}, "'threshold' should be less than 10 keV, not 10"),
        ({"values": [1], "threshold": "hot"}, "'threshold' should be a number, not 'hot'"),
        ({"values": [1], "method": "guess"}, "'method' should be one of 'fit' or 'centroid'"),
        ({"values": [1], "order": 3}, "'order' should be one of 1, 2 or 4, not 3"),
        ({"values": 1}, "'values' should be a list, not 1"),
        ({"values": [1, "a"]}, "'values' should be a number (item 1), not 'a'"),
        ({"values": [1], "guess": "x"}, "'guess' should be a number, not 'x'"),
    ],
)
def test_a_wrong_input_is_one_clear_sentence(inputs: dict, words: str) -> None:
    with pytest.raises(InputError) as error:
        task_of(find_peak).run(inputs)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("Find peak: ")


def test_a_missing_package_is_named_with_what_to_install() -> None:
    with pytest.raises(InputError, match=r"'a_package_that_is_not_there'.*beamcanvas\[powder\]"):
        task_of(needs_a_package).run({})


def test_progress_is_reported_and_a_cancel_stops_the_task() -> None:
    told: list[float | None] = []
    stop = False

    def report(fraction: float | None, message: str) -> None:
        nonlocal stop
        told.append(fraction)
        stop = fraction is not None and fraction >= 0.5

    with pytest.raises(Cancelled):
        task_of(find_peak).run({"values": [1, 2, 3, 4]}, Progress(report, lambda: stop))
    assert told == [0, 0.25, 0.5]


def test_who_looks_on_sees_outputs_grow() -> None:
    looks: list[Any] = []
    grown = [1]
    Progress(show=looks.append).part(0, 0.5).show(lambda: {"grown": list(grown)})
    grown.append(2)
    assert looks[0]() == {"grown": [1, 2]}
    SILENT.show(dict)  # nobody looks


Energy = Annotated[float, Param(unit="keV", help="Of the beam.")]


def test_an_input_that_tasks_share_says_its_help_itself() -> None:
    @task
    def both(energy: Energy, width: Energy) -> None:
        """Do it.

        Parameters
        ----------
        width:
            Of the beam's spectrum.
        """

    assert task_of(both).help_for("energy") == "Of the beam."
    assert task_of(both).help_for("width") == "Of the beam's spectrum."


def test_a_part_of_a_progress_is_scaled() -> None:
    told: list[float | None] = []
    part = Progress(lambda fraction, message: told.append(fraction)).part(0.5, 1.0)
    part(0.5)
    part(None)
    assert told == [0.75, None]


def test_missing_stays_itself_through_pickle() -> None:
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING


def test_the_shortest_path_that_leads_to_it_is_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "shortened"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from .inner.steps import listed\n"
        "from .inner.steps import listed as renamed\n"
        "from .inner.others import double\n"
    )
    (package / "inner" / "__init__.py").touch()
    task_source = "from beamcanvas.task import task\n@task\ndef {}(x: int) -> int:\n    return x\n"
    for module, names in {"steps": ("listed", "hidden", "double"), "others": ("double",)}.items():
        source = "".join(task_source.format(name) for name in names)
        (package / "inner" / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)

    steps = "shortened.inner.steps"
    paths = {
        f"{steps}.listed": "shortened.listed",
        f"{steps}.hidden": f"{steps}.hidden",  # no package lists it
        f"{steps}.double": f"{steps}.double",  # what the package lists is another
        "shortened.inner.others.double": "shortened.double",
    }
    for where, name in paths.items():
        found = resolve("generated", where, GENERATOR)
        assert found.identifier == name
        assert resolve("generated", name, GENERATOR) is found
        assert pickle.loads(pickle.dumps(found)) is found
