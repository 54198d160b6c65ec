"""A slurmrestd that answers as real ones did, and runs the jobs as processes here.

The replies in ``replies/v38`` are of SLURM 22.05.8 and those in ``replies/v42`` of 24.11.5, as
they came from a slurmrestd of one node; only numbers and states of jobs are put into them.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPLIES = Path(__file__).parent / "replies"
TOKEN = "taken"


@dataclass
class _Job:
    said: dict[str, Any]
    process: subprocess.Popen[bytes] | None
    ended: bool = False


@dataclass
class Replay:
    """One such server; `fates` are the states that jobs of a name come to without running."""

    version: int
    fates: dict[str, str] = field(default_factory=dict)
    is_down: bool = False  #: the scheduler behind it
    asked: Counter[str] = field(default_factory=Counter)  #: how often for what
    submitted: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[int, _Job] = field(default_factory=dict)

    def __enter__(self) -> Replay:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.replay = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for job in self.jobs.values():
            _kill(job)

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def reply(self, name: str) -> tuple[int, Any]:
        found = json.loads((REPLIES / f"v{self.version}" / f"{name}.json").read_text())
        return found["status"], found["body"]

    def answer(self, method: str, target: str, token: str | None, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        match = re.fullmatch(r"/slurm/v0\.0\.(\d+)/(.*)", parts.path)
        if match is None or int(match[1]) != self.version:
            return self.reply("no_page")
        if token != TOKEN:
            return self.reply("bad_token" if token else "no_token")
        page, query = match[2], parse_qs(parts.query)
        kind = re.sub(r"/\d+$", "", page)
        self.asked[f"{method} {kind}"] += 1
        if page == "ping":
            return self.reply("ping")
        if self.is_down:
            return self.reply("down_jobs")
        if page == "job/submit":
            return self._submit(body)
        if method == "DELETE":
            return self._end(int(page.removeprefix("job/")))
        if page == "jobs" and "update_time" in query:
            return self.reply("nothing_new")
        if page == "jobs/state":
            named = [int(n) for n in query.get("job_id", self.jobs)]
            status, text = self.reply("states")
            text["jobs"] = [
                {"job_id": str(n), "state": self._seen(n)["job_state"]}
                for n in named
                if n in self.jobs
            ]
            return status, text
        status, text = self.reply("jobs")
        text["jobs"] = [self._seen(n) for n in self.jobs if page in ("jobs", f"job/{n}")]
        return (status, text) if text["jobs"] or page == "jobs" else self.reply("unknown_job")

    def _submit(self, body: Any) -> tuple[int, Any]:
        said = body["job"]
        self.submitted.append(said)
        fate = self.fates.get(said["name"])
        if fate == "REFUSED":
            return self.reply("refused")
        number = 100 + len(self.jobs)
        process = None
        if fate is None:
            environment = said["environment"]
            if isinstance(environment, list):
                environment = dict(one.split("=", 1) for one in environment)
            with Path(said["standard_output"]).open("wb") as log:
                process = subprocess.Popen(
                    ["/bin/bash", "-c", body.get("script") or said["script"]],
                    env=environment, cwd=said["current_working_directory"], stdout=log,
                    stderr=log, start_new_session=True,
                )  # fmt: skip
        self.jobs[number] = _Job(said, process)
        status, text = self.reply("never_begins" if fate == "NEVER" else "submitted")
        return status, {**text, "job_id": number}

    def _end(self, number: int) -> tuple[int, Any]:
        if number not in self.jobs:
            return self.reply("ended_unknown")
        if self._state(self.jobs[number]) != "RUNNING":
            return self.reply("ended_before")
        self.jobs[number].ended = True
        _kill(self.jobs[number])
        return self.reply("ended")

    def _seen(self, number: int) -> dict[str, Any]:
        job = self.jobs[number]
        _, text = self.reply(f"job_{self._state(job)}")
        return {**deepcopy(text), "job_id": number, "name": job.said["name"]}

    def _state(self, job: _Job) -> str:
        fate = self.fates.get(job.said["name"])
        if fate is not None:
            return fate
        if job.ended:
            return "CANCELLED"
        assert job.process is not None
        code = job.process.poll()
        return "RUNNING" if code is None else "FAILED" if code else "COMPLETED"


def _kill(job: _Job) -> None:
    if job.process is not None and job.process.poll() is None:
        with suppress(OSError):
            os.killpg(job.process.pid, signal.SIGKILL)
        job.process.wait()


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        token = self.headers.get("X-SLURM-USER-TOKEN")
        replay: Replay = self.server.replay  # type: ignore[attr-defined]
        status, text = replay.answer(self.command, self.path, token, body)
        data = text.encode() if isinstance(text, str) else json.dumps(text).encode()
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 304:
            self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""
