"""Events in Redis, as ewoksjob lays them out, so that its readers read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...errors import InputError
from ..events import FIELDS, Event
from .outbox import Message, Outbox, without_password

_COUNT = "ewoks_events_count"
#: seconds that a server may take to answer
_ANSWER = 5.0


class RedisHandler:
    """Each event a hash ``ewoks:<job id>:<number>`` of JSON texts.

    The events go there in a thread: a server that is slow or away holds up no run.

    Parameters
    ----------
    url:
        ``redis://``, ``rediss://`` or ``unix://``; with ``?ttl=3600`` in it the events are
        forgotten after so many seconds.

    Raises
    ------
    InputError
        When the client library isn't installed, or the URL is none of Redis.
    """

    def __init__(self, url: str) -> None:
        self._outbox = Outbox(without_password(url), _Server(url))

    def __call__(self, event: Event) -> None:
        self._outbox.put({name: event[name] for name in FIELDS})

    def close(self) -> None:
        self._outbox.close()


class _Server:
    def __init__(self, url: str) -> None:
        try:
            import redis
        except ImportError as error:
            raise InputError(
                "Events in Redis need the extra 'redis': pip install 'beamcanvas[redis]'."
            ) from error
        url, self._seconds = _ttl(url)
        try:
            self._client: Any = redis.Redis.from_url(
                url, socket_timeout=_ANSWER, socket_connect_timeout=_ANSWER
            )
        except ValueError as error:
            raise InputError(f"'{without_password(url)}': {error}") from error

    def send(self, messages: Sequence[Message]) -> None:
        new = [m for m in messages if "number" not in m]
        if new:  # a number is taken once: what is sent again is written over itself
            last = self._client.incrby(_COUNT, len(new))
            for number, message in enumerate(new, last - len(new) + 1):
                message["number"] = number
        with self._client.pipeline(transaction=True) as pipeline:
            for message in messages:
                key = f"ewoks:{message['job_id']}:{message['number']}"
                pipeline.hset(key, mapping={n: json.dumps(message[n]) for n in FIELDS})
                if self._seconds is not None:
                    pipeline.expire(key, self._seconds)
            pipeline.execute()

    def close(self) -> None:
        self._client.close()


def _ttl(url: str) -> tuple[str, int | None]:
    from urllib.parse import parse_qsl, urlencode, urlsplit

    parts = urlsplit(url)
    said = dict(parse_qsl(parts.query))
    seconds = said.pop("ttl", None)
    if seconds is None:
        return url, None
    if not seconds.isdecimal() or not int(seconds):
        raise InputError(f"'{without_password(url)}': ttl should be a number of seconds.")
    return parts._replace(query=urlencode(said)).geturl(), int(seconds)
