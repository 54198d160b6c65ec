"""What the commands share: their parser, notes on the standard error, and tables."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import NoReturn

from ..errors import InputError
from ..workflow import Workflow


class Parser(ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def __init__(self, command: str, description: str, *examples: str) -> None:
        lines = [f"  beamcanvas {command} {example}" for example in examples]
        super().__init__(
            f"beamcanvas {command}",
            description=description,
            epilog="\n".join(["examples:", *lines]) if lines else None,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.add_argument("--traceback", action="store_true", help="show where an error comes from")

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{self.prog}: {message}. See: {self.prog} --help")


def note(text: str) -> None:
    """Tell something beside the result, on the standard error."""
    print(f"note: {' '.join(text.split())}", file=sys.stderr)


def note_remarks(workflow: Workflow) -> None:
    """Tell what the reader of a workflow could not understand and carried along."""
    for remark in workflow.remarks:
        note(remark)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under headers: a drawn table on a terminal, columns of plain text elsewhere."""
    shown = [[" ".join(cell.split()) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*headers)
        for row in shown:
            table.add_row(*map(Text, row))
        Console().print(table)
        return
    widths = [max(map(len, column)) for column in zip(headers, *shown, strict=True)]
    for row in [list(headers), *shown]:
        print("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip())
