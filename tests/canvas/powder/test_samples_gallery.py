"""Many samples on the canvas: their pictures, those chosen in a plot, the failures named."""

from __future__ import annotations

import numpy as np
import pytest
from kept import keep

from beamcanvas.powder import Pattern, SampleResults

pytestmark = pytest.mark.gui


def results(count: int) -> SampleResults:
    x = np.linspace(1, 20, 300)
    made = {
        f"sample {i}": Pattern(x, np.exp(-((x - 3 - i) ** 2)), None, "2th_deg", None, "")
        for i in range(count)
    }
    return SampleResults(made, {"lost": "There is no file lost.tif."})


@pytest.fixture
def gallery(qtbot):
    from orangecontrib.beamcanvas.powder.gallery_preview import GalleryPreview

    shown = keep(qtbot, GalleryPreview())
    shown.resize(640, 600)
    shown.show_value(results(40))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def picture(gallery, row: int) -> np.ndarray:
    """What is drawn of a sample, opaque where there is anything."""
    image = gallery.list.item(row).icon().pixmap(gallery.list.iconSize()).toImage()
    return np.array(
        [[image.pixelColor(x, y).alpha() for x in range(0, image.width(), 4)] for y in (10, 40)]
    )


def test_pictures_are_drawn_when_they_come_into_sight(gallery):
    assert picture(gallery, 0).all()
    assert not picture(gallery, 39).any()
    gallery.list.scrollToItem(gallery.list.item(39))
    assert picture(gallery, 39).all()


def test_those_chosen_are_plotted(gallery):
    assert [name for name, _ in gallery.curve.curves] == ["sample 0"]
    gallery.list.item(2).setSelected(True)
    assert [name for name, _ in gallery.curve.curves] == ["sample 0", "sample 2"]
    gallery.show_value(results(2))  # one of those chosen is gone
    assert [name for name, _ in gallery.curve.curves] == ["sample 0"]


def test_a_failure_is_named_and_cannot_be_chosen(gallery):
    from AnyQt.QtCore import Qt

    last = gallery.list.item(gallery.list.count() - 1)
    assert last.text() == "lost: failed"
    assert "There is no file lost.tif." in last.toolTip()
    assert not last.flags() & Qt.ItemFlag.ItemIsSelectable


@pytest.fixture
def heat_map(qtbot):
    from orangecontrib.beamcanvas.powder.samples_map_preview import SamplesMapPreview

    shown = keep(qtbot, SamplesMapPreview())
    shown.resize(640, 600)
    shown.show_value(results(5))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def test_the_map_names_the_sample_under_the_cursor(heat_map):
    assert heat_map.map.words_at(6.0, 4.0).startswith("2θ 6 °   sample 3   Intensity ")
    assert heat_map.map.words_at(6.0, 90.0) == "Click a row to plot it."


def test_the_row_that_is_clicked_is_plotted(heat_map):
    assert [name for name, _ in heat_map.curve.curves] == ["sample 0"]
    click = {"event": "mouseClicked", "button": "left", "x": 6.0, "y": 4.0}
    heat_map.map._plot_event(click)
    assert [name for name, _ in heat_map.curve.curves] == ["sample 3"]
    assert heat_map.map.plot._getItem("marker", "row").getYPosition() == 4.0
    heat_map.show_value(results(2))  # the row is gone
    assert [name for name, _ in heat_map.curve.curves] == ["sample 1"]
