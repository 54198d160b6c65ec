"""A simulated acquisition: a real spectrum, written point by point as a beamline does.

    python -m beamcanvas.spectroscopy.simulated online.h5 --rate 100
    python -m beamcanvas.spectroscopy.simulated online.dat --rate 100

The file is a scan of bliss with counters in keV, or columns of text, by its suffix. Counts
have noise; the scan says that it has ended only when it has.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .kernels.constants import KTOE, Array
from .reading.read import read_spectra
from .spectra import Spectra

Write = Callable[[slice], None]


def scan_points(spectra: Spectra, points: int) -> Array:
    """Energies of a scan: coarse before the edge, fine at it, in steps of k above it, eV."""
    low, high = float(spectra.energy[0]), float(spectra.energy[-1])
    rise = np.gradient(spectra.mu[0], spectra.energy)
    e0 = float(spectra.energy[rise.argmax()])
    before = np.linspace(max(low, e0 - 200), e0 - 20, points // 10, endpoint=False)
    edge = np.linspace(e0 - 20, e0 + 40, points // 4, endpoint=False)
    rest = points - len(before) - len(edge)
    k = np.linspace(np.sqrt(40 / KTOE), np.sqrt((min(high, e0 + 1000) - e0) / KTOE), rest)
    return np.concatenate([before, edge, e0 + KTOE * k**2])


def simulate_scan(
    file: Path,
    spectra: Spectra,
    *,
    points: int = 1000,
    rate: float = 100.0,
    together: int = 10,
    noise: float = 3e-4,
    seed: int = 0,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Write a scan that grows.

    Parameters
    ----------
    spectra:
        What is measured: its first spectrum.
    points:
        Of the scan.
    rate:
        Points a second.
    together:
        Points that are written at a time.
    noise:
        Standard deviation of mu.

    Raises
    ------
    InputError
        When the file can't be written.
    """
    energy = scan_points(spectra, points)
    random = np.random.default_rng(seed)
    mu = np.interp(energy, spectra.energy, spectra.mu[0]) + random.normal(0, noise, points)
    way = _hdf5 if file.suffix.lower() in (".h5", ".hdf5", ".nxs") else _text
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with way(file, energy, mu) as write:
            began = time.monotonic()
            for first in range(0, points, together):
                stop = min(first + together, points)
                sleep(max(0.0, began + stop / rate - time.monotonic()))
                write(slice(first, stop))
    except OSError as error:
        raise InputError(f"{file}: the scan can't be written: {error.strerror or error}.") from None
    return file


@contextmanager
def _text(file: Path, energy: Array, mu: Array) -> Iterator[Write]:
    i0 = np.full(len(energy), 1e6)
    with file.open("w") as out:
        out.write("# simulated scan\n# energy  i0  i1\n")
        out.flush()

        def write(rows: slice) -> None:
            table = zip(energy[rows], i0[rows], i0[rows] * np.exp(-mu[rows]), strict=True)
            out.write("".join(f"{e:.4f}  {a:.1f}  {b:.6f}\n" for e, a, b in table))
            out.flush()

        yield write


@contextmanager
def _hdf5(file: Path, energy: Array, mu: Array) -> Iterator[Write]:
    import h5py

    file.unlink(missing_ok=True)
    columns = {"energy_enc": energy / 1000, "mu_trans": mu}
    with h5py.File(file, "w", locking=False) as root:  # as bliss, for those who look on
        root.attrs.update(NX_class="NXroot", creator="bliss")
        entry = root.create_group("1.1")
        entry.attrs["NX_class"] = "NXentry"
        entry["title"] = "simulated trigscan"
        entry["start_time"] = _now()
        measurement = entry.create_group("measurement")
        counters: dict[str, Any] = {
            name: measurement.create_dataset(name, (0,), float, maxshape=(None,), chunks=(1024,))
            for name in columns
        }
        counters["energy_enc"].attrs["units"] = "keV"
        root.flush()

        def write(rows: slice) -> None:
            for name, counter in counters.items():  # one after the other, as they come
                counter.resize(rows.stop, axis=0)
                counter[rows] = columns[name][rows]
            root.flush()

        yield write
        entry["end_time"] = _now()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> None:
    words = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="beamcanvas.spectroscopy.simulated", description=words)
    parser.add_argument("file", type=Path, help="file to write: .h5 as bliss does, else text")
    parser.add_argument("--of", type=Path, default=Path("EXAFS_Cu.dat"), help="what is measured")
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=100.0, help="points a second")
    given = parser.parse_args()
    simulate_scan(given.file, read_spectra([given.of]), points=given.points, rate=given.rate)


if __name__ == "__main__":
    main()
