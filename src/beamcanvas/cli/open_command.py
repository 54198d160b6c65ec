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
    if options.file is not None:
        _check_there(options.file)
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


def _check_there(file: str) -> None:
    from ..task.validation import did_you_mean

    path, folder = Path(file).expanduser(), False
    try:
        if path.is_file():
            return
        folder = path.is_dir()
        words = "this is a folder, not a workflow file." if folder else "there is no such file."
    except OSError as error:  # a name that is too long
        words = f"{error.strerror}."
    if folder or path.suffix or "/" in file:
        raise InputError(f"{file}: {words}")
    raise InputError(f"There is no command and no file '{file}'.{did_you_mean(file, COMMANDS)}")
