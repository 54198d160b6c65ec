"""What can stand on the canvas: widgets of installed packages, tasks without one, the unknown.

Widgets are found by reading their source, without importing it: the tool box stands before
any widget, or Orange's widget base, is loaded.
"""

from __future__ import annotations

import ast
import logging
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from orangecanvas.registry import CategoryDescription, WidgetDescription, WidgetRegistry

from ...errors import InputError, WorkflowError
from ...task import Task, resolve
from ...workflow import Link, Node, Workflow
from ...workflow.values import Encoder, from_literal
from .channels import channels, open_input, open_output
from .help import first_paragraph
from .widget_source import WidgetSource, constants, read_widgets, sources

log = logging.getLogger(__name__)

GROUP = "orange.widgets"
GENERIC = "beamcanvas.canvas.generic.TaskNode"
PLACEHOLDER = "beamcanvas.canvas.window.placeholder.Placeholder"
SUBGRAPH = "beamcanvas.canvas.window.placeholder.Subgraph"
_ICONS = {
    "graph": "subgraph.svg",
    "notebook": "notebook.svg",
    "script": "script.svg",
    "method": "method.svg",
    "ppfmethod": "method.svg",
}


class Catalogue:
    """The kinds of node, found once."""

    def __init__(self) -> None:
        self.registry = WidgetRegistry()
        self.task_of: dict[str, str] = {}  #: widget's qualified name -> task identifier
        #: category -> what its tasks load when they run
        self.libraries: dict[str, tuple[str, ...]] = {}
        self._by_name: dict[str, WidgetDescription] = {}
        self._by_task: dict[str, WidgetDescription] = {}
        self._scanned = False

    def scan(self) -> Catalogue:
        """Look through all installed packages, the first time it is called."""
        if not self._scanned:
            self._scanned = True
            for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
                try:
                    self._add_category(entry)
                except (OSError, SyntaxError, ImportError, ValueError) as error:
                    log.warning("The widgets of '%s' can't be read: %s", entry.value, error)
        return self

    def _add_category(self, entry: EntryPoint) -> None:
        init, files, package = sources(entry.module)
        found = [w for path in files for w in read_widgets(path, package)]
        if not found:
            return  # a category without a widget for us doesn't show
        said = constants(ast.parse(init.read_text("utf-8")).body) if init is not None else {}
        category = CategoryDescription(
            name=said.get("NAME") or found[0].attributes.get("category") or entry.name,
            description=said.get("DESCRIPTION"),
            qualified_name=entry.module,
            package=package,
            priority=said.get("PRIORITY", 1000),
            icon=said.get("ICON"),
            background=said.get("BACKGROUND", "light-blue"),
        )
        project = entry.dist.name if entry.dist is not None else ""
        described = [self._describe(w, category, project) for w in found]
        if not any(described):
            return
        self.libraries[category.name] = tuple(said.get("LIBRARIES", ()))
        if not self.registry.has_category(category.name):
            self.registry.register_category(category)
        for description in described:
            if description is not None:
                self.registry.register_widget(description)
                self._by_name[description.qualified_name] = description
                self._by_task.setdefault(description.task.identifier, description)
                self.task_of[description.qualified_name] = description.task.identifier

    def _describe(
        self, widget: WidgetSource, category: CategoryDescription, project: str
    ) -> WidgetDescription | None:
        from ...task.function import GENERATOR

        try:
            task = resolve("generated", widget.task, GENERATOR)
        except InputError as error:
            log.warning("%s: %s", widget.qualified_name, error)
            return None
        said = widget.attributes
        inputs, outputs = channels(task)
        description = WidgetDescription(
            name=said.get("name", task.title),
            id=widget.qualified_name,
            category=said.get("category", category.name),
            description=said.get("description") or first_paragraph(task.help),
            qualified_name=widget.qualified_name,
            package=category.package,  # Orange imports it to find the icon
            project_name=project,
            keywords=list(said.get("keywords", ())),
            priority=said.get("priority", 1000),
            icon=said.get("icon"),
            background=category.background,
            inputs=inputs,
            outputs=outputs,
        )
        description.task = task
        return description

    # -- nodes of a graph

    def description_for(self, record: Node, links: list[Link]) -> WidgetDescription:
        """The kind of a workflow's node: a widget's, a task's, or that of a placeholder."""
        ows = record.extra.get("ows")
        name = ows.get("qualified_name") if isinstance(ows, dict) else None
        if isinstance(name, str) and name in self._by_name:
            return self._by_name[name]
        identifier = record.task_identifier
        if isinstance(identifier, str) and identifier in self._by_task:
            return self._by_task[identifier]
        if record.task_type == "graph":
            return subgraph_description(record)
        task = known_task(record)
        if task is not None:  # by another path than its own, it may still have a widget
            return self._by_task.get(task.identifier) or generic_description(task)
        return placeholder_description(record, links)

    def new_record(self, description: WidgetDescription) -> Node:
        """The workflow's node for a kind that a person picked; its id is still to be made free."""
        task: Task = description.task
        ows = {
            "name": description.name,
            "qualified_name": description.qualified_name,
            "project_name": description.project_name or "",
            "version": description.version or "",
        }
        return Node(
            id=task.identifier.rpartition(".")[2],
            task_type=task.task_type,
            task_identifier=task.identifier,
            task_generator=task.task_generator,
            extra={"ows": ows},
        )


