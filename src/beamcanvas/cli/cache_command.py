"""``beamcanvas cache DIR``: the results that are kept from run to run."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from fnmatch import fnmatch
from time import time

from ..errors import InputError
from .words import Parser, print_table

_DAY = 86400.0


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "cache", "List the results that 'run --cache DIR' keeps, or clean the folder.",
        "results",
        "results --clean --unused 30    # what nobody used for 30 days",
        "results --clean --task '*.integrate_1d'",
    )  # fmt: skip
    made.add_argument("folder", metavar="DIR")
    made.add_argument("--task", metavar="PATTERN", default="*", help="of these tasks alone")
    made.add_argument("--unused", metavar="DAYS", type=float, default=0.0, help="for so long")
    made.add_argument("--clean", action="store_true", help="remove them")
    return made


def run(options: Namespace) -> int:
    """List them task by task, or remove them."""
    from ..execution.cache import Cache, Entry

    cache = Cache(options.folder)
    if not cache.folder.is_dir():
        raise InputError(f"{options.folder}: there is no such folder.")
    before = time() - options.unused * _DAY
    found: dict[str, list[Entry]] = {}
    for entry in cache.entries():
        if fnmatch(entry.task, options.task) and entry.used <= before:
            found.setdefault(entry.task, []).append(entry)
    entries = [entry for some in found.values() for entry in some]
    if options.clean:
        for entry in entries:
            cache.remove(entry)
        print(f"{len(entries)} results removed, {_size(sum(e.size for e in entries))}.")
        return 0
    rows = [
        (
            task,
            str(len(some)),
            _size(sum(e.size for e in some)),
            f"{sum(e.seconds for e in some):.1f} s",
            datetime.fromtimestamp(max(e.used for e in some)).strftime("%Y-%m-%d %H:%M"),
        )
        for task, some in sorted(found.items())
    ]
    print_table(("Task", "Results", "Size", "Took", "Last used"), rows)
    return 0


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
