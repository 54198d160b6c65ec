"""SLURM by slurmrestd: HTTP and JSON, in the newest version of its words that both know.

The words changed with v0.0.40: numbers became ``{"set": true, "number": 5}``, states lists of
flags, the environment a list of ``NAME=VALUE``.
"""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from http.client import HTTPException
from typing import Any

from .access import Access, NotReachedError, RefusedError, Request, Seen
from .settings import Settings

#: those that this file speaks, the newest first
VERSIONS = range(44, 35, -1)
_NEWER_WORDS = 40
#: from here on states can be asked for alone, of jobs that are named if they aren't too many
_STATES, _NAMED = 41, 200
_WAITING = 4  # jobs that are asked why they wait
#: seconds that a request may take
PATIENCE = 20.0
_NOTHING_NEW = 304
_BAD_TOKEN = 1007
_NO_WORDS = -1  # what older ones say of a token that isn't taken as of a scheduler that is away
_NO_SUCH_JOB = 2017
_ALREADY_DONE = 2021
#: of the words in which a slurmrestd says that the scheduler is away
_SILENT = (
    "Unable to contact slurm controller", "Connection refused", "Socket timed out",
    "Zero Bytes were transmitted", "Unexpected message received", "Transport endpoint",
)  # fmt: skip


class Rest(Access):
    """A slurmrestd."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._url = str(settings.url).rstrip("/")
        self._was_let_in = False
        self.version = self._newest()
        self._job = f"/slurm/v0.0.{self.version}/job"
        self.look([])
        self._was_let_in = True

    def _newest(self) -> int:
        for version in VERSIONS:
            with suppress(_NoSuchPageError):
                self._ask("GET", f"/slurm/v0.0.{version}/ping")
                return version
        raise RefusedError(
            f"{self._url} doesn't speak to us: no slurmrestd of version v0.0.{VERSIONS[-1]} to "
            f"v0.0.{VERSIONS[0]} is there."
        )

    def submit(self, request: Request) -> str:
        job, settings = request.resources, self._settings
        newer = self.version >= _NEWER_WORDS
        number: Callable[[int], Any] = _number if newer else int
        environment: Any = dict(request.environment)
        said: dict[str, Any] = {
            "name": request.name,
            "environment": [f"{n}={v}" for n, v in environment.items()] if newer else environment,
            "current_working_directory": str(request.log.parent),
            "standard_output": str(request.log),
            "standard_error": str(request.log),
            "tasks": 1,
            "partition": job.partition,
            "cpus_per_task": job.cores,
            "memory_per_node": job.memory and number(math.ceil(job.memory * 1024)),
            "time_limit": job.time and number(math.ceil(job.time)),
            "account": settings.account,
            "qos": settings.qos,
        }
        if job.gpus:
            said["tres_per_node" if newer else "gres"] = f"{'gres/' * newer}gpu:{job.gpus}"
        said = {name: value for name, value in said.items() if value is not None}
        if newer:
            body: dict[str, Any] = {"job": {**said, "script": request.script}}
        else:
            body = {"job": said, "script": request.script}
        told = self._ask("POST", f"{self._job}/submit", body)
        if not told.get("job_id"):
            raise RefusedError(_errors(told) or f"slurmrestd made no job: {told}")
        return str(told["job_id"])

    def look(self, jobs: Collection[str]) -> dict[str, Seen]:
        if not jobs:  # who asks for none wants to know whether it is answered
            self._ask("GET", f"{self._job}s?update_time={2**31 - 1}")
            return {}
        if self.version >= _STATES:
            return self._look_at_states(jobs)
        told = self._ask("GET", f"{self._job}s")
        wanted = set(jobs)
        return {
            str(job["job_id"]): _seen(job)
            for job in told.get("jobs", ())
            if str(job["job_id"]) in wanted
        }

    def _look_at_states(self, jobs: Collection[str]) -> dict[str, Seen]:
        """The states of all at once; more of those that ended, and of some that wait."""
        asked = "&".join(f"job_id={job}" for job in jobs) if len(jobs) <= _NAMED else ""
        told = self._ask("GET", f"{self._job}s/state?{asked}".rstrip("?"))
        wanted = set(jobs)
        seen = {str(one["job_id"]): Seen(one["state"][0]) for one in told.get("jobs", ())}
        seen = {job: one for job, one in seen.items() if job in wanted}
        waiting = [job for job, one in seen.items() if one.state == "PENDING"][:_WAITING]
        for job in [job for job, one in seen.items() if one.has_ended] + waiting:
            with suppress(RefusedError):  # it was forgotten just now
                (found,) = self._ask("GET", f"{self._job}/{job}")["jobs"]
                seen[job] = _seen(found)
        return seen

    def end(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            with suppress(_NoSuchPageError):
                # at once, and the shell that runs the task along with it
                self._ask(
                    "DELETE", f"{self._job}/{job}?signal=KILL&flags=FULL_JOB", gone_is_well=True
                )

    def _ask(
        self, method: str, path: str, body: Any = None, gone_is_well: bool = False
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "X-SLURM-USER-NAME": self._settings.name(),
            "X-SLURM-USER-TOKEN": self._settings.key(),
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        request = urllib.request.Request(  # noqa: S310 - settings say http
            self._url + path, data, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        except (OSError, HTTPException) as error:
            why = getattr(error, "reason", error)
            raise NotReachedError(f"No slurmrestd answers at {self._url}: {why}.") from error
        try:
            told = json.loads(text)
        except ValueError:
            told = {}
        if status in (401, 403):
            raise self._not_let_in()
        if status == _NOTHING_NEW:
            return {}
        if not isinstance(told, dict) or "meta" not in told:
            if status == 404:
                raise _NoSuchPageError(f"{self._url}{path}: there is no such page.")
            raise NotReachedError(f"{self._url} answers as no slurmrestd does ({status}).")
        codes = {e.get("error_number", e.get("error_code")) for e in told.get("errors") or ()}
        if codes <= {0, None} or told.get("job_id"):
            return told
        if gone_is_well and codes & {_NO_SUCH_JOB, _ALREADY_DONE}:
            return told
        said = _errors(told)
        if codes & {_BAD_TOKEN}:
            raise self._not_let_in()
        if codes == {_NO_WORDS}:
            raise self._without_words()
        if any(words in said for words in _SILENT):
            raise NotReachedError(f"slurmrestd at {self._url} can't reach the scheduler: {said}")
        raise RefusedError(said)

    def _not_let_in(self) -> RefusedError:
        return RefusedError(
            f"slurmrestd at {self._url} doesn't let '{self._settings.name()}' in: the token isn't "
            "one that it takes, or no longer."
        )

    def _without_words(self) -> NotReachedError:
        if self._was_let_in:
            return NotReachedError(f"slurmrestd at {self._url} can't reach the scheduler.")
        return NotReachedError(
            f"slurmrestd at {self._url} gets no answer from SLURM: either its scheduler is away, "
            f"or the token of '{self._settings.name()}' isn't taken."
        )


class _NoSuchPageError(RefusedError):
    """Another version."""


def _number(value: int) -> dict[str, Any]:
    return {"set": True, "infinite": False, "number": value}


def _plain(value: Any) -> int:
    """A number in the words of any version."""
    if isinstance(value, dict):
        value = value.get("number") if value.get("set") else 0
    return int(value or 0)


def _seen(job: dict[str, Any]) -> Seen:
    states, code = job["job_state"], job.get("exit_code") or 0
    flags = [states] if isinstance(states, str) else list(states)
    reason = str(job.get("state_reason") or "").replace("None", "")
    if isinstance(code, dict):
        signal = _plain((code.get("signal") or {}).get("id"))
        return Seen(flags[0], reason, _plain(code.get("return_code")), signal)
    # an old one gives it as the system does: code and signal in one number
    return Seen(flags[0], reason, int(code) >> 8, int(code) & 0x7F)


def _errors(told: dict[str, Any]) -> str:
    """What a reply says that is wrong."""
    said = []
    for error in told.get("errors") or ():
        words = (str(error.get("description") or ""), str(error.get("error") or ""))
        said.append(": ".join(dict.fromkeys(w.strip(" .") for w in words if w)))
    return "; ".join(said)
