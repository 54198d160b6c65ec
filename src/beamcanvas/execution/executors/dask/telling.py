"""News of a worker's task, several in one message where they come quickly."""

from __future__ import annotations

import pickle
from threading import Lock
from typing import Any

#: seconds that a news may wait for others
TOGETHER = 0.02


class Teller:
    """Sends news to the client by the topic that it listens to."""

    def __init__(self, worker: Any, topic: str, run: int) -> None:
        self._worker = worker
        self._topic = topic
        self._run = run
        self._news: list[bytes] = []
        self._is_due = False
        self._lock = Lock()

    def tell(self, news: bytes) -> None:
        """Send a news soon."""
        with self._lock:
            self._news.append(news)
            if self._is_due:
                return
            self._is_due = True
        loop = self._worker.loop
        loop.add_callback(loop.call_later, TOGETHER, self.flush)

    def flush(self) -> None:
        """Send what there is."""
        with self._lock:
            self._is_due = False
            if self._news:
                data = pickle.dumps((self._run, self._news), protocol=5)
                self._news = []
                self._worker.log_event(self._topic, data)
