"""One image integrated by pyFAI, and its result as a pattern or a cake.

Ashiotis et al., J. Appl. Cryst. 48 (2015) 510.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Progress
from ..configuration.configuration import Configuration
from ..correction.mask import usable_mask
from ..packed_mask import PackedMask
from ..results import Cake, Pattern
from ..types import DiffractionImage, Geometry, Mask, check_shape
from .engines import INTEGRATORS, SPLITTING
from .lines import marked_lines
from .settings import Settings
from .turned_over import turned_over


class ImageIntegration:
    """An image that is ready to be integrated, in one way or in several.

    Parameters
    ----------
    mask:
        Pixels not to be used. Without one: those that the image and its detector mark.

    Raises
    ------
    InputError
        When shapes differ.
    """

    def __init__(
        self,
        image: DiffractionImage,
        geometry: Geometry,
        mask: Mask | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        check_shape("image", image.shape, geometry.detector.shape, "geometry's detector")
        if mask is None:
            pixels = usable_mask(image, geometry.detector)
        else:  # a pixel without a measurement has a marker for a value, whatever the mask says
            check_shape("mask", mask.pixels.shape, image.shape, "image")
            pixels = mask.pixels | image.mask
        if configuration is not None:
            pixels = pixels | configuration.masked(image)
            image = configuration.corrected(image)
        self.image, self.geometry, self.mask = image, geometry, pixels

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What to know of the result: what the geometry says, and whether the rings fit it."""
        turned = turned_over(self._counts, self.mask, self.geometry)
        return (*self.geometry.warnings, *([turned] if turned else []))

    def _counts(self, pixels: NDArray[np.intp]) -> NDArray[np.floating]:
        """Counts after dark and flat at some numbers of pixels."""
        image = self.image
        counts = image.data.ravel()[pixels].astype(float)
        if image.dark is not None:
            counts -= image.dark.ravel()[pixels]
        if image.flat is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                counts /= image.flat.ravel()[pixels]
        return counts

    def pattern(self, settings: Settings, lines: str | None, progress: Progress) -> Pattern:
        """Integrate it around the beam; `lines` as :func:`.lines.marked_lines` takes them."""
        result = self.run(settings, settings.integrate, progress)
        return Pattern(**self.described(result, settings, lines))

    def cake(self, settings: Settings, lines: str | None, progress: Progress) -> Cake:
        """Integrate it over radius and azimuth."""
        result = self.run(settings, settings.integrate, progress)
        azimuthal = np.asarray(result.azimuthal, dtype=float)
        return Cake(azimuthal=azimuthal, **self.described(result, settings, lines))

    def run(self, settings: Settings, call: Callable[..., Any], progress: Progress) -> Any:
        """pyFAI's result: `call` gets its integrator, the data and the corrections."""
        progress(None, "Integrating")
        monitor, model = settings.monitor, settings.error_model
        with INTEGRATORS.use(self.geometry, self.mask, *settings.key) as integrator:
            progress.check()
            result = call(
                integrator,
                self.image.data,
                mask=self.mask,
                dark=self.image.dark,
                flat=self.image.flat,
                error_model=None if model == "none" else model,
                normalization_factor=1.0
                if monitor is None
                else float(monitor) / settings.reference,
            )
        progress(1.0, "Integrated")
        return result

    def described(
        self, result: Any, settings: Settings, lines: str | None, how: str = ""
    ) -> dict[str, Any]:
        """A result's values, and how they came about."""
        radial = np.asarray(result.radial, dtype=float)
        return {
            "radial": radial,
            "intensity": np.asarray(result.intensity, dtype=float),
            "sigma": None if result.sigma is None else np.asarray(result.sigma, dtype=float),
            "unit": settings.unit,
            "geometry": self.geometry,
            "engine": engine_that_ran(result, settings.method, how),
            "settings": settings.record,
            "lines": marked_lines(lines, self.geometry, settings.unit, radial),
            "count": np.asarray(result.count, dtype=float),
            "source": Path(self.image.source.partition("::")[0]).name,
            "origins": self.image.origins,
            "unused": PackedMask.of(self.mask),
            "warnings": self.warnings,
        }


def engine_that_ran(result: Any, method: tuple[str, str, str], how: str = "") -> str:
    """Words for the engine that pyFAI reports; it must be the one that was asked for."""
    ran = result.method
    if (ran.split_lower, ran.algo_lower, ran.impl_lower) != method:
        raise InputError(f"pyFAI replaced the method {method} by {ran}.")
    splitting = {v: k for k, v in SPLITTING.items()}[ran.split_lower]
    words = ("pyFAI", how, f"{splitting} splitting", ran.algorithm, ran.implementation)
    return ", ".join(word for word in words if word)
