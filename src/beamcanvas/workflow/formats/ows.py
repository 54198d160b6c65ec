"""Orange's ``.ows`` files, read and written without Qt and without importing a widget.

What Orange has a word for is said in Orange's words, so that any Orange canvas opens the
file: nodes with their widget, title, place and settings; links that hand over named data;
annotations and window groups. All else stands in one element of our own,
``<beamcanvas version="1">``: what the graph says beyond the rest of the file. An edit of
the rest by another program is therefore seen.

Where Orange's words go in a workflow: a node's title is its label, its other attributes and
settings are ``extra["ows"]`` of the node; title and description of the scheme are the label
and ``extra["ows"]["description"]``, annotations and window groups are beside. A node's
``_ewoks_default_inputs`` are its default inputs. A widget whose source isn't here, or that
runs no ewoks task, stands for a task of type ``class`` with the widget's own name.

Pickled settings are carried along as they are, never loaded.
"""

from __future__ import annotations

from pathlib import Path

from ...output_file import replacing
from ..model import Workflow
from . import xml
from .file import read_bytes
from .ows_reader import read_scheme
from .ows_writer import write_scheme

name = "ows"
suffixes = (".ows",)


def loads(text: str) -> Workflow:
    """The workflow that the text of an ``.ows`` file describes."""
    return read_scheme(xml.parse(text))


def dumps(workflow: Workflow) -> str:
    """The workflow as the text of an ``.ows`` file."""
    return xml.document(write_scheme(workflow)).decode()


def read(path: Path) -> Workflow:
    """The workflow in an ``.ows`` file; one without a title gets the file's name as its id."""
    workflow = read_scheme(xml.parse(read_bytes(path)))
    if workflow.id == "notspecified":
        workflow.id = path.stem
    return workflow


def write(workflow: Workflow, path: Path) -> None:
    """Write the workflow to an ``.ows`` file."""
    content = xml.document(write_scheme(workflow))
    with replacing(path) as (_, new):
        new.write_bytes(content)
