"""JSON, as ewoks writes it: indented by two, and NaN and infinities in Python's spelling."""

from __future__ import annotations

import json
from pathlib import Path

from ...errors import WorkflowError
from ...output_file import replacing
from ..garbage import no_garbage_collection
from ..model import Workflow
from .ewoks_dict import from_dict, spell
from .file import read_text

name = "json"
suffixes = (".json",)


@no_garbage_collection()
def loads(text: str) -> Workflow:
    """The workflow that a JSON text describes."""
    try:
        mapping = json.loads(text)
    except json.JSONDecodeError as error:
        raise WorkflowError(
            f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, "
            f"column {error.colno}."
        ) from None
    except RecursionError:
        raise WorkflowError("this is nested too deeply to be read.") from None
    except ValueError:
        raise WorkflowError("a whole number in it has more than 4300 digits.") from None
    return from_dict(mapping, consume=True)


def dumps(workflow: Workflow) -> str:
    """The workflow as a JSON text."""
    document = spell(workflow)
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:  # half of a character: JSON can escape it
        text = json.dumps(document, indent=2)
    return text + "\n"


def read(path: Path) -> Workflow:
    """The workflow in a JSON file."""
    return loads(read_text(path))


def write(workflow: Workflow, path: Path) -> None:
    """Write the workflow to a JSON file."""
    content = dumps(workflow)
    with replacing(path) as (_, new):
        new.write_text(content, encoding="utf-8")
