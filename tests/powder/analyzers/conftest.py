"""A simulated scan of ID22's analysers, as small as will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from beamcanvas.powder import (
    AnalyzerPatterns,
    AnalyzerStage,
    open_analyzers,
    rebin_analyzers,
)
from beamcanvas.powder.simulated.id22 import simulate_id22

DATA = Path(__file__).parents[1] / "data"
ROWS = 64  #: of the simulated strips: eight real ones added up


@pytest.fixture(scope="session")
def stage() -> AnalyzerStage:
    return open_analyzers(DATA / "out7-2021.pars").binned(512 // ROWS)


@pytest.fixture(scope="session")
def scan(stage: AnalyzerStage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("id22") / "scan.h5"
    return simulate_id22(file, stage, rows=ROWS, start=14, stop=18, peak=150, background=0.05)


@pytest.fixture(scope="session")
def patterns(scan: Path, stage: AnalyzerStage) -> AnalyzerPatterns:
    return rebin_analyzers(scan, stage, rows=ROWS)
