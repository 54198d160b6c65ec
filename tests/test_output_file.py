"""A file is written whole or not at all, where it was meant to be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from beamcanvas.errors import InputError
from beamcanvas.output_file import OutputFile, replacing


def written(file: Path, text: str = "new", suffix: str = "") -> Path:
    with replacing(file, suffix) as (path, new):
        new.write_text(text)
    return path


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as (same, new):
        new.write_text("new")
        assert same == path
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, InputError])
def test_nothing_is_left_of_a_failure(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def half_way(file: Path) -> None:
        with replacing(file) as (_, new):
            new.write_text("half")
            raise error

    for file in (path, tmp_path / "deep" / "er" / "b.txt"):
        with pytest.raises(error):
            half_way(file)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    said = f"{path}: the file can't be written: No space left on device."
    with pytest.raises(InputError) as error, replacing(path):
        raise OSError(28, "No space left on device")
    assert str(error.value) == said
    assert list(tmp_path.iterdir()) == []


def test_a_killed_program_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    program = f"""
import os
from beamcanvas.output_file import replacing
with replacing({str(path)!r}) as (_, new):
    new.write_text("half")
    os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_folders_are_made_and_a_suffix_is_added(tmp_path: Path) -> None:
    assert written(tmp_path / "a" / "b" / "c", suffix=".dat") == tmp_path / "a" / "b" / "c.dat"
    assert written(tmp_path / "a.xy", suffix=".dat") == tmp_path / "a.xy"
    assert (tmp_path / "a" / "b" / "c.dat").read_text() == "new"


def test_a_folder_made_for_it_stays_when_others_use_it(tmp_path: Path) -> None:
    output = OutputFile(tmp_path / "folder" / "a.txt")
    (tmp_path / "folder" / "b.txt").write_text("theirs")
    output.discard()
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["b.txt"]


def test_the_permissions_of_an_existing_file_stay(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt")
    before = os.umask(0o027)
    try:
        path.chmod(0o604)
        assert written(path).stat().st_mode & 0o777 == 0o604
        assert written(tmp_path / "b.txt").stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(tmp_path / "a", ".txt", "keep") as (_, new):
            new.write_text("new")
            path.write_text("old")

    path = tmp_path / "a.txt"
    for _ in ("made by others meanwhile", "there before"):
        with pytest.raises(InputError, match=r"a.txt: .* it is there already"):
            write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_goes_on_pointing_to_the_file(tmp_path: Path, there: bool) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "a.txt", tmp_path / "a.txt"
    link.symlink_to(real)
    if there:
        real.write_text("old")
    assert written(link) == link
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_the_temporary_name_has_the_suffix_and_fits_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 100}.dat.gz"
    with replacing(path) as (_, new):
        assert new.suffix == ".gz"
        assert new.parent == path.parent
    assert path.exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("folder", "this is a folder"),
        ("", "this is a folder"),
        ("file/a.txt", "file is not a folder"),
        ("file/deep/a.txt", "is not a folder"),
        ("pipe", "this is a device"),
        ("a\0b", "null"),
        ("x" * 300, "too long"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=why) as error:
        OutputFile(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: ")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anything")
def test_a_file_that_may_only_be_read_is_respected(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt")
    path.chmod(0o444)
    with pytest.raises(InputError, match="Permission denied"):
        written(path)
