"""Events to a websocket, each a text of JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from ...errors import InputError
from ..events import Event
from .outbox import Message, Outbox, without_password

#: seconds that a server may take to answer
_ANSWER = 5.0


class WebsocketHandler:
    """Sends each event to whoever listens at a URL.

    They go there in a thread: a server that is slow or away holds up no run.

    Parameters
    ----------
    url:
        ``ws://host:port/path`` or ``wss://...``

    Raises
    ------
    InputError
        When the client library isn't installed, or the URL is none of a websocket.
    """

    def __init__(self, url: str) -> None:
        self._outbox = Outbox(without_password(url), _Server(url))

    def __call__(self, event: Event) -> None:
        self._outbox.put(dict(event))

    def close(self) -> None:
        self._outbox.close()


class _Server:
    def __init__(self, url: str) -> None:
        try:
            from websockets.exceptions import InvalidURI
            from websockets.uri import parse_uri
        except ImportError as error:
            raise InputError(
                "Events to a websocket need the extra 'websocket': "
                "pip install 'beamcanvas[websocket]'."
            ) from error
        try:
            parse_uri(url)
        except InvalidURI as error:
            raise InputError(f"'{without_password(url)}' is no ws:// or wss:// address.") from error
        self._url = url
        self._socket: Any = None
        self._opened = ExitStack()

    def send(self, messages: Sequence[Message]) -> None:
        if self._socket is None:
            from websockets.sync.client import connect

            # what the other side says is of no interest, and must not stop it from listening
            self._socket = self._opened.enter_context(
                connect(self._url, open_timeout=_ANSWER, close_timeout=1, max_queue=None)
            )
        for message in messages:
            self._socket.send(json.dumps(message))
        # an answer to the ping says that all before it arrived
        if not self._socket.ping().wait(_ANSWER):
            raise TimeoutError("no answer")

    def close(self) -> None:
        self._socket = None
        self._opened.close()
