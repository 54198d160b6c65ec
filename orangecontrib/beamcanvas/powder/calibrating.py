"""What the widgets that calibrate share: rings over the image, residuals, a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beamcanvas.canvas.previews.curve import CurvePreview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.canvas.widget import TaskWidget
from beamcanvas.powder import Calibration, DiffractionImage
from beamcanvas.task import MISSING

from .check_preview import CheckPreview
from .residual_map_preview import ResidualMapPreview
from .rings_preview import RingImage, RingsPreview

RINGS = "Rings"
PREVIEWS = {
    RINGS: RingsPreview,
    "Residual map": ResidualMapPreview,
    "Residuals": CurvePreview,
    "Pattern": CheckPreview,
    "Report": TablePreview,
}


class CalibratingWidget(TaskWidget, openclass=True):
    """Shows a calibration; before there is one, the image with the beam to be picked on it."""

    def found(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        calibration: Calibration = outputs["calibration"]
        x, y = calibration.geometry.beam_centre
        return {
            "distance": 1e3 * calibration.geometry.distance,
            "centre_x": round(x, 2),
            "centre_y": round(y, 2),
            "rings": sum(ring.points > 0 for ring in calibration.rings),
        }

    def show_previews(self, area: Any, outputs: dict[str, Any], titles: dict[str, str]) -> None:
        found: Calibration = outputs["calibration"]
        self._show(
            area,
            {
                RINGS: RingImage(found.image, found, found.geometry.beam_centre),
                "Residual map": found,
                "Residuals": found.residuals,
                "Pattern": found,
                "Report": found.report,
            },
        )

    def show_before_run(self, area: Any) -> bool:
        linked = self.noderun.linked.get("image")
        image = linked.value if linked is not None else MISSING
        if not isinstance(image, DiffractionImage):
            return False
        self._show(area, {RINGS: RingImage(image, None, self._beam())})
        return True

    def _show(self, area: Any, shown: dict[str, Any]) -> None:
        area.show_outputs(shown, PREVIEWS)
        area.page(RINGS).on_beam = self._take_beam

    def _beam(self) -> tuple[float, float] | None:
        """Where the settings put the beam, x and y in pixels."""
        return None

    def _take_beam(self, x: float, y: float) -> None:
        """Take the beam that was picked on the image."""
