"""The icons are one family: small plain drawings, one colour a category, packed with the rest."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from AnyQt.QtCore import QRectF
from AnyQt.QtGui import QColor, QImage, QPainter
from AnyQt.QtSvg import QSvgRenderer
from setuptools import Distribution

ROOT = Path(__file__).parents[2]
APPLICATION = ROOT / "src/beamcanvas/canvas/icons/beamcanvas.svg"

#: Every category's own colour, near equal in contrast on a light and on a dark panel.
COLOURS = {
    "canvas": "#74859A",
    "powder": "#D2640C",
    "tomography": "#3A88CC",
    "darkfield": "#A468D4",
    "spectroscopy": "#229675",
}


def icons() -> list[Path]:
    return sorted(ROOT.glob("src/beamcanvas/canvas/icons/*.svg")) + sorted(
        ROOT.glob("orangecontrib/beamcanvas/*/icons/*.svg")
    )


def category(path: Path) -> str:
    return path.parent.parent.name


def named(path: Path) -> str:
    return f"{category(path)}-{path.stem}"


@pytest.fixture(params=icons(), ids=named)
def icon(request: pytest.FixtureRequest) -> Path:
    return request.param


def drawn(path: Path, size: int, background: str = "transparent") -> np.ndarray:
    """The icon as (size, size, 4) values of 0 to 1: blue, green, red, alpha."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(QColor(background))
    painter = QPainter(image)
    QSvgRenderer(str(path)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    bits = image.constBits().asarray(image.sizeInBytes())  # sip's pointer has no buffer of its own
    return np.array(bits, dtype=np.uint8).reshape(size, size, 4) / 255


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2, 0 for black to 1 for white."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_the_icons_that_the_canvas_asks_for_are_there() -> None:
    asked = {
        "canvas": "beamcanvas task subgraph placeholder run run_from run_until stop add_task "
        "tutorial method script notebook",
        "powder": "category open_image experiment calibrate refine_geometry read_poni save_poni "
        "mask integrate_1d integrate_2d save_nexus save_ascii",
    }
    there = {(category(path), path.stem) for path in icons()}
    assert {(folder, name) for folder, names in asked.items() for name in names.split()} <= there


def test_is_a_plain_drawing(icon: Path) -> None:
    root = ElementTree.parse(icon).getroot()
    assert root.get("viewBox") == "0 0 48 48"
    assert (root.get("width"), root.get("height")) == ("48", "48")
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "title", "path", "circle", "rect"}, "no raster, no gradient, no script"
    assert 2.5 <= float(root.get("stroke-width", 0)) <= 3
    assert root.get("stroke-linecap") == "round"
    assert QSvgRenderer(str(icon)).isValid()


def test_has_the_colour_of_its_category(icon: Path) -> None:
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', icon.read_text())) - {"none"}
    if icon == APPLICATION:  # stands for all of them, on a ground of its own
        assert len(used) > 1
    else:
        assert used == {COLOURS[category(icon)]}


@pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)
@pytest.mark.parametrize("panel", ["#FFFFFF", "#2B2B2B"], ids=["light", "dark"])
def test_colour_stands_out_on_a_panel(colour: str, panel: str) -> None:
    low, high = sorted((luminance(colour), luminance(panel)))
    assert (high + 0.05) / (low + 0.05) > 3


@pytest.mark.parametrize("size", [24, 48, 96])
def test_draws_something_inside_its_box(icon: Path, size: int) -> None:
    alpha = drawn(icon, size)[..., 3]
    assert 0.08 < (alpha > 0.5).mean() < 0.95
    edge = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert edge.max() < 0.5, "cut off at the edge"


def test_no_two_look_alike_at_24_pixels() -> None:
    shapes = {named(path): drawn(path, 24)[..., 3] for path in icons()}
    for (one, a), (other, b) in combinations(shapes.items(), 2):
        assert np.abs(a - b).sum() > 20, f"{one} and {other} look alike"


def test_is_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    distribution = Distribution()
    distribution.parse_config_files(["setup.cfg"])
    build = distribution.get_command_obj("build_py")
    build.ensure_finalized()
    packed = {ROOT / folder / name for _, folder, _, names in build.data_files for name in names}
    assert set(icons()) <= {path.resolve() for path in packed}
