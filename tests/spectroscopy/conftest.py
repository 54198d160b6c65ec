"""Real data: foils and oxides, always; the shared folder's, where it is; xraylarch as oracle."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from beamcanvas.spectroscopy import Spectra, read_spectra

REPOSITORY = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
SHARED = REPOSITORY.parent / "shared" / "data" / "xas"
TUTORIAL = REPOSITORY / "tutorials" / "spectroscopy"

#: how mu follows from the columns, for the one file that doesn't say it
BALDER = "ln((albaem02_ch1 + albaem02_ch2) / (albaem02_ch3 + albaem02_ch4))"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not here")
    return SHARED


@pytest.fixture(scope="session")
def reference(shared: Path) -> dict[str, Any]:
    """Numbers of xraylarch 2026.3.1 by file; how they were made is told beside them."""
    return json.loads((shared / "reference.json").read_text())["entries"]


@pytest.fixture(scope="session")
def larch() -> Any:
    """Functions of xraylarch that are compared with, on a group of one spectrum."""
    pytest.importorskip("larch")
    from beamcanvas.spectroscopy.larch import quiet

    with quiet():
        import larch.xafs as xafs
        from larch import Group

    def group(spectra: Spectra, number: int = 0) -> Any:
        return Group(energy=spectra.energy.copy(), mu=spectra.mu[number].copy())

    def call(name: str, *arguments: Any, **keywords: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(xafs, name)(*arguments, **keywords)

    return SimpleNamespace(group=group, call=call)


@pytest.fixture(scope="session")
def cu() -> Spectra:
    return read_spectra([DATA / "cu_10k.xmu"])


@pytest.fixture(scope="session")
def cu_rt() -> Spectra:
    return read_spectra([DATA / "cu_rt01.xmu"])


@pytest.fixture(
    scope="session", params=["cu_10k.xmu", "cu_rt01.xmu", "feo_rt1.xdi", "fe2o3_rt1.xmu"]
)
def real(request: pytest.FixtureRequest) -> Spectra:
    return read_spectra([DATA / request.param])


def noisy(spectra: Spectra, count: int, size: float = 1e-3) -> Spectra:
    """So many copies of a spectrum with noise."""
    random = np.random.default_rng(5)
    mu = spectra.mu[:1] + random.normal(0, size, (count, len(spectra.energy)))
    return Spectra(spectra.energy, mu, shape=(count,))
