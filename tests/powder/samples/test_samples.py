"""Many samples in one step: tables, failures among them, results on disk."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from beamcanvas.cli import main
from beamcanvas.errors import InputError
from beamcanvas.nexus.simulated_scan import ScanWriter
from beamcanvas.powder import (
    Calibrated,
    Detector,
    Geometry,
    Mask,
    Setup,
    integrate_1d,
    integrate_samples,
    integrate_scan,
    open_image,
    open_pattern,
    read_configuration,
    read_samples,
    save_poni,
)
from beamcanvas.powder.simulated.scan import simulated_frames
from beamcanvas.powder.types import HC
from beamcanvas.task import Progress
from beamcanvas.workflow import Workflow

SIZE = (60, 80)
GEOMETRY = Geometry(
    0.1, 0.003, 0.004, 0.0, 0.0, 0.0, 1e-10, Detector("Detector", (1e-4, 1e-4), SIZE)
)

OFF_CENTRE = Geometry(
    0.1, 0.01, 0.03, 0.02, -0.01, 0.0, HC / 30, Detector("Detector", (172e-6, 172e-6), (195, 487))
)


def write_image(file: Path, ring: float) -> Path:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    radius = np.hypot(rows - 29.5, columns - 39.5)
    np.save(file, (100 + 900 * np.exp(-((radius - ring) ** 2))).astype(np.int32))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, ring in enumerate((12.0, 18.0, 24.0), 1):
        write_image(tmp_path / f"sample{i}.npy", ring)
    save_poni(GEOMETRY, file=tmp_path / "near.poni")
    save_poni(replace(GEOMETRY, distance=0.2), file=tmp_path / "far.poni")
    return tmp_path


def table(folder: Path, text: str) -> Path:
    (folder / "table.csv").write_text(text)
    return folder / "table.csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_of_samples(folder: Path, delimiter: str) -> None:
    text = "Name,Image,PONI,Monitor\n# a remark\none,sample1.npy,near.poni,2.0\n\n,sample2.npy,,\n"
    found = read_samples(table(folder, text.replace(",", delimiter)))
    assert [(row.name, row.file, row.monitor) for row in found.rows] == [
        ("one", folder / "sample1.npy", 2.0),
        ("sample2", folder / "sample2.npy", None),
    ]
    assert found.rows[0].calibration == folder / "near.poni"
    assert found.summary == "2 samples, 1 with a calibration of their own"


def test_each_sample_by_its_own_calibration(folder: Path) -> None:
    text = "name,file,calibration,monitor\na,sample1.npy,near.poni,\nb,sample2.npy,far.poni,4\n"
    done = integrate_samples(read_samples(table(folder, text)), points=50, reference=2.0)
    near = integrate_1d(
        open_image(folder / "sample1.npy"), GEOMETRY, points=50, error_model="poisson"
    )
    far = integrate_1d(
        open_image(folder / "sample2.npy"), replace(GEOMETRY, distance=0.2), points=50
    )
    np.testing.assert_allclose(done.patterns["a"].intensity, near.intensity)
    np.testing.assert_allclose(done.patterns["b"].intensity, far.intensity / 2, rtol=1e-5)
    assert not done.failures


def test_one_that_fails_does_not_stop_the_others(folder: Path) -> None:
    (folder / "broken.npy").write_bytes(b"x")
    np.save(folder / "small.npy", np.ones((20, 30)))
    text = (
        "name,file,calibration\none,sample1.npy,\nlost,gone.npy,\nbroken,broken.npy,\n"
        "small,small.npy,\nno poni,sample2.npy,gone.poni\nthree,sample3.npy,\n"
    )
    done = integrate_samples(
        read_samples(table(folder, text)), GEOMETRY, folder=folder / "out", points=50
    )
    assert list(done.patterns) == ["one", "three"]
    assert list(done.failures) == ["lost", "broken", "small", "no poni"]
    assert "There is no file" in done.failures["lost"]
    assert "20 × 30" in done.failures["small"]
    assert "gone.poni" in done.failures["no poni"]
    assert done.summary == "2 patterns, 4 failed"
    assert done.warnings[0] == "4 of 6 samples could not be integrated."
    assert done.warnings[1].startswith("lost: There is no file")
    assert [words.split(":")[0] for words in done.warnings[2:]] == ["broken", "small", "no poni"]
    assert sorted(p.name for p in (folder / "out").iterdir()) == [
        "one.h5",
        "one.xye",
        "samples.csv",
        "three.h5",
        "three.xye",
    ]
    with (folder / "out" / "samples.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [bool(row["failure"]) for row in rows] == [False, True, True, True, True, False]
    back = open_pattern(folder / "out" / "three.h5")
    np.testing.assert_array_equal(back.intensity, done.patterns["three"].intensity)


def test_the_command_line_lists_what_failed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "name,file\none,sample1.npy\nlost,gone.npy\nfew,few.npy\n"
    np.save(folder / "few.npy", np.ones((20, 30)))
    workflow = Workflow(id="samples")
    workflow.add(
        "beamcanvas.powder.read_samples", id="table", inputs={"file": str(table(folder, text))}
    )
    workflow.add(
        "beamcanvas.powder.read_poni",
        id="geometry",
        inputs={"file": str(folder / "near.poni"), "rows": SIZE[0], "columns": SIZE[1]},
    )
    workflow.add(
        "beamcanvas.powder.integrate_samples", id="all", label="Samples", inputs={"points": 20}
    )
    workflow.link("table", "all", {"samples": "samples"})
    workflow.link("geometry", "all", {"geometry": "geometry"})
    workflow.save(folder / "samples.json")
    assert main(["run", str(folder / "samples.json")]) == 0  # what could be done is done
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "note: Samples: 2 of 3 samples could not be integrated."
    assert said[1] == f"note: Samples: lost: There is no file {folder / 'gone.npy'}."
    assert said[2].startswith("note: Samples: few: The detector's frame has 20 × 30 pixels but")
    assert len(said) == 3


def test_a_configuration_fills_in(folder: Path) -> None:
    save_poni(GEOMETRY, file=folder / "geometry.poni")
    bad = np.zeros(SIZE, np.int8)
    bad[:, :40] = 1
    np.save(folder / "mask.npy", bad)
    np.save(folder / "flat.npy", np.full(SIZE, 2.0))
    said = {
        "application": "worker", "version": 5, "poni": str(folder / "geometry.poni"),
        "shape": SIZE, "nbpt_rad": 64, "unit": "q_nm^-1", "method": ["no", "histogram", "cython"],
        "do_mask": True, "mask_file": str(folder / "mask.npy"),
        "do_flat": True, "flat_field": str(folder / "flat.npy"),
    }  # fmt: skip
    (folder / "c.json").write_text(json.dumps(said))
    configuration = read_configuration(
        file=folder / "c.json", rows=SIZE[0], columns=SIZE[1]
    ).configuration
    rows = read_samples(images=sorted(folder.glob("sample*.npy")))
    done = integrate_samples(rows, GEOMETRY, configuration=configuration, unit="2th_deg")
    alone = integrate_1d(
        open_image(folder / "sample2.npy"),
        GEOMETRY,
        configuration=configuration,
        algorithm="CSR",
        splitting="none",
        error_model="poisson",
    )
    found = done.patterns["sample2"]
    assert (found.unit, len(found.radial)) == ("q_nm^-1", 64)
    np.testing.assert_allclose(found.radial, alone.radial)
    np.testing.assert_allclose(found.intensity, alone.intensity, rtol=1e-6)


def test_dark_flat_sector_and_outliers(folder: Path) -> None:
    spotted = np.load(folder / "sample1.npy")
    spotted[29:32, 60] = 60_000
    np.save(folder / "spots.npy", spotted)
    rows = read_samples(images=[folder / "sample1.npy", folder / "spots.npy"])
    dark = open_image(write_image(folder / "dark.npy", 18.0))
    dark = replace(dark, data=np.full(SIZE, 40))
    flat = replace(dark, data=np.full(SIZE, 2.0))
    way: dict[str, Any] = {"points": 40, "splitting": "none", "solid_angle": False}
    plain = integrate_samples(rows, GEOMETRY, **way).patterns
    done = integrate_samples(rows, GEOMETRY, dark=dark, flat=flat, **way).patterns["sample1"]
    seen = done.count > 0  # type: ignore[operator]
    np.testing.assert_allclose(
        done.intensity[seen], plain["sample1"].intensity[seen] / 2 - 20, rtol=1e-5
    )
    assert plain["spots"].intensity.max() > 1200
    half = integrate_samples(rows, GEOMETRY, azimuth_min=90, azimuth_max=180, **way).patterns
    assert half["spots"].intensity.max() < 1100
    clipped = integrate_samples(
        rows, GEOMETRY, outliers="sigma clip", error_model="azimuthal", **way
    ).patterns["spots"]
    assert clipped.intensity.max() < 1100
    assert clipped.settings["outliers"] == "sigma clip"


def test_a_geometry_turned_over_is_told_of(tmp_path: Path) -> None:
    for number, (frame, _) in enumerate(simulated_frames(2, OFF_CENTRE)):
        np.save(tmp_path / f"{number}.npy", frame)
    rows = read_samples(images=sorted(tmp_path.glob("*.npy")))
    assert integrate_samples(rows, OFF_CENTRE, points=100).warnings == ()
    (words,) = integrate_samples(rows, OFF_CENTRE.flipped(), points=100).warnings
    assert words.startswith("0, 1: The rings of the image fit the geometry turned upside down")


def test_images_without_a_table(folder: Path) -> None:
    images = sorted(folder.glob("*.npy"))
    done = integrate_samples(read_samples(images=images), GEOMETRY, points=60)
    assert list(done.patterns) == ["sample1", "sample2", "sample3"]
    heat = done.nxdata()
    assert heat.signal.shape == (3, 60)
    brightest = heat.axes[1].values[np.nanargmax(heat.signal, axis=1)]  # type: ignore[index]
    assert (np.diff(brightest) > 0).all()


def test_patterns_of_other_ranges_share_a_heat_map(folder: Path) -> None:
    text = "file,calibration\nsample1.npy,near.poni\nsample2.npy,far.poni\n"
    done = integrate_samples(read_samples(table(folder, text)), points=60)
    heat = done.nxdata()
    assert np.isnan(heat.signal[1, -1])
    assert np.isfinite(heat.signal[0, -1])


def test_many_samples_in_order(folder: Path) -> None:
    for i in range(15):
        write_image(folder / f"many{i:02}.npy", 8 + i)
    rows = "\n".join(f"many{i:02}.npy" for i in range(15))
    done = integrate_samples(read_samples(table(folder, f"file\n{rows}\n")), GEOMETRY, points=40)
    assert list(done.patterns) == [f"many{i:02}" for i in range(15)]


def test_results_can_be_looked_at_while_they_come(folder: Path) -> None:
    looks: list[Any] = []
    seen: list[list[str]] = []

    def told(_: float | None, words: str) -> None:
        found = looks[0]() if looks else {}
        assert found == (looks[0]() if looks else {})  # the same while nothing came
        seen.append(list(found["results"].patterns) if found else [])

    samples = read_samples(images=sorted(folder.glob("*.npy")))
    integrate_samples(samples, GEOMETRY, points=20, progress=Progress(told, show=looks.append))
    assert seen == [[], ["sample1"], ["sample1", "sample2"], ["sample1", "sample2", "sample3"]]


def test_names_become_files(folder: Path) -> None:
    text = "name,file\nLaB6 (660c)/a,sample1.npy\n"
    done = integrate_samples(
        read_samples(table(folder, text)),
        GEOMETRY,
        folder=folder / "out",
        save_as="text",
        error_model="none",
        points=20,
    )
    assert [p.name for p in done.files["LaB6 (660c)/a"]] == ["LaB6_660c_a.xy"]


def test_nothing_is_overwritten_unless_asked(folder: Path) -> None:
    samples = read_samples(images=[folder / "sample1.npy"])
    integrate_samples(samples, GEOMETRY, folder=folder / "out", points=20)
    with pytest.raises(InputError, match="holds results already: choose 'replace', or another"):
        integrate_samples(samples, GEOMETRY, folder=folder / "out", points=30)
    integrate_samples(samples, GEOMETRY, folder=folder / "out", points=30, existing="replace")
    assert len(open_pattern(folder / "out" / "sample1.h5").radial) == 30


@pytest.mark.parametrize("error_model", ["none", "poisson", "azimuthal"])
@pytest.mark.parametrize("splitting", ["none", "bounding box", "full"])
def test_each_way_is_that_of_one_image(folder: Path, error_model: str, splitting: str) -> None:
    """By the operator, or by pyFAI where that is needed; dead pixels are left out."""
    image = np.load(folder / "sample1.npy")
    image[20:22, 30:50] = -1
    np.save(folder / "sample1.npy", image)
    settings: Any = {"error_model": error_model, "splitting": splitting, "polarization": 0.9}
    settings |= {"unit": "q_nm^-1", "points": 60}
    done = integrate_samples(read_samples(images=[folder / "sample1.npy"]), GEOMETRY, **settings)
    found = done.patterns["sample1"]
    alone = integrate_1d(open_image(folder / "sample1.npy"), GEOMETRY, **settings)
    assert ("linear operator" in found.engine) == (error_model != "azimuthal")
    np.testing.assert_allclose(found.radial, alone.radial, rtol=1e-6)
    np.testing.assert_allclose(found.intensity, alone.intensity, rtol=1e-6)
    if alone.sigma is not None:
        assert found.sigma is not None
        np.testing.assert_allclose(found.sigma, alone.sigma, rtol=1e-6)


def test_a_sample_can_be_a_scan(folder: Path) -> None:
    scan = ScanWriter(folder / "data.h5", ("mon",), scan=2, frames_per_file=2)
    for number, beam in enumerate((1.0, 3.0, 0.0, 2.0)):
        scan.add(np.load(folder / f"sample{1 + number % 3}.npy"), mon=beam)
    scan.finish()
    text = "name,file,scan,monitor\na,data.h5,2.1,mon\nb,data.h5,3,\nc,data.h5,2,i0\n"
    done = integrate_samples(read_samples(table(folder, text)), GEOMETRY, points=50)
    whole = integrate_scan(
        GEOMETRY, file=folder / "data.h5", scan=2, output=folder / "out.h5", points=50,
        monitor="mon", error_model="poisson",
    )  # fmt: skip
    found = done.patterns["a"]
    np.testing.assert_allclose(found.intensity, whole.average.intensity)
    np.testing.assert_allclose(found.sigma, whole.average.sigma)  # type: ignore[arg-type]
    (said,) = found.warnings
    assert said == "1 of 4 frames is missing in the result: frame 2: The monitor 'mon' is 0."
    assert found.source == "average of data.h5::/2.1"
    assert "no scan 3.1" in done.failures["b"]
    assert "no counter 'i0'" in done.failures["c"]


def test_a_calibrant_is_calibrated_once(
    folder: Path,
    ceo2_file: Path,
    setup: Setup,
    calibrated: Calibrated,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever its image is called, in this table or in a later one."""
    from beamcanvas.powder.calibration import kept

    runs = []

    def counted(*inputs: Any, **more: Any) -> Any:
        runs.append(inputs)
        return calibrated

    monkeypatch.setattr(kept, "calibrate", counted)
    (folder / "again.tif.bz2").write_bytes(ceo2_file.read_bytes())
    text = f"name,file,calibration\na,{ceo2_file},{ceo2_file}\nb,{ceo2_file},again.tif.bz2\n"
    rows = read_samples(table(folder, text))
    for _ in range(2):
        done = integrate_samples(rows, setup=setup, points=500)
        assert list(done.patterns) == ["a", "b"]
    assert len(runs) == 1
    assert done.patterns["a"].geometry == done.patterns["b"].geometry
    without = "is to be calibrated: link the experiment, with calibrant and energy"
    with pytest.raises(InputError, match=without):
        integrate_samples(rows, points=500)


