"""The command line. Each command is one module here, imported when it is asked for.

Exit codes: 0 done, 1 a task failed, 2 bad input or usage, 130 interrupted.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from ..errors import BeamcanvasError, Cancelled, InputError, TaskError, WorkflowError

#: Each command's module, and what it does.
COMMANDS = {
    "open": "open the canvas, on a file if one is given",
    "run": "run a workflow",
    "run-each": "run a workflow for each of many files",
    "watch": "run a workflow again whenever a file that it reads has grown",
    "submit": "put up workflows to be run by workers",
    "worker": "run the jobs that are submitted",
    "status": "list the jobs that wait, run and ended, and the workers",
    "cancel": "end a job that runs, or let it never start",
    "show": "list the nodes of a workflow, their tasks and inputs",
    "validate": "name everything that is wrong with a workflow",
    "convert": "write a workflow in another format",
    "history": "list what ran, look at a run, run it again",
    "export-crate": "write a run as a Workflow Run RO-Crate",
    "cache": "list the results that are kept in a folder, or clean it",
    "tasks": "list the tasks of the installed packages",
    "tutorials": "list the tutorials, or copy one",
}

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line `arguments` (without the program's name); returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:  # a process of its own
        # looking for garbage among all that is imported was a tenth of a replay
        gc.set_threshold(10_000)
    verbose = "--traceback" in words
    try:
        return _run(words)
    except SystemExit as leaving:  # argparse: help, or a word that it doesn't know
        return leaving.code if isinstance(leaving.code, int) else BAD_INPUT
    except (KeyboardInterrupt, Cancelled):
        _say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has left
        sys.stdout = None
        return FAILED
    except BeamcanvasError as error:
        if verbose:
            raise
        _tell(error)
        by_input = isinstance(error, InputError) or isinstance(error.__cause__, InputError)
        return BAD_INPUT if by_input else FAILED
    except Exception as error:  # a fault of ours: say so, and how to report it
        if verbose:
            raise
        _say(f"Unexpected {type(error).__name__}: {error} (see it all with --traceback)")
        return FAILED


def _run(words: list[str]) -> int:
    if not words or (words[0] not in COMMANDS and not words[0].startswith("-")):
        words = ["open", *words]
    if words[0] in ("-h", "--help"):
        print(_help())
        return DONE
    if words[0] in ("-V", "--version"):
        from .. import __version__

        print(f"beamcanvas {__version__}")
        return DONE
    if words[0] not in COMMANDS:
        raise InputError(f"There is no option '{words[0]}'. See: beamcanvas --help")
    command = import_module(f".{words[0].replace('-', '_')}_command", __name__)
    code: int = command.run(command.parser().parse_args(words[1:]))
    return code


def _help() -> str:
    lines = ["usage: beamcanvas COMMAND ...", "       beamcanvas [FILE]", "", "commands:"]
    lines += [f"  {name:<12} {words}" for name, words in COMMANDS.items()]
    lines += ["", "Options of a command: beamcanvas COMMAND --help"]
    lines += ["Exit codes: 0 done, 1 a task failed, 2 bad input or usage, 130 interrupted."]
    return "\n".join(lines)


def _tell(error: BeamcanvasError) -> None:
    """The error in one line; a workflow's problems, and a run's failures, in one each."""
    problems = error.problems if isinstance(error, WorkflowError | TaskError) else (str(error),)
    for problem in problems:
        _say(problem)


def _say(text: str) -> None:
    print(" ".join(text.split()), file=sys.stderr)
