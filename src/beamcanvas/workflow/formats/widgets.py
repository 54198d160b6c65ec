"""Which task a widget runs and which widget shows a task, read from source without importing.

A widget names its task in the class statement: ours as a text, ``task="package.function"``,
those made for ewoks' own canvas as a class, ``ewokstaskclass=Class``, which is followed
through the imports of the modules. What a signal's name on the canvas means to the task is
in the bodies of its ``Inputs`` and ``Outputs``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard

from ...task.function import GENERATOR

GENERIC_WIDGET = "beamcanvas.canvas.generic.TaskNode"
_NO_WIDGET = "orangecontrib.ewoksnowidget."
_DEEPEST = 8  # imports or base classes to follow


@dataclass
class Widget:
    """What a widget's source says."""

    task_type: str = ""
    task_identifier: str = ""
    task_generator: str | None = None
    #: name on the canvas, or of the attribute -> name of the task's input or output
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def has_task(self) -> bool:
        return bool(self.task_identifier)


@dataclass(frozen=True)
class WidgetName:
    """How an ``.ows`` file names a widget."""

    qualified_name: str
    name: str
    project_name: str


def widget_source(qualified_name: str, name: str = "") -> Widget | None:
    """What the source of a widget says, None where it isn't here."""
    if qualified_name.startswith(_NO_WIDGET) and "." in name:
        return Widget("class", name)  # ewoks' canvas gives the widget the task's name
    return _widget(qualified_name)


@lru_cache(maxsize=256)
def _widget(qualified_name: str) -> Widget | None:
    module, _, class_name = qualified_name.rpartition(".")
    return _widget_class(module, class_name, _DEEPEST)


def _widget_class(module: str, class_name: str, depth: int) -> Widget | None:
    tree = _tree(module)
    statement = tree and _class(tree, class_name)
    if not statement or depth == 0:
        return None
    found = Widget()
    for base in reversed(statement.bases):
        inherited = _base(module, base, depth - 1)
        if inherited is not None:
            if inherited.has_task:
                found.task_type = inherited.task_type
                found.task_identifier = inherited.task_identifier
                found.task_generator = inherited.task_generator
            found.inputs |= inherited.inputs
            found.outputs |= inherited.outputs
    for keyword in statement.keywords:
        if keyword.arg == "task" and (identifier := _text(keyword.value)):
            found.task_type, found.task_generator = "generated", GENERATOR
            found.task_identifier = identifier
        elif keyword.arg == "ewokstaskclass":
            found.task_type, found.task_generator = "class", None
            found.task_identifier = _resolved(module, keyword.value, depth) or ""
    for body in statement.body:
        if _assigns(body, "ewokstaskclass"):  # as tomwer's widgets, which bind tasks themselves
            found.task_type, found.task_generator = "class", None
            found.task_identifier = _resolved(module, body.value, depth) or ""
        if isinstance(body, ast.ClassDef) and body.name in ("Inputs", "Outputs"):
            getattr(found, body.name.lower()).update(_signals(body))
    return found


def _assigns(statement: ast.stmt, name: str) -> TypeGuard[ast.Assign]:
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and statement.targets[0].id == name
    )


def _base(module: str, base: ast.expr, depth: int) -> Widget | None:
    home, _, name = (_resolved(module, base, depth) or "").rpartition(".")
    if not home or home.partition(".")[0] in ("orangewidget", "ewoksorange", "beamcanvas"):
        return None  # the base classes that all widgets have
    return _widget_class(home, name, depth)


def _signals(body: ast.ClassDef) -> dict[str, str]:
    found = {}
    for statement in body.body:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)):
            continue
        (target,), call = statement.targets[:1], statement.value
        if isinstance(target, ast.Name):
            said = {k.arg: _text(k.value) for k in call.keywords}
            shown = said.get("name") or (_text(call.args[0]) if call.args else None)
            meant = said.get("ewoksname") or target.id
            found[target.id] = meant
            if shown:
                found[shown] = meant
    return found


# -- names to modules


def _resolved(module: str, name: ast.expr, depth: int) -> str | None:
    """The dotted path, where it is defined, of what a name in a module means."""
    parts: list[str] = []
    while isinstance(name, ast.Attribute):
        parts.insert(0, name.attr)
        name = name.value
    if not isinstance(name, ast.Name):
        return None
    found = _definition(module, name.id, depth)
    for part in parts:
        if found is None:
            return None
        found = _definition(found, part, depth) if _tree(found) else f"{found}.{part}"
    return found


