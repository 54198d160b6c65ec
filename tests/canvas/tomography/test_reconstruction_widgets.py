"""The widgets of centres and volumes: keys, clicks and drags become settings."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from AnyQt.QtCore import Qt
from kept import keep
from orangecontrib.beamcanvas.tomography.candidates_preview import CandidatesPreview
from orangecontrib.beamcanvas.tomography.histogram_preview import HistogramPreview
from orangecontrib.beamcanvas.tomography.moved_preview import MovedPreview
from orangecontrib.beamcanvas.tomography.overlay_preview import BLEND, OverlayPreview
from orangecontrib.beamcanvas.tomography.ow_cast_volume import OWCastVolume
from orangecontrib.beamcanvas.tomography.ow_centre import TITLE, OWCentre
from orangecontrib.beamcanvas.tomography.ow_many_centres import OWManyCentres
from orangecontrib.beamcanvas.tomography.ow_many_delta_beta import OWManyDeltaBeta
from orangecontrib.beamcanvas.tomography.ow_reconstruction import OWReconstruction
from orangecontrib.beamcanvas.tomography.plan_preview import PlanPreview
from orangecontrib.beamcanvas.tomography.seams_preview import SeamsPreview
from orangecontrib.beamcanvas.tomography.volume_preview import VolumePreview
from orangecontrib.beamcanvas.tomography.volumes_preview import VolumesPreview

from beamcanvas.canvas.previews import preview_for
from beamcanvas.canvas.run.node_run import Linked, State
from beamcanvas.tomography import (
    FrameDifference,
    SampleMoved,
    Seams,
    TomoScan,
    Volume,
    cast_volume,
    find_centre,
    open_scan,
    plan_volume,
    reconstruct_part,
    reconstruct_volume,
    reduce_darks_and_flats,
    try_centres,
    try_delta_beta,
)
from beamcanvas.tomography.volume.reading import VolumeData

pytestmark = pytest.mark.gui

TUTORIAL = Path(__file__).parents[3] / "tutorials" / "tomography"


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> TomoScan:
    folder = tmp_path_factory.mktemp("scan")
    return reduce_darks_and_flats(open_scan(shutil.copy(TUTORIAL / "savu.nx", folder)))


@pytest.fixture(scope="module")
def volume(scan: TomoScan) -> Volume:
    return reconstruct_volume(replace(scan, centre=86.0))


def made(qtbot, kind, **linked):
    widget = kind.__new__(kind, stored_settings={"automatic": False})
    widget.__init__()
    for name, value in linked.items():
        widget.noderun.linked[name] = Linked(name.title(), "Result", value)
    keep(qtbot, widget).show()
    return widget


def run(qtbot, widget) -> None:
    widget.noderun.run()
    ended = (State.DONE, State.FAILED)
    qtbot.waitUntil(lambda: widget.noderun.state in ended, timeout=60000)
    assert widget.noderun.error is None


def test_keys_move_the_rotation_axis_into_the_settings(qtbot, scan: TomoScan):
    widget = made(qtbot, OWCentre, scan=scan)
    run(qtbot, widget)
    page = widget.area.page(TITLE)
    assert isinstance(page, OverlayPreview)
    found = page.pair.centre
    assert found == pytest.approx(86, abs=0.5)
    assert f"axis {found:.2f} px" in page.where.text()
    page.step.setValue(0.25)
    qtbot.keyClick(page, Qt.Key.Key_Right)
    qtbot.keyClick(page.image.plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page, Qt.Key.Key_Left)
    assert page._centre == pytest.approx(found + 2.5, abs=1e-3)
    qtbot.waitUntil(lambda: "centre" in widget.noderun.settings)
    assert widget.noderun.settings["centre"] == pytest.approx(found + 2.5, abs=1e-3)
    run(qtbot, widget)
    assert widget.noderun.outputs["scan"].centre_from == "given"
    next(b for b in page.kinds.buttons() if b.text() == BLEND).click()
    assert page.image.data.name == BLEND
    assert page.auto.isVisible()
    page.auto.click()
    run(qtbot, widget)
    assert widget.noderun.outputs["scan"].centre == pytest.approx(found)
    assert not page.auto.isVisible()


def test_an_overlay_stays_on_the_detector(qtbot, scan: TomoScan):
    page = OverlayPreview()
    qtbot.addWidget(page)
    page.show_value(find_centre(scan, centre=86.0).overlay)
    page.move(1e6)
    assert page._centre == 159
    page.move(-1e6)
    assert page._centre == 0


def test_the_match_is_that_of_the_part_in_view(qtbot, scan: TomoScan):
    page = OverlayPreview()
    keep(qtbot, page).show()
    pair = find_centre(scan, centre=88.0).overlay
    page.show_value(pair)
    assert f"match {100 * pair.likeness():.1f} %" in page.where.text()
    assert page.image.data.lines == {"axis": [88.0]}
    page.image.plot.setKeepDataAspectRatio(False)  # these limits, whatever the window's shape
    page.image.plot.setLimits(99.5, 149.5, 0, 10)
    part = pair.likeness(region=(slice(0, 10), slice(100, 150)))
    qtbot.waitUntil(lambda: "in view" in page.where.text())
    assert f"match in view {100 * part:.1f} %" in page.where.text()
    page.image.plot.setLimits(1000, 1100, 0, 10)
    assert "match in view 0.0 %" in page.where.text()


@pytest.mark.parametrize(
    ("kind", "setting"), [(OWManyCentres, "centre"), (OWManyDeltaBeta, "delta_beta")]
)
def test_a_vignette_is_taken(qtbot, scan: TomoScan, kind, setting: str):
    widget = made(qtbot, kind, scan=replace(scan, centre=86.0))
    run(qtbot, widget)
    page = widget.area.page("Slices")
    candidates = page.candidates
    assert page.list.count() == len(candidates.values)
    assert page.list.currentRow() == candidates.best
    assert "★" in page.list.item(candidates.best).text()
    page.list.setCurrentRow(2)
    np.testing.assert_array_equal(page.image.data.signal, candidates.images[2])
    page.take.click()
    assert widget.noderun.settings[setting] == pytest.approx(candidates.values[2], abs=1e-3)
    run(qtbot, widget)
    assert page.list.currentRow() == 2
    assert not page.take.isEnabled()
    page.auto.click()
    assert widget.noderun.settings.get(setting) is None


def test_the_part_in_view_is_scored(qtbot, scan: TomoScan):
    widget = made(qtbot, OWManyCentres, scan=replace(scan, centre=86.0))
    run(qtbot, widget)
    page = widget.area.page("Slices")
    assert page.whole.isHidden()
    page.image.plot.setKeepDataAspectRatio(False)  # else the limits aren't just those
    page.image.plot.setLimits(-20, 200, -20, 200)
    assert page.part.isHidden()
    page.image.plot.setLimits(40.5, 99.5, 50, 90)
    qtbot.waitUntil(page.part.isVisible)
    page.part.click()
    first, last, top, bottom = widget.noderun.settings["region"]
    assert (first, last) == (40, 99)
    assert (top, bottom) == (50, 89)
    run(qtbot, widget)
    assert page.candidates.images.shape[1:] == (40, 60)
    assert page.candidates.nxdata().axes[2].values[0] == 40
    page.whole.click()
    assert widget.noderun.settings["region"] is None


def test_a_click_on_the_scores_shows_that_slice(qtbot, scan: TomoScan):
    candidates = try_centres(scan, around=86, width=4, count=5).candidates
    assert preview_for(candidates) is CandidatesPreview
    page = CandidatesPreview()
    qtbot.addWidget(page)
    page.show_value(candidates)
    page._curve_event({"event": "mouseClicked", "button": "left", "x": 87.1, "y": 0.5})
    assert page.list.currentRow() == 3
    assert page.image.colourbar.getLegend() == "Attenuation (1/cm)"
    assert page.curve.plot.getXAxis().getScale() == "linear"
    page.show_value(try_delta_beta(replace(scan, centre=86.0), count=3).candidates)
    assert page.curve.plot.getXAxis().getScale() == "log"  # each a factor above the one before


def test_the_range_is_dragged_on_the_histogram(qtbot, volume: Volume, tmp_path: Path):
    widget = made(qtbot, OWCastVolume, volume=volume)
    widget.set_settings({"file": str(tmp_path / "cast"), "existing": "replace"}, "where")
    run(qtbot, widget)
    page = widget.area.page("Histogram")
    assert isinstance(page, HistogramPreview)
    page._plot_event({"event": "markerMoved", "label": "lowest", "x": 12.34, "y": 1})
    high = page.histogram.high
    assert widget.noderun.settings["low"] == 12.34
    assert widget.noderun.settings["high"] == pytest.approx(high, rel=1e-4)
    page._plot_event({"event": "markerMoved", "label": "lowest", "x": high + 1, "y": 1})
    assert widget.noderun.settings["low"] == 12.34


def test_three_slices_through_one_point(qtbot, volume: Volume, tmp_path: Path):
    assert preview_for(volume) is VolumePreview
    page = VolumePreview()
    keep(qtbot, page).show()
    page.show_value(volume)

    def shown() -> bool:
        return page._shown == dict(enumerate(page.at))

    qtbot.waitUntil(shown, timeout=10000)
    assert page.at == [12, 80, 80]
    page._plot_event(0, {"event": "mouseClicked", "button": "left", "x": 66.4, "y": 72.9})
    qtbot.waitUntil(shown, timeout=10000)
    assert page.at == [12, 72, 66]
    with VolumeData(volume) as data:
        np.testing.assert_array_equal(page.plots[1].getImage("image").getData(), data.cut(1, 72))
        assert f"{data.cut(0, 12)[72, 66]:.5g} 1/cm" in page.value.text()
    assert page.colourbar.getLegend() == "Attenuation (1/cm)"
    page.numbers[0].setValue(20)
    qtbot.waitUntil(shown, timeout=10000)
    page.levels.click()
    smaller = cast_volume(volume, file=tmp_path / "cast", dtype="uint8").volume
    page.show_value(smaller)
    qtbot.waitUntil(shown, timeout=10000)
    assert "uint8" in page.words.text()
    assert page.plots[0].getImage("image").getColormap().getVMax() <= 255
    assert page.colourbar.getLegend() == "Value"


def test_volumes_are_a_table(qtbot, volume: Volume, tmp_path: Path):
    smaller = cast_volume(volume, file=tmp_path / "cast", dtype="uint8").volume
    page = keep(qtbot, VolumesPreview())
    page.show()
    page.show_value([volume, smaller])
    model = page.table.model
    cells = [model.data(model.index(1, n)) for n in range(5)]
    assert cells == ["cast", "24 × 160 × 160", "uint8", "", "1"]
    assert page.volume.volume is volume
    page.table.view.selectRow(1)
    assert page.volume.volume is smaller
    qtbot.waitUntil(lambda: not page.volume._reading and len(page.volume._shown) == 3)


def test_a_plan_says_which_chunks_are_made(qtbot, scan: TomoScan, tmp_path: Path):
    plan = plan_volume(replace(scan, centre=86.0), file=tmp_path / "v.hdf5")
    plan = replace(plan, step=12)
    reconstruct_part(plan, part=2, parts=2)
    page = keep(qtbot, PlanPreview())
    page.show()
    page.show_value(plan)
    model = page.model
    cells = [[model.data(model.index(row, n)) for n in range(2)] for row in range(2)]
    assert cells == [["0 to 11", "to be made"], ["12 to 23", "made"]]
    assert page.words.text().endswith("in 2 chunks; 1 of 2 made.")


def test_seams_stand_as_upright_as_the_volumes(qtbot, tmp_path: Path):
    image = np.arange(12.0, dtype=np.float32).reshape(4, 3)
    page = keep(qtbot, SeamsPreview())
    page.show()
    page.show_value(Seams(image, "z", ((1, 3),), (0, 1)))
    np.testing.assert_array_equal(page.plot.getImage("image").getData(), image)
    assert page.plot.getYAxis().getLabel() == "z (voxels)"
    assert page.plot.getYAxis().isInverted()
    assert [marker.getYPosition() for marker in page._lines] == [1, 3]


def test_whether_the_sample_moved_is_said_first(qtbot):
    shifts = [{"angle (°)": 0.0, "right (px)": 2.5}]
    worst = FrameDifference(np.eye(9, dtype=np.float32), "frame 9 less frame 1")
    value = SampleMoved(shifts, worst, "The sample moved by up to 2.50 pixels.")
    assert MovedPreview.fits(value, None)
    page = keep(qtbot, MovedPreview())
    page.show()
    page.show_value(value)
    assert page.verdict.text() == value.verdict
    assert page.table.model.rowCount() == 1
    assert page.worst.text().startswith("What differs most: frame 9 less frame 1")
    assert page.image.data.label == "Difference of I/I0"


def test_what_is_gone_is_told(qtbot, volume: Volume):
    page = VolumePreview()
    keep(qtbot, page).show()
    page.show_value(replace(volume, path=volume.path.with_name("gone.hdf5")))
    qtbot.waitUntil(lambda: "no such file" in page.value.text(), timeout=10000)


def test_backends_that_cannot_run_are_grey(qtbot, scan: TomoScan):
    from beamcanvas.tomography.reconstruct.backends import unavailable

    widget = made(qtbot, OWReconstruction, scan=scan)
    combo = widget.form.rows["backend"].field.combo
    combo.showPopup()
    combo.hidePopup()
    for n in range(combo.count()):
        why = unavailable().get(combo.itemData(n))
        assert combo.model().item(n).isEnabled() is (why is None)
        assert (why or "") in combo.itemText(n)