def test_a_calibration_that_fails_fails_its_samples(folder: Path, setup: Setup) -> None:
    text = "name,file,calibration\na,sample1.npy,sample2.npy\nb,sample2.npy,near.poni\n"
    done = integrate_samples(read_samples(table(folder, text)), setup=setup, points=20)
    assert list(done.patterns) == ["b"]
    assert "60 × 80" in done.failures["a"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no rows"),
        ("name,when\na,b\n", "should name a column 'file', not only name, when"),
        ("name,file\na,\n", "Line 2 of .* names no file"),
        ("file,frame\na.npy,x\n", "Line 2 of .* should have a number for frame, not 'x'"),
        ("file,monitor\na.npy,mon\n", "a number for monitor, not 'mon': only a scan has counters"),
        ("file,scan\na.npy,two\n", "should have a number for scan, not 'two'"),
        ("file\nx/a.npy\ny/a.npy\n", "Two samples are named 'a'"),
        ("file\n", "There is no sample"),
    ],
)
def test_wrong_tables(folder: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_samples(table(folder, text))


def test_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no sample"):
        read_samples()
    with pytest.raises(InputError, match="There is no file"):
        read_samples(tmp_path / "a.csv")


def test_nothing_that_can_be_integrated(folder: Path) -> None:
    samples = read_samples(table(folder, "file\nsample1.npy\n"))
    with pytest.raises(InputError, match=r"None of 1 samples .* sample1: It has no calibration"):
        integrate_samples(samples)
    everything = Mask(np.ones((4, 4), bool))
    with pytest.raises(InputError, match="sample1: The mask has 4 × 4 pixels"):
        integrate_samples(samples, GEOMETRY, everything)
    (folder / "out").write_text("a file")
    with pytest.raises(InputError, match="out"):
        integrate_samples(samples, GEOMETRY, folder=folder / "out")


def test_the_table_is_told_in_the_columns_that_it_uses(folder: Path) -> None:
    text = "name,file,frame,monitor\na,sample1.npy,,2\nb,sample2.npy,3,\n"
    assert read_samples(table(folder, text)).report == [
        {"name": "a", "file": "sample1.npy", "frame": "0", "monitor": "2.0"},
        {"name": "b", "file": "sample2.npy", "frame": "3", "monitor": ""},
    ]
    assert list(read_samples(images=[folder / "sample1.npy"]).report[0]) == ["name", "file"]
