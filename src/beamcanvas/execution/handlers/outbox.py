"""Messages on their way to a server that may be slow, or away for a while.

A run only puts them in; a thread of its own sends them. While the server is away they wait,
and what still waits when the run is over goes into a file of the user's, from where the next
run that sends to the same server takes it along.
"""

from __future__ import annotations

import fcntl
import json
import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from io import TextIOWrapper
from threading import Condition, Thread
from time import monotonic
from typing import Any, Protocol, TypeAlias

from ..place import user_folder

Message: TypeAlias = dict[str, Any]

log = logging.getLogger("beamcanvas.run")

#: so many are sent at once, and so many may wait before news of progress are left out
_AT_ONCE, _MOST = 500, 20_000
#: seconds between two tries, the first and the longest
_SOON, _LATE = 0.1, 5.0


class Server(Protocol):
    """Where messages go. Called in one thread only."""

    def send(self, messages: Sequence[Message]) -> None:
        """Deliver all of them, or raise; connects when it isn't connected.

        What raised is sent again, so what arrived before should not count twice.
        """

    def close(self) -> None:
        """Give the connection up."""


class Outbox:
    """What waits for one server.

    Parameters
    ----------
    name:
        Of the server, as it may be shown: without a password.
    server:
        Where to.
    patience:
        Seconds that `close` waits for what is left.
    """

    def __init__(self, name: str, server: Server, patience: float = 5.0) -> None:
        self.name = name
        self._server = server
        self._patience = patience
        self._unsent = user_folder() / "unsent" / f"{blake2b(name.encode()).hexdigest()[:16]}.jsonl"
        self._due: deque[Message] = deque()
        self._news = Condition()
        self._ends: float | None = None  #: when the thread gives up
        self._why = "it didn't answer in time"
        self._thread = Thread(target=self._work, name=f"to {name}", daemon=True)
        self._thread.start()

    def put(self, message: Message) -> None:
        """Have a message sent; returns at once."""
        with self._news:
            if len(self._due) < _MOST or message.get("type") != "progress":
                self._due.append(message)
                self._news.notify_all()

    def close(self) -> None:
        """Wait for what is left as long as `patience` says, and keep the rest for later."""
        with self._news:
            self._ends = monotonic() + self._patience
            self._news.notify_all()
        self._thread.join(self._patience + 0.5)
        with self._news:
            left = list(self._due)
            self._due.clear()
        if left:
            self._keep(left)

    # -- the thread

    def _work(self) -> None:
        pause = _SOON
        while self._wait():
            try:
                self._send_kept()
                self._send_due()
            except Exception as error:
                if pause == _SOON:
                    log.warning("%s can't be told of the run for now: %s", self.name, _line(error))
                self._why = _line(error)
                with suppress(Exception):
                    self._server.close()
                with self._news:
                    left = _LATE if self._ends is None else self._ends - monotonic()
                    if left <= 0:
                        break
                    self._news.wait_for(lambda: self._ends is not None, min(pause, left))
                    if self._ends is not None:  # the last tries come quickly
                        self._news.wait(min(_SOON, left))
                pause = min(2 * pause, _LATE)
                continue
            if pause > _SOON:
                log.info("%s is told of the run again.", self.name)
                pause = _SOON
        with suppress(Exception):
            self._server.close()

    def _wait(self) -> bool:
        """Whether there is something to send; else the end has come."""
        with self._news:
            self._news.wait_for(lambda: self._due or self._ends is not None)
            return bool(self._due)

    def _send_due(self) -> None:
        while True:
            with self._news:
                some = [self._due[n] for n in range(min(_AT_ONCE, len(self._due)))]
            if not some:
                return
            self._server.send(some)
            with self._news:
                for _ in some if self._due else ():  # none are left where `close` took them
                    self._due.popleft()

    # -- what earlier runs couldn't send

    def _keep(self, messages: Sequence[Message]) -> None:
        try:
            self._unsent.parent.mkdir(parents=True, exist_ok=True)
            with self._unsent.open("a", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.writelines(json.dumps(m) + "\n" for m in messages)
        except OSError as error:
            log.warning("%d events for %s are lost: %s", len(messages), self.name, error)
            return
        log.warning(
            "%d events couldn't be sent to %s (%s); the next run sends them.",
            len(messages), self.name, self._why,
        )  # fmt: skip

    def _send_kept(self) -> None:
        if not self._unsent.exists():
            return
        with self._unsent.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # another run is at it
                return
            messages = list(_read(file))
            for n in range(0, len(messages), _AT_ONCE):
                self._server.send(messages[n : n + _AT_ONCE])
            file.truncate(0)


def _read(file: TextIOWrapper) -> list[Message]:
    found = []
    for line in file:
        with suppress(ValueError):  # cut short where a disk was full
            found.append(json.loads(line))
    return found


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    scheme, mark, rest = url.partition("://")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}{mark}{user}{':***' if colon else ''}{at}{place}"
