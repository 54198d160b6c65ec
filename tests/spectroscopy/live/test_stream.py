"""A source of one's own that reads no file: a stream of Redis, as a plug-in would bring one."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import numpy as np
import pytest

from beamcanvas.errors import InputError
from beamcanvas.execution.watch import watch
from beamcanvas.spectroscopy import (
    Spectra,
    fourier_transform,
    normalise,
    read_spectra,
    remove_background,
)
from beamcanvas.spectroscopy.simulated import scan_points
from beamcanvas.task import task
from beamcanvas.workflow import Workflow

from ..conftest import TUTORIAL

redis = pytest.importorskip("redis")


@task(output="spectra")
def read_stream(server: str, stream: str, growing: bool = False) -> Spectra:
    """Take what a stream has by now; an entry "end" says that it is whole."""
    with redis.Redis.from_url(server) as client:
        entries = [fields for _, fields in client.xrange(stream)]
    points = [(float(e[b"energy"]), float(e[b"mu"])) for e in entries if b"mu" in e]
    energy, mu = np.array(points).reshape(-1, 2).T
    whole = any(b"end" in e for e in entries)
    return Spectra(energy, mu[np.newaxis], source=stream, growing=growing and not whole)


def reduction(**given: str) -> Workflow:
    workflow = Workflow(id="stream")
    steps = [read_stream, normalise, remove_background, fourier_transform]
    for number, step in enumerate(steps):
        workflow.add(step, id=str(number), inputs=given if number == 0 else {})
    for number, name in enumerate(("spectra", "normalised", "exafs")):
        workflow.link(str(number), str(number + 1), {name: name})
    return workflow


@pytest.mark.service("redis")
def test_a_reduction_follows_a_stream(service):
    foil = read_spectra([TUTORIAL / "EXAFS_Cu.dat"])
    energy = scan_points(foil, 300)
    mu = np.interp(energy, foil.energy, foil.mu[0])
    stream = f"scan {uuid4()}"
    with redis.Redis.from_url(service) as client:

        def measure() -> None:
            for first in range(0, 300, 20):
                for e, m in zip(energy[first : first + 20], mu[first : first + 20], strict=True):
                    client.xadd(stream, {"energy": float(e), "mu": float(m)})
                time.sleep(0.05)
            client.xadd(stream, {"end": "1"})

        thread = threading.Thread(target=measure)
        passes = []

        def on_pass(done) -> None:
            passes.append(done)
            if len(passes) == 1:  # all is loaded: the scan begins
                thread.start()

        try:
            workflow = reduction(server=service, stream=stream)
            last = watch(workflow, every=0.02, on_pass=on_pass)
            thread.join()
        finally:
            client.delete(stream)
    assert last.is_last
    assert len(passes) > 2
    assert not any(done.failures for done in passes)
    found = last.result.nodes["3"]["fourier"]
    whole = fourier_transform(remove_background(normalise(Spectra(energy, mu[np.newaxis]))))
    np.testing.assert_array_equal(found.chi, whole.chi)


def test_such_a_source_takes_no_file():
    with pytest.raises(InputError, match="reads no file that --source could name"):
        watch(reduction(server="redis://nowhere", stream="none"), "scan.h5")
