"""A map of spectra, and one that grows, here, with xraylarch and with est.

    python benchmarks/spectroscopy.py [--peer PYTHON] [--spectra 10000]

Spectra are a copper foil at 10 K (612 points, by `--file` another) with noise of a ten
thousandth. Each goes the whole way: E0, pre-edge, normalisation, background by autobk, Fourier
transform; est's tasks do the same, and with its own defaults, to which ours are then set.
xraylarch and est take the first few spectra, one by one as they do, and ours takes all.
Seconds of processors are told, with one thread of BLAS: others may be at work on the machine.
`--peer` is a Python that has est; without it, it is left out.

How a growing scan is followed on the canvas is told by ``spectroscopy_live.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from beamcanvas.spectroscopy import (
    Spectra,
    estimate_noise,
    fourier_transform,
    normalise,
    overview,
    read_spectra,
    remove_background,
)
from beamcanvas.spectroscopy.larch import quiet
from beamcanvas.spectroscopy.simulated import scan_points

TUTORIAL = Path(__file__).parents[1] / "tutorials" / "spectroscopy"
FOIL = Path(__file__).parents[1] / "tests" / "spectroscopy" / "data" / "cu_10k.xmu"
FEW = 20  #: spectra that the peers take

EST = {"nclamp": 4, "clamp_lo": 1.0, "clamp_hi": 1.0}  #: clamps of est's own window

PEER = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.WARNING)
import numpy as np
from est.core.process.larch.pre_edge import Larch_pre_edge
from est.core.process.larch.autobk import Larch_autobk
from est.core.process.larch.xftf import Larch_xftf
from est.core.types.xasobject import XASObject
file, clamps = sys.argv[1], json.loads(sys.argv[2])
held = np.load(file)
cube = np.ascontiguousarray(held["mu"].T)[:, :, None]
best = 9e9
for _ in range(2):
    found = XASObject(spectra=cube, energy=held["energy"], dim1=cube.shape[1], dim2=1)
    start = time.process_time()
    for kind, name, config in ((Larch_pre_edge, "pre_edge_config", {"pre2": -50, "norm1": 100}),
                               (Larch_autobk, "autobk_config", clamps),
                               (Larch_xftf, "xftf_config", {"kweight": 2})):
        task = kind(inputs={"xas_obj": found, name: config}); task.run()
        found = task.outputs.xas_obj
    best = min(best, time.process_time() - start)
print(json.dumps(best / cube.shape[1]))
"""


def cpu(function: Callable[[], Any], turns: int = 3) -> float:
    """Seconds of processors of the best of some turns."""
    found = []
    for _ in range(turns):
        start = time.process_time()
        function()
        found.append(time.process_time() - start)
    return min(found)


def reduced(spectra: Spectra, **clamps: Any) -> Any:
    return fourier_transform(remove_background(normalise(spectra), **clamps))


def by_larch(energy: Any, mu: Any, **clamps: Any) -> None:
    from larch import Group
    from larch.xafs import autobk, pre_edge, xftf

    group = Group(energy=energy, mu=mu)
    pre_edge(group)
    autobk(group, **clamps)
    xftf(group)


def map_of_spectra(count: int, file: Path, peer: str | None) -> None:
    foil = read_spectra([file])
    random = np.random.default_rng(0)
    mu = foil.mu + random.normal(0, 1e-4, (count, len(foil.energy)))
    many = Spectra(foil.energy, mu, shape=(count,))
    print(f"{count} spectra of {len(foil.energy)} points, seconds of processors")
    for words, clamps in (("Larch's clamps", {}), ("est's clamps", EST)):
        ours = cpu(lambda c=clamps: reduced(many, **c)) / count
        with quiet():
            few = mu[:FEW]
            by_larch(foil.energy, few[0], **clamps)
            larch = cpu(lambda c=clamps, f=few: [by_larch(foil.energy, m, **c) for m in f]) / FEW
        print(f"  {words}: ours {count * ours:.2f} s, {1e6 * ours:.0f} µs a spectrum")
        print(f"    larch in a loop {1e3 * larch:.1f} ms a spectrum: {larch / ours:.0f} times")
        if peer is not None and clamps:
            est = _est(peer, foil.energy, few, clamps)
            print(f"    est's tasks {1e3 * est:.1f} ms a spectrum: {est / ours:.0f} times")


def _est(peer: str, energy: Any, mu: Any, clamps: dict[str, Any]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "few.npz"
        np.savez(file, energy=energy, mu=mu)
        command = [peer, "-c", PEER, str(file), json.dumps(clamps)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


def growing_spectrum() -> None:
    foil = read_spectra([TUTORIAL / "EXAFS_Cu.dat"])
    energy = scan_points(foil, 2000)
    mu = np.interp(energy, foil.energy, foil.mu[0])
    mu += np.random.default_rng(0).normal(0, 1e-4, 2000)
    one = Spectra(energy, mu[np.newaxis], growing=True)
    ours = cpu(lambda: [reduced(one) for _ in range(10)]) / 10
    with quiet():
        by_larch(energy, mu)
        larch = cpu(lambda: [by_larch(energy, mu) for _ in range(5)]) / 5
    print("one growing spectrum of 2000 points")
    print(f"  ours {1e3 * ours:.1f} ms, larch {1e3 * larch:.1f} ms: a share of {ours / larch:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", help="a Python that has est")
    parser.add_argument("--spectra", type=int, default=10_000)
    parser.add_argument("--file", type=Path, default=FOIL)
    given = parser.parse_args()
    map_of_spectra(given.spectra, given.file, given.peer)
    growing_spectrum()
    foil = read_spectra([given.file])
    exafs = remove_background(normalise(foil))
    whole = cpu(lambda: overview(fourier_transform(exafs), estimate_noise(exafs)))
    print(f"overview of one: {1e3 * whole:.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
