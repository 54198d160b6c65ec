"""``beamcanvas [open] [FILE]``: the canvas."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import InputError
from . import COMMANDS
from .words import Parser


def parser() -> Parser:
    """Its options."""
    made = Parser("open", "Open the canvas, on a file if one is given.")
    made.add_argument("file", nargs="?", metavar="FILE", help="workflow, or file of results")
    return made


def run(options: Namespace) -> int:
    """Open the window; returns when it is closed."""
    if options.file is not None and not Path(options.file).expanduser().is_file():
        raise InputError(_not_there(options.file))
    try:
        from ..canvas.app import main
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("beamcanvas"):
            raise
        raise InputError(
            f"The canvas needs the package '{error.name}'. "
            "Install it with: pip install 'beamcanvas[canvas]'"
        ) from error
    return int(main([] if options.file is None else [options.file]) or 0)


def _not_there(file: str) -> str:
    from ..task.validation import did_you_mean

    if Path(file).expanduser().is_dir():
        return f"{file}: this is a folder, not a workflow file."
    if Path(file).suffix or "/" in file:
        return f"{file}: there is no such file."
    return f"There is no command and no file '{file}'.{did_you_mean(file, COMMANDS)}"
