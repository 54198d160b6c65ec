"""``beamcanvas tutorials [NAME] [--to DIR]``: list them, or copy one to work on."""

from __future__ import annotations

import shutil
from argparse import Namespace
from importlib import import_module
from pathlib import Path

from ..errors import InputError
from .words import Parser, print_table


def parser() -> Parser:
    """Its options."""
    made = Parser("tutorials", "List the tutorials, or copy the folder of one.")
    made.add_argument("name", nargs="?", metavar="NAME")
    made.add_argument("--to", metavar="DIR", default=".", help="copy to DIR/NAME (default: here)")
    return made


def run(options: Namespace) -> int:
    """List, or copy and print the folder."""
    folder: Path = import_module("beamcanvas_tutorials").FOLDER
    known = {page.parent.name: page for page in sorted(folder.glob("*/index.md"))}
    if options.name is None:
        print_table(("Name", "Tutorial"), [(n, _title(page)) for n, page in known.items()])
        return 0
    if options.name not in known:
        from ..task.validation import did_you_mean

        raise InputError(
            f"There is no tutorial '{options.name}'.{did_you_mean(options.name, known)} "
            f"There are: {', '.join(known)}."
        )
    print(copy(known[options.name].parent, Path(options.to).expanduser()))
    return 0


def copy(tutorial: Path, to: Path) -> Path:
    """Copy a tutorial's folder into the folder `to`; returns the copy, whole or not there."""
    target = to / tutorial.name
    if target.exists():
        raise InputError(f"{target} is there already; choose another folder with --to.")
    partial = to / f".{tutorial.name}.partial"
    try:
        to.mkdir(parents=True, exist_ok=True)
        shutil.copytree(tutorial, partial, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        partial.rename(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise InputError(f"{to}: the tutorial can't be copied there: {error.strerror}.") from None
    return target


def _title(page: Path) -> str:
    lines = page.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), "")