@cache
def catalogue() -> Catalogue:
    """The catalogue of this program; scanned when first needed."""
    return Catalogue()


# -- kinds that no package registered


def known_task(record: Node) -> Task | None:
    """The task of a node, where finding it imports nothing because a file names it.

    Its module is imported already, or is one that declares tasks: the tool box reads those.
    """
    identifier = record.task_identifier
    if not isinstance(identifier, str) or record.task_type not in _DOTTED:
        return None
    module = identifier.rpartition(".")[0] if record.task_type != "ppfmethod" else identifier
    if module not in sys.modules and not _is_declared(module):
        return None
    if record.task_generator and not record.task_generator.startswith("beamcanvas."):
        return None
    return find_task(record)


_DOTTED = ("class", "generated", "method", "ppfmethod")


@cache
def _declared() -> frozenset[str]:
    """Modules and packages that installed packages declare to hold tasks of ours."""
    return frozenset(e.value for e in entry_points(group="beamcanvas.tasks"))


def _is_declared(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in _declared())


def find_task(record: Node, folder: Path | None = None) -> Task | None:
    """The task of a node, None when it isn't here. May import what the node names."""
    identifier = record.task_identifier
    try:
        return resolve(record.task_type, identifier, record.task_generator, folder=folder)
    except Exception as error:  # what a foreign module raises while it loads can be anything
        log.info("%s: %s", record.title, error)
        return None


def generic_description(task: Task) -> WidgetDescription:
    """The kind of a task that has no widget of its own."""
    inputs, outputs = channels(task)
    description = _description(
        task.title or task.identifier,
        GENERIC,
        _ICONS.get(task.task_type, "task.svg"),
        inputs,
        outputs,
    )
    description.description = first_paragraph(task.help)
    description.task = task
    return description


def subgraph_description(record: Node) -> WidgetDescription:
    """The kind of a node that stands for a graph of its own."""
    return _description("Subgraph", SUBGRAPH, "subgraph.svg", [], [])


def placeholder_description(record: Node, links: list[Link]) -> WidgetDescription:
    """The kind of a node whose widget and task aren't here: its channels are those of its links."""
    taken = [key for link in links if link.target == record.id for key in link.data_mapping]
    given = [
        key
        for link in links
        if link.source == record.id
        for key in link.data_mapping.values()
        if key is not None
    ]
    ows = record.extra.get("ows")
    name = ows.get("name") if isinstance(ows, dict) else None
    return _description(
        name or record.title,
        PLACEHOLDER,
        "placeholder.svg",
        [open_input(key) for key in dict.fromkeys(taken)],
        [open_output(key) for key in dict.fromkeys(given)],
    )


def _description(
    name: str, qualified_name: str, icon: str, inputs: list[Any], outputs: list[Any]
) -> WidgetDescription:
    description = WidgetDescription(
        name=name,
        id=qualified_name,
        qualified_name=qualified_name,
        package="beamcanvas.canvas",
        project_name="beamcanvas",
        icon=f"icons/{icon}",
        background="#D5DDE6",
    )
    # after the constructor, which would copy them without the names that they stand for
    description.inputs, description.outputs = inputs, outputs
    return description


def inner_workflow(record: Node) -> Workflow | None:
    """The graph inside a node, when the file holds it."""
    identifier = record.task_identifier
    if isinstance(identifier, Workflow):
        return identifier
    if isinstance(identifier, Mapping):
        from ...workflow.formats import from_dict

        return from_dict(identifier)
    return None


def stored_settings(record: Node) -> dict[str, Any]:
    """What Orange keeps of a widget beyond its inputs: the place of its window and the like."""
    ows = record.extra.get("ows")
    settings = ows.get("settings") if isinstance(ows, dict) else None
    if isinstance(settings, str):  # a literal, where JSON has no word for a value
        try:
            settings = from_literal(settings)
        except WorkflowError:
            settings = None
    return dict(settings) if isinstance(settings, dict) else {}


def store_settings(record: Node, settings: dict[str, Any]) -> None:
    """Keep a widget's own settings in the record of its node."""
    trial = Encoder()
    spelled = trial(settings)
    ows = record.extra.setdefault("ows", {})
    ows["settings"] = repr(Encoder(literal=True)(settings)) if trial.tagged else spelled
