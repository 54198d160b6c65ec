"""The schemes do what their pages say, wherever their folder is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import beamcanvas
from beamcanvas.spectroscopy import read_athena

from ..conftest import TUTORIAL

ALL = [{"all": True}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TUTORIAL, tmp_path / "a copy"))


def said(folder: Path, page: str) -> str:
    return " ".join((folder / page).read_text().split())


def test_a_foil(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "exafs_plot.ows", outputs=ALL).nodes
    page = said(folder, "index.md")
    for node, output in (
        ("read", "spectra"),
        ("normalise", "normalised"),
        ("background", "exafs"),
        ("fourier", "fourier"),
        ("noise", "noise"),
    ):
        assert f"*{nodes[node][output].summary}*" in page, nodes[node][output].summary
    row = nodes["overview"]["overview"].table[0]
    assert row["E0 (eV)"] == "8981.11"
    assert (folder / "results" / "exafs.h5").exists()


def test_a_map(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "map.ows", outputs=ALL).nodes
    page = said(folder, "map.md")
    assert f"*{nodes['read']['spectra'].summary}*" in page
    assert f"*{nodes['step']['map'].summary}*" in page
    share = nodes["oxide"]["map"].values.reshape(20, 24)
    assert share[:, 0] == pytest.approx(np.zeros(20), abs=0.04)
    assert share[:, -1] == pytest.approx(np.ones(20), abs=0.04)
    assert np.isnan(share[3, 5])
    assert np.isnan(share[14, 20])
    assert np.isnan(share).sum() == 2
    assert "row 3, column 5" in page
    assert "row 14, column 20" in page


def test_gold_in_cyanobacteria(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "lcf_gold.ows", outputs=ALL).nodes
    page = said(folder, "lcf_gold.md")
    fit = nodes["fit"]["combination"]
    for row in (0, 7):
        hours = fit.spectra.name(row)
        weights = " | ".join(f"{100 * w:.0f} %" for w in fit.weights[row])
        assert f"| {hours} | {weights} |" in page, (hours, weights)
    gold = nodes["gold"]["map"].values
    assert (np.diff(gold) > 0).all()  # the longer, the more metal
    assert f"{nodes['components']['components'].suggested} stand out of the noise" in page


def test_an_athena_project(folder: Path) -> None:
    nodes = beamcanvas.run(folder / "athena_import.ows", outputs=ALL).nodes
    page = said(folder, "athena_import.md")
    assert f"*{nodes['project']['normalised'].summary}*" in page
    assert f"*{nodes['project']['fourier'].summary}*" in page
    again = read_athena(folder / "results" / "cu_again.prj")
    first = nodes["project"]["normalised"]
    np.testing.assert_allclose(again.normalised.edge_step, first.edge_step, rtol=5e-4)
    assert (folder / "results" / "cu.chir").exists()


@pytest.mark.parametrize("scheme", sorted(p.name for p in TUTORIAL.glob("*.ows")))
def test_schemes_are_portable(scheme: str) -> None:
    text = (TUTORIAL / scheme).read_text()
    assert str(TUTORIAL) not in text
    assert "/tmp" not in text
    workflow = beamcanvas.load(TUTORIAL / scheme)
    places = [node.position for node in workflow.nodes.values()]
    assert len(set(places)) == len(places)
