"""``beamcanvas tutorials [NAME] [--to DIR]``: list them, or copy one to work on."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ..errors import InputError
from ..tutorials import copy_tutorial, tutorials
from .words import Parser, print_table


def parser() -> Parser:
    """Its options."""
    made = Parser("tutorials", "List the tutorials, or copy the folder of one.")
    made.add_argument("name", nargs="?", metavar="NAME", help="a technique, or technique/scheme")
    made.add_argument("--to", metavar="DIR", default=".", help="copy into DIR (default: here)")
    return made


def run(options: Namespace) -> int:
    """List them, or copy one and print where its scheme is."""
    found = tutorials()
    if options.name is None:
        print_table(("Name", "Tutorial"), [(t.name, t.title) for t in found])
        return 0
    known = {t.name: t for t in found}
    for tutorial in found:  # a technique's name stands for its first one
        known.setdefault(tutorial.folder.name, tutorial)
    if options.name not in known:
        from ..task.validation import did_you_mean

        raise InputError(
            f"There is no tutorial '{options.name}'.{did_you_mean(options.name, known)} "
            f"There are: {', '.join(t.name for t in found)}."
        )
    print(copy_tutorial(known[options.name], Path(options.to).expanduser()).scheme)
    return 0
