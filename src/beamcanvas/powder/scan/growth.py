"""Following a scan that is still being measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ...nexus.bliss import FrameReader, Scan, read_scan
from ...task import Progress

_LOOK_AGAIN = 0.5  #: seconds between two looks
_PATIENCE = 1.0  #: seconds with a file that is just being written


def first_look(
    file: Path, number: int, subscan: int, detector: str | None, wait: float, progress: Progress
) -> Scan:
    """The scan, as soon as it has a frame."""
    begun = time.monotonic()
    while True:
        try:
            scan = read_scan(Path(file), number, subscan, detector)
        except InputError:
            if not _is_being_written(Path(file)) or time.monotonic() - begun > min(wait, _PATIENCE):
                raise
            time.sleep(0.1)
            continue
        if scan.parts or scan.is_finished:
            return scan
        if time.monotonic() - begun > wait:
            raise InputError(f"{file}: scan {scan.entry} got no frame within {wait:g} s.")
        progress(None, "Waiting for the first frame")
        time.sleep(min(_LOOK_AGAIN, wait))


def _is_being_written(file: Path) -> bool:
    """Whether it changed a moment ago, and may have been caught in the middle of that."""
    return file.exists() and time.time() - file.stat().st_mtime < _PATIENCE


def looks(
    first: Scan, subscan: int, wait: float, progress: Progress
) -> Iterator[tuple[Scan, int, int]]:
    """Look at the scan until it has ended: what is new of it, from frame to frame."""
    scan, done, last_news = first, 0, time.monotonic()
    while True:
        if scan.is_finished:
            yield scan, done, scan.frames
            return
        with FrameReader(scan) as reader:
            ready = reader.ready(done)
        # a frame counts when its counters are there too
        ready = min([ready, *(len(values) for values in scan.counters.values())])
        if ready > done:
            yield scan, done, ready
            done, last_news = ready, time.monotonic()
        elif time.monotonic() - last_news > wait:
            yield scan, done, done
            return
        else:
            progress(None, f"Waiting for frame {done + 1}")
            time.sleep(min(_LOOK_AGAIN, wait))
        try:
            number = int(scan.entry.partition(".")[0])
            scan = read_scan(scan.file, number, subscan, scan.detector)
        except InputError:  # caught while it was being written
            time.sleep(0.05)
