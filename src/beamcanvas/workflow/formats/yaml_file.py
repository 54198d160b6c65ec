"""YAML, read by a loader that makes plain values only: a file can't run anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ...errors import WorkflowError
from ...output_file import replacing
from ..model import Workflow
from .ewoks_dict import from_dict, spell
from .file import read_text

name = "yaml"
suffixes = (".yaml", ".yml")

_MOST_VALUES = 5_000_000
_DEEPEST = 200


class _Loader(yaml.SafeLoader):
    """What JSON has, and sets and bytes: dates stay text."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text with line breaks of any kind in quotes, where PyYAML keeps each as it is."""
    style = '"' if text.splitlines() not in ([], [text]) or "\ufeff" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def loads(text: str) -> Workflow:
    """The workflow that a YAML text describes."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return from_dict({})
            _check_size(root)
            mapping = loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.constructor.ConstructorError as error:
        raise WorkflowError(_tag_refused(error)) from None
    except yaml.MarkedYAMLError as error:
        raise WorkflowError(f"this is not YAML: {error.problem}{_place(error)}.") from None
    except yaml.YAMLError as error:
        raise WorkflowError(f"this is not YAML: {' '.join(str(error).split())}.") from None
    except RecursionError:
        raise WorkflowError("this is nested too deeply to be read.") from None
    except (ValueError, TypeError, AttributeError, OverflowError, LookupError) as error:
        # what PyYAML's constructors raise for, e.g., a number or a key that is none
        raise WorkflowError(f"this is not YAML of a workflow: {error}.") from None
    return from_dict(mapping)


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _tag_refused(error: yaml.constructor.ConstructorError) -> str:
    problem = error.problem or ""
    if problem.startswith("could not determine a constructor"):
        tag = problem.rpartition("tag ")[2]
        return f"the YAML tag {tag}{_place(error)} is refused: only plain values can be read."
    return f"this is not YAML of a workflow: {problem}{_place(error)}."


def _check_size(root: yaml.Node) -> None:
    """Refuse aliases that make a small file huge or endless."""
    sizes: dict[int, int] = {}
    depths: dict[int, int] = {}
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    while stack:
        node, children_done = stack.pop()
        children = _children(node)
        if children_done:
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
            depths[id(node)] = 1 + max((depths[id(child)] for child in children), default=0)
            if sizes[id(node)] > _MOST_VALUES:
                raise WorkflowError(f"the aliases in it expand to more than {_MOST_VALUES} values.")
            if depths[id(node)] > _DEEPEST:
                raise WorkflowError("this is nested too deeply to be read.")
        elif id(node) not in sizes:
            sizes[id(node)] = _MOST_VALUES + 1  # met again before it is done: it holds itself
            depths[id(node)] = 0
            stack.append((node, True))
            stack += [(child, False) for child in children]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [end for pair in node.value for end in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def dumps(workflow: Workflow) -> str:
    """The workflow as a YAML text."""
    return yaml.dump(spell(workflow), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def read(path: Path) -> Workflow:
    """The workflow in a YAML file."""
    return loads(read_text(path))


def write(workflow: Workflow, path: Path) -> None:
    """Write the workflow to a YAML file."""
    try:
        content = dumps(workflow).encode()
    except (UnicodeEncodeError, RecursionError):
        raise WorkflowError("a text in the workflow has characters that YAML can't hold.") from None
    with replacing(path) as (_, new):
        new.write_bytes(content)
