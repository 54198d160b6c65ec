"""SLURM by its commands: sbatch, squeue, scancel."""

from __future__ import annotations

import math
import os
import subprocess
from collections.abc import Collection, Sequence

from .access import Access, NotReachedError, RefusedError, Request, Seen

#: seconds that a command may take
_PATIENCE = 30.0
#: what commands say when it is the scheduler that isn't there
_SILENT = ("Unable to contact slurm controller", "Connection refused", "Socket timed out")


class Commands(Access):
    """The commands, which are here."""

    def submit(self, request: Request) -> str:
        asked, settings = request.resources, self._settings
        options = {
            "job-name": request.name,
            "output": _literal(str(request.log)),
            "chdir": str(request.log.parent),
            "partition": asked.partition,
            "cpus-per-task": asked.cores,
            "mem": asked.memory and f"{math.ceil(asked.memory * 1024)}M",
            "gres": asked.gpus and f"gpu:{asked.gpus}",
            "time": asked.time and math.ceil(asked.time),
            "account": settings.account,
            "qos": settings.qos,
        }
        said = [f"--{name}={value}" for name, value in options.items() if value]
        out = _run(
            ["sbatch", "--parsable", "--ntasks=1", *said],
            request.script,
            {**os.environ, **request.environment},
        )
        return out.split(";")[0].strip()

    def look(self, jobs: Collection[str]) -> dict[str, Seen]:
        # one who asks for a job that is forgotten gets none: ask for all of the user's
        out = _run(
            ["squeue", "--me", "--all", "--states=all", "--noheader", "--format=%A|%T|%r"], ""
        )
        seen = {}
        for line in out.splitlines():
            job, state, reason = line.split("|", 2)
            if job in jobs:
                seen[job] = Seen(state, reason.strip())
        return seen

    def end(self, jobs: Sequence[str]) -> None:
        # at once, and the shell that runs the task along with it
        _run(["scancel", "--quiet", "--signal=KILL", "--full", *jobs], "")
        _run(["scancel", "--quiet", *jobs], "")


def _literal(path: str) -> str:
    """A path in which sbatch replaces nothing."""
    return path.replace("\\", "\\\\").replace("%", "%%")


def _run(words: list[str], given: str, environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            words, input=given, capture_output=True, text=True, timeout=_PATIENCE,
            env=environment, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise NotReachedError(f"There is no command {words[0]} here.") from error
    except subprocess.TimeoutExpired as error:
        raise NotReachedError(f"SLURM doesn't answer {words[0]}.") from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        said = said.removeprefix(f"{words[0]}: ").removeprefix("error: ").rstrip(".")
        if any(words in said for words in _SILENT):
            raise NotReachedError(f"The scheduler of SLURM doesn't answer: {said}.")
        raise RefusedError(said)
    return done.stdout
