"""Nodes at the same time, in processes of their own."""

from __future__ import annotations

import atexit
import os
import pickle
import signal
from collections import deque
from contextlib import suppress
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Event
from threading import Thread
from time import monotonic, time
from typing import Any

from ...errors import InputError, TaskError
from ...task import Progress
from ..doubts import doubts_of
from ..work import Report, Work, not_picklable, portable, thinned
from .base import Executor
from .due import Due
from .elsewhere import is_small, replaced
from .letters import Letter, Parcel, received, views

#: how long a process has to answer a cancel before it is terminated
GRACE = 1.0


class Processes(Executor):
    """A fixed number of processes: for tasks in plain Python, or that can crash.

    A node's work travels as the name of its task and its inputs, so these and the outputs
    have to be picklable and the task has to be found by its name. What a task gives isn't
    read in this process before somebody wants it: it is handed on as it came, arrays in
    shared memory. Processes are started when first needed, afresh ("spawn"), and used
    again; a script that makes a run in this way needs the usual
    ``if __name__ == "__main__":``.

    Parameters
    ----------
    workers:
        How many nodes run at once; as many as there are processors by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._size = workers or os.cpu_count() or 1
        self._idle: list[_Worker] = []
        self._busy: dict[Any, _Worker] = {}
        self._due = Due()
        self._refused: deque[tuple[Work, InputError]] = deque()
        # at its end Python waits for processes, and these wait for work
        atexit.register(self.close)

    def submit(self, work: Work) -> None:
        self._due.add(work)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._due and (self._idle or len(self._busy) < self._size):
            work = self._due.next()
            letter = Letter()
            try:
                data = letter.pickled(work)
            except Exception as error:
                self._refused.append((work, not_picklable(work.inputs.items(), "input", error)))
                continue
            worker = self._idle.pop() if self._idle else _Worker()
            try:
                worker.give(work.serial, letter, data)
            except (BrokenPipeError, ConnectionResetError):  # it died while idle
                worker.stop()
                self._due.add(work)
                continue
            except OSError as error:  # no memory for the inputs
                worker.stop()
                self._refused.append((work, not_picklable((), "input", error)))
                continue
            self._busy[worker.connection] = worker

    def wait(self, report: Report, seconds: float) -> None:
        while self._refused:
            work, error = self._refused.popleft()
            report.started(work.serial, time(), os.getpid())
            report.failed(work.serial, error, time())
            seconds = 0.0
        for connection in wait(list(self._busy), seconds) if self._busy else ():
            worker = self._busy.get(connection)
            if worker is None:  # stopped because of what another one reported
                continue
            serial = worker.serial
            try:
                what, *details = worker.receive()
            except Exception as error:
                # the end of the process, or an answer that can't be read here
                del self._busy[connection]
                report.failed(serial, worker.end(error), time())
                continue
            if what in ("finished", "failed"):  # free before what follows is submitted
                self._idle.append(self._busy.pop(connection))
            getattr(report, what)(serial, *details)
        self._hand_out()

    def stop(self, serial: int) -> None:
        self._due.remove(serial)
        for connection, worker in list(self._busy.items()):
            if worker.serial == serial:
                self._busy.pop(connection).stop()

    def home(self, values: Any) -> Any:
        try:
            return replaced(values, Parcel.value)
        except Exception as error:
            raise TaskError(f"An output can't be read in this process: {error}.") from error

    def cancel(self) -> None:
        self._due.clear()
        self._refused.clear()
        for worker in self._busy.values():
            worker.cancelled.set()
        end = monotonic() + GRACE
        while self._busy and (left := end - monotonic()) > 0:
            for connection in wait(list(self._busy), left):
                worker = self._busy[connection]
                try:
                    what, *_ = worker.receive()
                except Exception:
                    self._busy.pop(connection).stop()
                    continue
                if what in ("finished", "failed"):
                    self._idle.append(self._busy.pop(connection))
        for worker in self._busy.values():
            worker.stop()
        self._busy.clear()

    def close(self) -> None:
        atexit.unregister(self.close)
        for worker in (*self._idle, *self._busy.values()):
            worker.stop()
        self._idle.clear()
        self._busy.clear()
        self._due.clear()


class _Worker:
    """One process, seen from here."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.cancelled = context.Event()
        self.serial = -1  #: of its work
        self._process = context.Process(
            target=_serve, args=(theirs, self.cancelled), name="beamcanvas task", daemon=False
        )
        self._process.start()
        theirs.close()

    def give(self, serial: int, letter: Letter, data: bytes) -> None:
        self.serial = serial
        self.cancelled.clear()
        letter.send(self.connection, data)

    def receive(self) -> Any:
        data, buffers = received(self.connection)
        what, *details = pickle.loads(data)  # noqa: S301 - from our own process
        if what == "finished":
            outputs, packed, end = details
            for name, (pickled, first, last, doubts) in packed.items():
                outputs[name] = Parcel(pickled, buffers[first:last], doubts)
            details = [outputs, end]
        return what, *details

    def end(self, error: Exception) -> BaseException:
        """Stop the process; why its work has no result."""
        if not isinstance(error, (EOFError, OSError)):
            self.stop()
            return InputError(f"Its answer can't be read in this process: {error}.")
        self._process.join(1.0)
        code = self._process.exitcode
        self.stop()
        how = f"by signal {-code}" if code and code < 0 else f"with exit code {code}"
        return TaskError(f"The process that ran it ended {how}.")

    def stop(self) -> None:
        with suppress(OSError):
            self.connection.close()
        self._process.terminate()
        self._process.join(0.5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        if self._process.pid is not None:
            with suppress(OSError):  # what a task started and left behind
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.close()


def _serve(connection: Connection, cancelled: Event) -> None:
    """What a process does: work, one node after the other, until nobody asks any more."""
    # a group of its own, so that the programs that a task starts end with it
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what becomes of us
    Thread(target=_end_with_parent, name="beamcanvas end", daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            data, buffers = received(connection)
            try:
                work = pickle.loads(data, buffers=views(buffers))  # noqa: S301 - our own process
            except Exception as error:
                why = InputError(f"The inputs can't be read in another process: {error}.")
                _send(connection, "failed", why, time())
                continue
            _do(connection, work, cancelled)
            del work, buffers  # and with them the memory of the inputs


def _end_with_parent() -> None:
    """End all of the group when the parent ends without having ended it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


def _do(connection: Connection, work: Work, cancelled: Event) -> None:
    send = partial(_send, connection)
    send("started", time(), os.getpid())
    report = thinned(partial(send, "progressed"))
    try:
        outputs = work.do(Progress(report, cancelled.is_set))
    except (Exception, SystemExit) as error:
        send("failed", portable(error), time())
        return
    try:
        _send_outputs(connection, outputs, work.looked_at)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:
        send("failed", not_picklable(outputs.items(), "output", error), time())


def _send(connection: Connection, *message: Any) -> None:
    Letter().send(connection, pickle.dumps(message, protocol=5))


def _send_outputs(
    connection: Connection, outputs: dict[str, Any], looked_at: frozenset[str | int] | None
) -> None:
    letter = Letter()
    packed = {}
    for name, value in outputs.items():
        if looked_at is not None and name not in looked_at and not is_small(value):
            first = letter.count
            doubts = doubts_of({name: value})
            packed[name] = letter.pickled(value), first, letter.count, doubts
    told = {name: None if name in packed else value for name, value in outputs.items()}
    letter.send(connection, pickle.dumps(("finished", told, packed, time()), protocol=5))
