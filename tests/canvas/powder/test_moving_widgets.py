"""Images of a moving detector on the canvas: a slider, and the rings of a goniometer on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kept import keep

from beamcanvas.powder import Detector, Geometry, Goniometer, images_at_positions
from beamcanvas.powder.experiment.detectors import named_calibrant

pytestmark = pytest.mark.gui

SHAPE = (60, 80)
GEOMETRY = Geometry(
    0.05,
    0.003,
    0.004,
    0.0,
    0.0,
    0.0,
    4e-11,
    Detector("Detector", (2e-4, 2e-4), SHAPE),
    named_calibrant("LaB6"),
)


@pytest.fixture
def goniometer(tmp_path: Path) -> Goniometer:
    files = [tmp_path / f"{n}.npy" for n in range(3)]
    for number, file in enumerate(files):
        np.save(file, np.full(SHAPE, number + 1, np.int32))
    images = images_at_positions(files=files, positions=[0.0, 5.0, 30.0])
    slopes = {"rot2": -np.radians(1)}
    return Goniometer("arm, up and down", 0, GEOMETRY, slopes, {}, images, (1e-5,) * 3, 9, 1e-3, "")


@pytest.fixture
def preview(qtbot):
    from orangecontrib.beamcanvas.powder.moving_preview import MovingPreview

    shown = keep(qtbot, MovingPreview())
    shown.resize(640, 500)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def looked_at(qtbot, preview, value: int) -> None:
    """Wait for the image whose pixels have this value."""

    def there() -> bool:
        data = preview.image.data
        return data is not None and int(data.signal[0, 0]) == value

    qtbot.waitUntil(there, timeout=20_000)


def test_the_slider_goes_through_the_images(qtbot, preview, goniometer):
    preview.show_value(goniometer.images)
    looked_at(qtbot, preview, 1)
    assert "position 0" in preview.where.text()
    assert not preview.rings_action.isVisible()
    assert not preview.image.plot.getAllCurves()
    preview.browser.setValue(2)
    looked_at(qtbot, preview, 3)
    assert preview.where.text() == "position 30,  2.npy"


def test_the_rings_move_with_the_detector(qtbot, preview, goniometer):
    preview.show_value(goniometer)
    looked_at(qtbot, preview, 1)
    plot = preview.image.plot
    qtbot.waitUntil(lambda: bool(plot.getAllCurves()), timeout=20_000)
    first = plot.getAllCurves()[0].getYData(copy=True)
    preview.browser.setValue(1)
    looked_at(qtbot, preview, 2)
    moved = plot.getAllCurves()[0].getYData(copy=False)
    # 5 degrees at 50 mm are 4.4 mm
    shift = np.nanmax(moved) - np.nanmax(first), np.nanmin(moved) - np.nanmin(first)
    assert max(np.abs(shift)) > 5
    preview.rings_action.setChecked(False)
    assert not plot.getAllCurves()


def test_an_image_that_is_gone_is_told(qtbot, preview, goniometer):
    goniometer.images.rows[1].file.unlink()
    preview.show_value(goniometer)
    looked_at(qtbot, preview, 1)
    preview.browser.setValue(1)
    qtbot.waitUntil(lambda: "There is no file" in preview.where.text(), timeout=20_000)
