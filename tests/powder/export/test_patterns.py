"""Many patterns at once: every one of them, or nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from beamcanvas.errors import Cancelled, InputError
from beamcanvas.powder import (
    Pattern,
    Patterns,
    SampleResults,
    describe_variants,
    open_pattern,
    save_patterns,
)
from beamcanvas.task import Progress

from .conftest import Measure, positions

Y, TH = (p[:7] for p in positions())


def names(path: Path) -> list[str]:
    if path.is_dir():
        return sorted(p.name for p in path.iterdir())
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


@pytest.mark.parametrize("output", ["many.zip", "many", "new/many"])
def test_each_frame_is_a_file(measure: Measure, tmp_path: Path, output: str) -> None:
    scan = measure(Y, TH, lost=2)
    path = save_patterns(scan, output=tmp_path / output)
    assert names(path) == [f"fscan2d_1_{n:04d}.xye" for n in (0, 1, 3, 4, 5, 6)]
    if output.endswith("zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "unpacked")
        path = tmp_path / "unpacked"
    back = open_pattern(path / "fscan2d_1_0005.xye")
    direct = open_pattern(scan.file, number=5)
    assert direct.count is not None
    seen = direct.count > 0
    np.testing.assert_allclose(back.intensity, direct.intensity[seen])
    assert back.unit == "2th_deg"  # as Rietveld programs read it
    assert back.sigma is not None


def test_counters_stand_in_the_header(measure: Measure, tmp_path: Path) -> None:
    path = save_patterns(measure(Y, TH), output=tmp_path / "a", counters=["th", "mon"], name="x")
    lines = (path / "x_0003.xye").read_text().splitlines()
    assert f"# th = {TH[3]}" in lines
    assert "# mon = 1.0" in lines
    assert "# frame = 3" in lines
    bare = save_patterns(measure(Y, TH, existing="replace"), output=tmp_path / "b", header="none")
    assert "#" not in (bare / "fscan2d_1_0003.xye").read_text()


def test_each_azimuth_of_a_cake_is_a_file(measure: Measure, tmp_path: Path) -> None:
    scan = measure(Y[:2], TH[:2], azimuth_points=3)
    path = save_patterns(scan, output=tmp_path / "a.zip", kind=".xy")
    assert names(path) == [
        f"fscan2d_1_{n:04d}_sector{s:03d}.xy" for n in range(2) for s in range(3)
    ]


def test_each_way_to_integrate_is_a_file(measure: Measure, tmp_path: Path) -> None:
    ways = describe_variants(sectors=2)
    scan = measure(Y[:2], TH[:2], variants=ways)
    path = save_patterns(scan, output=tmp_path / "a.zip", kind=".dat")
    assert len(names(path)) == 2 * 3
    assert "fscan2d_1_0001.dat" in names(path)
    made = Patterns(dict.fromkeys(("all", "up: 0 to 90"), results().patterns["a b"]))
    assert names(save_patterns(made, output=tmp_path / "b.zip")) == ["all.xye", "up_0_to_90.xye"]


def results() -> SampleResults:
    x = np.linspace(1, 9, 50)
    made = {n: Pattern(x, x + 1, np.sqrt(x), "2th_deg", None, "") for n in ("a b", "c/d")}
    return SampleResults(made, {"lost": "There is no file."})


def test_samples_keep_their_names(tmp_path: Path) -> None:
    path = save_patterns(results(), output=tmp_path / "a.zip", kind=".fxye")
    assert names(path) == ["a_b.fxye", "c_d.fxye"]
    with pytest.raises(InputError, match="Only a scan has counters"):
        save_patterns(results(), output=tmp_path / "b.zip", counters=["mon"])


@pytest.mark.parametrize("output", ["many.zip", "many"])
def test_nothing_is_overwritten_unless_asked(tmp_path: Path, output: str) -> None:
    path = save_patterns(results(), output=tmp_path / output)
    if path.is_dir():
        (path / "c_d.xye").write_text("mine")
        (path / "a_b.xye").unlink()
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(InputError, match="there already"):
        save_patterns(results(), output=path)
    if before is None:
        assert names(path) == ["c_d.xye"]
        assert (path / "c_d.xye").read_text() == "mine"
    else:
        assert path.read_bytes() == before
    save_patterns(results(), output=path, existing="replace")
    assert names(path) == ["a_b.xye", "c_d.xye"]


@pytest.mark.parametrize("output", ["many.zip", "many"])
def test_nothing_is_half_there(measure: Measure, tmp_path: Path, output: str) -> None:
    scan = measure(Y, TH)
    before = sorted(p.name for p in tmp_path.iterdir())
    seen: list[str] = []

    def report(fraction: float | None, message: str) -> None:
        seen.append(message)

    stopped = Progress(report, lambda: len(seen) > 4)
    with pytest.raises(Cancelled):
        save_patterns(scan, output=tmp_path / output, progress=stopped)
    with pytest.raises(InputError, match="has no counter 'temp'"):
        save_patterns(scan, output=tmp_path / output, counters=["temp"])
    without_errors = measure(Y, TH, error_model="none", existing="replace")
    with pytest.raises(InputError, match=r"fscan2d_1_0000.xye takes standard deviations"):
        save_patterns(without_errors, output=tmp_path / output)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
