"""Workers of a queue, as a terminal starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def redis_url() -> str:
    """The Redis of the tests."""
    found = os.environ.get("BEAMCANVAS_TEST_REDIS")
    if not found:
        pytest.skip("No redis server runs here: tools/services/redis starts one.")
    return found


class RunningWorker:
    """``beamcanvas worker`` in a process of its own, ready to work."""

    def __init__(self, address: str, history: Path, *options: str) -> None:
        environment = {
            **os.environ,
            "BEAMCANVAS_HISTORY": str(history),
            "PYTHONPATH": f"{HERE}{os.pathsep}{HERE / 'jobs'}",
            "PYTHONUNBUFFERED": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "beamcanvas", "worker", "--broker", address, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C at the tests isn't meant for it
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Worker "):
                return
        raise AssertionError(f"The worker didn't start: {''.join(said)}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 60.0) -> str:
        """Wait for its end; what it said."""
        said, _ = self.process.communicate(timeout=seconds)
        return str(said)

    def kill(self) -> None:
        """Without any warning."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
