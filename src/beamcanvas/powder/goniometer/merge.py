"""Images of a detector at several positions, added up into one pattern."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Progress
from ..integration.engines import INTEGRATORS
from ..integration.lines import marked_lines
from ..integration.settings import Settings
from ..origin import Origin
from ..results import Pattern
from ..types import Geometry
from .model import Goniometer, geometry_at


class Merge:
    """Integrates each image with its own geometry onto points that all share.

    Where images overlap, each counts by the solid angle and the beam that it saw, as in
    pyFAI's ``MultiGeometry``. Intensities are those at the goniometer's reference.

    Parameters
    ----------
    positions:
        All that will come: ends of the radial axis that are open are taken from them.

    Raises
    ------
    InputError
        When a position is out of reach, or the range is empty.
    """

    def __init__(
        self,
        goniometer: Goniometer,
        settings: Settings,
        positions: Iterable[float],
        progress: Progress,
    ) -> None:
        self.goniometer, self.settings = goniometer, settings
        self._geometries = {p: geometry_at(goniometer, position=p) for p in positions}
        low, high = settings.radial_min, settings.radial_max
        ends = []
        for geometry in self._extremes() if low is None or high is None else ():
            progress.check()
            values = geometry.pyfai().array_from_unit(unit=settings.unit)
            ends += [float(values.min()), float(values.max())]
        self._range = (min(ends) if low is None else low, max(ends) if high is None else high)
        if not self._range[0] < self._range[1]:
            raise InputError(
                f"The radial range is empty: from {self._range[0]:g} to {self._range[1]:g}."
            )
        self.images = 0
        self._signal, self._norm, self._variance, self._count = np.zeros((4, settings.points))
        self._radial = np.zeros(settings.points)

    def _extremes(self) -> Iterable[Geometry]:
        """Geometries that reach as far as all of them: of many, every n-th and the ends."""
        ordered = [self._geometries[p] for p in sorted(self._geometries)]
        step = max(1, len(ordered) // 16)
        return [*ordered[::step], ordered[-1]]

    def add(
        self,
        data: NDArray[Any],
        unused: NDArray[np.bool_],
        position: float,
        factor: float,
        dark: NDArray[Any] | None = None,
        flat: NDArray[Any] | None = None,
    ) -> None:
        """One image, divided by `factor`."""
        settings, geometry = self.settings, self._geometries[position]
        if settings.solid_angle:  # pyFAI's is relative to the pixel nearest to the sample
            factor *= (self.goniometer.geometry.distance / geometry.distance) ** 2
        with INTEGRATORS.use(geometry, unused, "moving", settings.unit) as integrator:
            result = integrator.integrate1d(
                data,
                settings.points,
                unit=settings.unit,
                method=settings.method,
                mask=unused,
                dark=dark,
                flat=flat,
                radial_range=self._range,
                error_model=None if settings.error_model == "none" else settings.error_model,
                polarization_factor=settings.polarization,
                correctSolidAngle=settings.solid_angle,
                normalization_factor=factor,
            )
        self.images += 1
        self._radial = np.asarray(result.radial, dtype=float)
        self._signal += result.sum_signal
        self._norm += result.sum_normalization
        self._count += result.count
        if settings.error_model != "none":
            self._variance += result.sum_variance

    def pattern(
        self,
        source: str,
        origins: tuple[Origin, ...],
        record: dict[str, Any],
        warnings: Iterable[str] = (),
    ) -> Pattern:
        """What they add up to; `record` is kept with the settings."""
        goniometer, settings = self.goniometer, self.settings
        seen = self._norm > 0
        safe = np.where(seen, self._norm, 1)
        doubts = [w for g in self._geometries.values() for w in g.warnings] + list(warnings)
        sigma = np.where(seen, np.sqrt(self._variance) / safe, 0.0)
        return Pattern(
            radial=self._radial,
            intensity=np.where(seen, self._signal / safe, 0.0),
            sigma=None if settings.error_model == "none" else sigma,
            unit=settings.unit,
            geometry=goniometer.geometry,
            engine=f"pyFAI, {settings.splitting} splitting, histogram, Cython, "
            f"{len(self._geometries)} geometries",
            settings=settings.record | record,
            lines=marked_lines(None, goniometer.geometry, settings.unit, self._radial),
            count=self._count,
            source=source,
            origins=origins,
            warnings=tuple(dict.fromkeys(doubts)),
        )
