"""A scheme's data files: found when it is saved elsewhere, asked for once when missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from beamcanvas_tutorials import FOLDER

from beamcanvas.workflow.formats import load

pytestmark = pytest.mark.gui
IMAGE = "CeO2_Pilatus1M.tif.bz2"


@pytest.fixture
def scheme(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(FOLDER / "powder", tmp_path / "powder"))
    return folder / "calibrate_and_integrate.ows"


def file_of(path: Path) -> str:
    return load(path).nodes["image"].default_inputs["file"]


def test_paths_in_the_folder_stay_relative(window, scheme):
    window.open_scheme_file(scheme)
    window.save_as(scheme)
    assert file_of(scheme) == IMAGE


def test_a_scheme_saved_elsewhere_still_finds_its_image(window, scheme, tmp_path):
    window.open_scheme_file(scheme)
    elsewhere = tmp_path / "elsewhere" / "mine.ows"
    elsewhere.parent.mkdir()
    window.save_as(elsewhere)
    assert Path(file_of(elsewhere)) == scheme.with_name(IMAGE)
    # what it writes is written beside the new one
    assert load(elsewhere).nodes["save_text"].default_inputs["file"] == "results/CeO2.xye"
    window.save_as(scheme)
    assert file_of(scheme) == IMAGE


def test_a_missing_image_is_asked_for_once(window, scheme, tmp_path, monkeypatch):
    from AnyQt.QtWidgets import QFileDialog

    moved = tmp_path / "data" / IMAGE
    moved.parent.mkdir()
    shutil.move(scheme.with_name(IMAGE), moved)
    window.open_scheme_file(scheme)
    assert window.message_bar.text.startswith(f"'CeO2 image' reads {IMAGE}, which is not in")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(moved), ""))
    window.message_bar.choose("Find…")
    assert window.message_bar.text == ""
    window.save_as(scheme)
    assert Path(file_of(scheme)) == moved
    window.open_scheme_file(scheme)
    assert window.message_bar.text == ""


def test_files_beside_the_found_one_are_found_too(window, scheme, tmp_path):
    from beamcanvas.canvas.window.data_files import data_files, found_at

    window.open_scheme_file(scheme)
    run = next(n.run for n in window.scheme.nodes if n.title == "CeO2 image")
    for name in ("file", "dark", "flat"):
        run.set_setting(name, f"/nowhere/raw/{name}.edf")
    new = tmp_path / "raw"
    new.mkdir()
    for name in ("file", "dark"):
        (new / f"{name}.edf").write_bytes(b"")
    found_at([f for f in data_files(window.scheme) if not f.path.exists()], new / "file.edf")
    assert run.settings["file"] == str(new / "file.edf")
    assert run.settings["dark"] == str(new / "dark.edf")
    assert run.settings["flat"] == "/nowhere/raw/flat.edf"
