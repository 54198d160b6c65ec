"""A handler of events in a thread of its own, for whoever must not wait for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from ..events import About, Event, Handler, make_handler

log = logging.getLogger("beamcanvas.run")


def apart(handler: str) -> Apart:
    """Another handler by its name, in a thread of its own: ``"apart:logbook:shift.txt"``."""
    return Apart(lambda: make_handler(handler))


class Apart:
    """Hands events on to a handler that is made, called and closed in a thread.

    The program waits for the thread at its end.

    Parameters
    ----------
    make:
        Makes the handler; when it can't, or the handler fails, that is told once.
    """

    def __init__(self, make: Callable[[], Handler]) -> None:
        self._make = make
        self._due: SimpleQueue[Event | About | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="events")
        self._thread.start()

    def about(self, about: About) -> None:
        """What the events that follow are of."""
        self._due.put(about)

    def __call__(self, event: Event) -> None:
        self._due.put(event)

    def close(self) -> None:
        """Have the handler closed when it has got all; returns at once."""
        self._due.put(None)

    def join(self, seconds: float | None = None) -> None:
        """Wait until it is, so long at most."""
        self._thread.join(seconds)

    def _work(self) -> None:
        handler: Handler | None = None
        try:
            handler = self._make()
            while (told := self._due.get()) is not None:
                if isinstance(told, About):
                    tell = getattr(handler, "about", None)
                    if tell is not None:
                        tell(told)
                else:
                    handler(told)
        except Exception as error:
            log.warning("This run isn't recorded further: %s", error)
        close = getattr(handler, "close", None)
        if close is not None:
            try:
                close()
            except Exception as error:
                log.warning("The end of this run isn't recorded: %s", error)
