"""The rocking curve of one pixel: a curve, or an image over two motors, with what was fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from AnyQt.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.image import ImagePreview
from beamcanvas.darkfield import DarkfieldStack, PixelMaps, RockingFits
from beamcanvas.darkfield.analyse.maps import UNCERTAINTY
from beamcanvas.nexus import Axis, NXData

from .latest import Latest

#: words of maps that tell little of a single pixel
_LEFT_OUT = ("skew", "kurt", "cov", "corr", "resid", "state", "peaks", "background", UNCERTAINTY)


class PixelPane(QWidget):
    """Shows what the scan saw in a pixel that was picked on a map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel("Click a pixel to see its rocking curve.")
        self.words.setContentsMargins(8, 2, 8, 2)
        self.words.setWordWrap(True)
        self.curve = CurvePreview()
        self.image = ImagePreview()
        for page in (self.curve, self.image):
            page.position.hide()
        self.curve.toolbar.hide()
        self.image.toolbar.hide()
        self.image.profile.hide()
        self.image.colourbar.hide()
        self.pages = QStackedWidget()
        self.pages.addWidget(QWidget())
        self.pages.addWidget(self.curve)
        self.pages.addWidget(self.image)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.words)
        box.addWidget(self.pages, 1)
        self._latest = Latest(self)
        self.pixel: tuple[int, int] | None = None

    def show_pixel(
        self, stack: DarkfieldStack, row: int, column: int, maps: PixelMaps | None = None
    ) -> None:
        """Show the curve of a pixel, and what `maps` say of it."""
        self.pixel = row, column
        self.words.setText(f"Reading pixel x {column}, y {row} …")

        def work(progress: Any) -> Any:
            return stack.treated().curve(row, column, progress)

        def show(values: Any) -> None:
            self.words.setText(_said(row, column, maps))
            if len(stack.dimensions) == 1:
                self._show_curve(stack, values, row, column, maps)
            else:
                self._show_image(stack, values, row, column, maps)

        self._latest.ask(work, show, self.words.setText)

    def _show_curve(
        self, stack: DarkfieldStack, values: Any, row: int, column: int, maps: PixelMaps | None
    ) -> None:
        d = stack.dimensions[0]
        axis = (Axis(name=d.motor, values=stack.positions[0], unit=d.unit),)
        measured = NXData(
            signal=values, name="intensity", label="Intensity", unit="counts", axes=axis
        )
        curves = [("measured", measured)]
        if isinstance(maps, RockingFits):
            model = maps.model(row, column)
            if model is not None:
                curves.append(("fit", replace(measured, signal=model)))
        self.curve.show_curves(curves)
        self.pages.setCurrentWidget(self.curve)

    def _show_image(
        self, stack: DarkfieldStack, values: Any, row: int, column: int, maps: PixelMaps | None
    ) -> None:
        """The two fastest motors, summed over the others."""
        grid = values.reshape(stack.grid).sum(axis=tuple(range(len(stack.grid) - 2)))
        slow, fast = stack.dimensions[-2:]
        y, x = stack.nominal[-2:]
        self.image.show_image(
            NXData(
                signal=grid,
                name=f"curve of {slow.motor} {fast.motor}",
                label="Intensity",
                unit="counts",
                axes=(
                    Axis(name=slow.motor, values=y, unit=slow.unit),
                    Axis(name=fast.motor, values=x, unit=fast.unit),
                ),
            )
        )
        plot = self.image.plot
        for curve in plot.getAllCurves():
            plot.removeCurve(curve)
        for n, (cx, cy, points) in enumerate(_ellipses(stack, row, column, maps)):
            plot.addCurve(
                [cx],
                [cy],
                legend=f"centre {n}",
                symbol="+",
                linestyle=" ",
                color="#ff4d4d",
                resetzoom=False,
            )
            if points is not None:
                plot.addCurve(
                    points[0], points[1], legend=f"half {n}", color="#ff4d4d", resetzoom=False
                )
        self.pages.setCurrentWidget(self.image)


def _said(row: int, column: int, maps: PixelMaps | None) -> str:
    words = [f"Pixel x {column}, y {row}"]
    if maps is not None:
        for name, values in maps.maps.items():
            value = values[row, column]
            if np.isfinite(value) and not any(word in name for word in _LEFT_OUT):
                unit = f" {maps.units[name]}" if maps.units.get(name) else ""
                said = f"{name} {_sure(value, maps.uncertainty(name), row, column)}{unit}"
                words.append(said.replace(" ", "\N{NO-BREAK SPACE}"))
    return "\N{NO-BREAK SPACE}· ".join(words)


def _sure(value: float, uncertainty: Any, row: int, column: int) -> str:
    """``0.3618 ± 0.0012``: no more digits than are known."""
    if uncertainty is None or not 0 < uncertainty[row, column] < np.inf:
        return f"{value:.5g}"
    sigma = float(uncertainty[row, column])
    digits = max(1 - int(np.floor(np.log10(sigma))), 0)
    return f"{value:.{digits}f} ± {sigma:.{digits}f}"


def _ellipses(
    stack: DarkfieldStack, row: int, column: int, maps: PixelMaps | None
) -> list[tuple[float, float, Any]]:
    """Centre and outline at half maximum of each peak over the two fastest motors."""
    if maps is None:
        return []
    slow, fast = stack.motors[-2:]
    found = []
    for end in ("", " 2", " 3", " 4"):
        names = (f"{fast} centre of mass{end}", f"{slow} centre of mass{end}")
        if not all(n in maps.maps for n in names):
            break
        cx, cy = (float(maps.maps[n][row, column]) for n in names)
        if not np.isfinite(cx + cy):
            continue
        found.append((cx, cy, _outline(maps, slow, fast, end, cx, cy, row, column)))
    return found


def _outline(
    maps: PixelMaps, slow: str, fast: str, end: str, cx: float, cy: float, row: int, column: int
) -> Any:
    try:
        wx, wy = (float(maps.maps[f"{m} FWHM{end}"][row, column]) / 2 for m in (fast, slow))
    except KeyError:
        return None
    r = 0.0
    if f"{slow} {fast} correlation{end}" in maps.maps:
        r = float(maps.maps[f"{slow} {fast} correlation{end}"][row, column])
    elif f"{slow} {fast} covariance" in maps.maps and wx * wy > 0:
        covariance = float(maps.maps[f"{slow} {fast} covariance"][row, column])
        r = covariance * (2.35482 / 2) ** 2 / (wx * wy)
    if not np.isfinite(wx + wy + r) or abs(r) > 1:
        return None
    t = np.linspace(0, 2 * np.pi, 90)
    return cx + wx * np.cos(t), cy + wy * (r * np.cos(t) + np.sqrt(1 - r * r) * np.sin(t))
