"""``beamcanvas export-crate RUN DIR``: a past run as a Workflow Run RO-Crate."""

from __future__ import annotations

from argparse import Namespace

from .words import Parser


def parser() -> Parser:
    """Its options."""
    made = Parser(
        "export-crate", "Write a run of your history as a Workflow Run RO-Crate: a folder "
        "that says what ran, with which values, when, and what came of it.",
        "1f3a scan_12.crate          # the run whose id begins with this",
        "1f3a scan_12.crate --inputs # with the files that it read",
    )  # fmt: skip
    made.add_argument("run", metavar="RUN", help="its id, or the beginning of it")
    made.add_argument("folder", metavar="DIR", help="a new folder")
    made.add_argument("--inputs", action="store_true", help="copy the files that it read as well")
    made.add_argument("--no-results", action="store_true", help="leave the file of results out")
    made.add_argument(
        "--license", metavar="URL", help="under which the crate is given (default: CC-BY-4.0)"
    )
    made.add_argument("--history", metavar="FILE.db|URL", help="another history than your own")
    return made


def run(options: Namespace) -> int:
    """Write it."""
    from ..execution.crate import export_crate
    from ..execution.crate.export import LICENSE
    from ..execution.history import History

    made = export_crate(
        History(options.history),
        options.run,
        options.folder,
        results=not options.no_results,
        inputs=options.inputs,
        license=options.license or LICENSE,
    )
    print(made)
    return 0