def _definition(module: str, name: str, depth: int) -> str | None:
    """Where `name`, as seen in `module`, comes from."""
    tree = _tree(module)
    if tree is None or depth <= 0:
        return f"{module}.{name}"
    stars = []
    for statement in _statements(tree):
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef)) and statement.name == name:
            return f"{module}.{name}"
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if alias.asname == name:
                    return alias.name
                if alias.asname is None and alias.name.partition(".")[0] == name:
                    return name
        elif isinstance(statement, ast.ImportFrom):
            home = _imported_from(module, statement)
            for alias in statement.names:
                if alias.name == "*":
                    stars.append(home)
                elif (alias.asname or alias.name) == name:
                    if _tree(f"{home}.{alias.name}"):
                        return f"{home}.{alias.name}"
                    return _definition(home, alias.name, depth - 1)
    for home in stars:
        if _tree(home) and (found := _definition(home, name, depth - 1)):
            return found
    return f"{module}.{name}" if _tree(f"{module}.{name}") else None


def _imported_from(module: str, statement: ast.ImportFrom) -> str:
    if not statement.level:
        return statement.module or ""
    path = _source(module)
    up = statement.level - (1 if path is not None and path.name == "__init__.py" else 0)
    home = module.split(".")
    home = home[: len(home) - up] if up else home
    return ".".join([*home, *([statement.module] if statement.module else [])])


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a module, also those under ``if`` and ``try``."""
    for statement in getattr(tree, "body", []):
        yield statement
        if isinstance(statement, (ast.If, ast.Try)):
            yield from _statements(statement)
            for handler in getattr(statement, "handlers", []):
                yield from _statements(handler)


def _class(tree: ast.Module, name: str) -> ast.ClassDef | None:
    for statement in _statements(tree):
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return statement
    return None


def _text(expression: ast.expr) -> str | None:
    value = expression.value if isinstance(expression, ast.Constant) else None
    return value if isinstance(value, str) else None


# -- modules to files


@lru_cache(maxsize=512)
def _tree(module: str) -> ast.Module | None:
    path = _source(module)
    try:
        return ast.parse(path.read_bytes()) if path is not None else None
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=512)
def _source(module: str) -> Path | None:
    """The source file of a module, found as Python would but without importing anything."""
    parts = module.split(".")
    if not all(part.isidentifier() and len(part) < 200 for part in parts):  # as files can have
        return None
    for entry in dict.fromkeys(sys.path):
        start = Path(entry or ".").joinpath(*parts)
        for path in (start / "__init__.py", start.with_name(f"{parts[-1]}.py")):
            if path.is_file():
                return path
    for finder in sys.meta_path:  # of packages installed to be edited
        if str(getattr(finder, "__module__", "")).startswith("__editable__"):
            spec = finder.find_spec(module, None)
            if spec is not None and spec.origin and spec.origin.endswith(".py"):
                return Path(spec.origin)
    return None


# -- tasks to widgets


def widget_for(task_identifier: str) -> WidgetName | None:
    """Our own kind of widget for a task, from the packages that offer widgets to Orange."""
    return _our_widgets().get(task_identifier)


@lru_cache(maxsize=1)
def _our_widgets() -> dict[str, WidgetName]:
    from importlib.metadata import entry_points  # slow to import, needed for writing only

    found: dict[str, WidgetName] = {}
    for entry in entry_points(group="orange.widgets"):
        package = entry.value.partition(":")[0]
        source = _source(package)
        project = entry.dist.name if entry.dist is not None else ""
        for path in sorted(source.parent.glob("*.py")) if source is not None else ():
            for task, class_name, name in _widgets_in(path):
                qualified = f"{package}.{path.stem}.{class_name}"
                found.setdefault(task, WidgetName(qualified, name, project))
    return found


def _widgets_in(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        source = path.read_bytes()
        tree: Any = ast.parse(source) if b"task=" in source else None
    except (OSError, SyntaxError, ValueError):
        return
    for statement in _statements(tree):
        if isinstance(statement, ast.ClassDef):
            for keyword in statement.keywords:
                if keyword.arg == "task" and (task := _text(keyword.value)):
                    yield task, statement.name, _class_name(statement)


def _class_name(statement: ast.ClassDef) -> str:
    for line in statement.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            if line.targets[0].id == "name" and (name := _text(line.value)):
                return name
    return statement.name
