"""Tasks of installed packages, found through their entry points."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

import beamcanvas.task.discover as discover_module
from beamcanvas.task.discover import discover


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with tasks in its modules, one of which can't be imported."""
    name = f"beamline_{abs(hash(tmp_path))}"
    root = tmp_path / name
    (root / "inner").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "inner" / "__init__.py").write_text("")
    one = "from beamcanvas.task import task\n@task\ndef {0}(x: int) -> int:\n    return x\n"
    (root / "first.py").write_text(one.format("zebra"))
    (root / "inner" / "second.py").write_text(
        f"from {name}.first import zebra\n" + one.format("ant") + "def run(**k):\n    return k\n"
    )
    (root / "broken.py").write_text("import not_installed_here\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = EntryPoints(
        [
            EntryPoint(name="mine", value=name, group="beamcanvas.tasks"),
            EntryPoint(name="gone", value="not_installed_here", group="beamcanvas.tasks"),
            EntryPoint(name=f"{name}.*.second", value="a", group="ewoks.tasks.ppfmethod"),
            EntryPoint(name=f"{name}.inner.second", value="b", group="ewoks.tasks.method"),
        ]
    )
    monkeypatch.setattr(discover_module, "entry_points", lambda group: entries.select(group=group))
    return name


def test_tasks_are_found_in_all_modules_of_a_package(package: str) -> None:
    told: list[str] = []
    found = discover(report=told.append)
    assert [t.identifier for t in found] == [
        f"{package}.inner.second.ant",
        f"{package}.first.zebra",
    ]
    assert len(told) == 2
    assert any("broken" in t and "ModuleNotFoundError" in t for t in told)


def test_what_packages_declare_for_ewoks_is_found_when_asked(package: str) -> None:
    found = discover(ewoks=True, report=lambda text: None)
    assert (package + ".inner.second.run", "ppfmethod") in [
        (t.identifier, t.task_type) for t in found
    ]
    # one of ours that is also declared for ewoks is there once
    assert len([t for t in found if t.identifier.endswith(".ant")]) == 1


@pytest.mark.peer
def test_the_classes_of_ewoks_itself() -> None:
    pytest.importorskip("ewokscore")
    names = [t.identifier for t in discover(ewoks=True)]
    assert "ewokscore.tests.examples.tasks.sumtask.SumTask" in names
    assert "ewokscore.task.Task" not in names


def test_our_own_tasks_are_found_without_the_libraries_that_they_use() -> None:
    code = (
        "import sys; from beamcanvas.task.discover import discover\n"
        "discover()\n"
        "print([m for m in ('pyFAI', 'silx', 'fabio', 'ewokscore', 'h5py') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]", run.stdout
