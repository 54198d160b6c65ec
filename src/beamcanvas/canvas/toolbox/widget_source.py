"""What the source of a package says of its widgets, read without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any


@dataclass
class WidgetSource:
    """What the source of a widget class says of it."""

    qualified_name: str
    task: str
    attributes: dict[str, Any] = field(default_factory=dict)


def sources(module: str) -> tuple[Path | None, list[Path], str]:
    """Where a category's words stand, its files, and the package that they belong to.

    An entry point names a package of widgets, or one module that holds them all.
    """
    spec = find_spec(module)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if places:
        init = Path(places[0], "__init__.py")
        return (init if init.exists() else None), sorted(Path(places[0]).glob("*.py")), module
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None, [], module
    return Path(spec.origin), [Path(spec.origin)], module.rpartition(".")[0]


def read_widgets(path: Path, package: str) -> Iterator[WidgetSource]:
    """The widget classes of a module: ``class OWName(TaskWidget, task="dotted.path")``."""
    if path.name == "__init__.py":
        return
    body = ast.parse(path.read_text("utf-8"), filename=str(path)).body
    imported = _imports(body, package)
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            for keyword in statement.keywords:
                task = _dotted(keyword.value, imported) if keyword.arg == "task" else None
                if task:
                    module = f"{package}.{path.stem}" if package else path.stem
                    yield WidgetSource(
                        f"{module}.{statement.name}",
                        task,
                        constants(statement.body),
                    )


def _dotted(value: ast.expr, imported: Mapping[str, str]) -> str | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.Name):
        return imported.get(value.id)
    if isinstance(value, ast.Attribute):
        root = _dotted(value.value, imported)
        return f"{root}.{value.attr}" if root else None
    return None


def _imports(body: list[ast.stmt], package: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - (statement.level - 1)]
            parts = [*(parents if statement.level else []), statement.module or ""]
            root = ".".join(part for part in parts if part)
            found |= {a.asname or a.name: f"{root}.{a.name}" for a in statement.names}
        elif isinstance(statement, ast.Import):
            found |= {a.asname or a.name: a.name for a in statement.names}
    return found


def constants(body: list[ast.stmt]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        try:
            constant = ast.literal_eval(value)
        except (ValueError, TypeError):
            continue
        found |= {t.id: constant for t in targets if isinstance(t, ast.Name)}
    return found
