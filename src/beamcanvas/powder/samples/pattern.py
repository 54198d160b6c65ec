"""The pattern of one sample: its frames integrated and averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...errors import InputError
from ...nexus.chunks import Buffers
from ...task import Progress
from ..configuration.configuration import Configuration
from ..integration.lines import marked_lines
from ..integration.operator import operator_for
from ..integration.settings import Settings
from ..integration.turned_over import frame_turned_over
from ..integration.ways import Outliers, way_for
from ..packed_mask import PackedMask
from ..results import Pattern
from ..scan.corrections import correcting, corrections_for
from ..scan.results import failure_lines, left_out
from ..scan.total import Total
from ..types import DiffractionImage, Geometry, Mask
from .frames import SampleFrames


class Images(NamedTuple):
    """What holds for the frames of all samples, as :func:`.corrections_for` takes it."""

    mask: Mask | None = None
    dark: DiffractionImage | None = None
    flat: DiffractionImage | None = None
    configuration: Configuration | None = None


@dataclass(frozen=True)
class SampleIntegration:
    """How every sample is integrated."""

    settings: Settings
    outliers: Outliers
    images: Images

    def pattern(self, measured: SampleFrames, geometry: Geometry, progress: Progress) -> Pattern:
        """The average over the frames of a sample.

        Raises
        ------
        InputError
            When not one of them can be integrated.
        """
        settings = self.settings
        corrections = corrections_for(measured.shape, geometry, *self.images)
        operator = operator_for(geometry, [settings.layout], corrections)
        way = way_for(operator, geometry, corrections, settings.error_model, self.outliers, None)
        total, buffers = Total(operator.points), Buffers()
        problems: dict[int, str] = {}
        turned: str | None = None
        for frame, factor in measured.frames(settings.reference, buffers, problems):
            progress.check()
            if turned is None:  # the first frame tells
                turned = frame_turned_over(frame, geometry, corrections)
            with np.errstate(divide="ignore", invalid="ignore"):
                total.add(way(frame, factor, buffers))
        (bins,) = operator.bins
        intensity, sigma = total.average(bins)
        if np.isnan(intensity).all():
            why = "; ".join(failure_lines(problems)[:3])
            raise InputError(why or "No pixel that is used holds a measurement.")
        warnings = [*geometry.warnings, *filter(None, [turned])]
        if self.images.configuration is not None:
            warnings += self.images.configuration.not_for_frames
        if problems:
            warnings.append(left_out(problems, measured.count))
        record = settings.record | {"monitor": measured.sample.monitor}
        if self.outliers.how != "keep":
            record |= {"outliers": self.outliers.how, "threshold": self.outliers.threshold}
        return Pattern(
            radial=bins.radial,
            intensity=np.where(np.isnan(intensity), 0.0, intensity),
            sigma=None if sigma is None else np.where(np.isnan(sigma), 0.0, sigma),
            unit=settings.unit,
            geometry=geometry,
            engine=way.words,
            settings=record,
            lines=marked_lines(None, geometry, settings.unit, bins.radial),
            count=np.where(np.isnan(intensity), 0.0, bins.count),
            source=measured.source,
            origins=measured.origins + correcting(*self.images[1:]),
            unused=PackedMask.of(corrections.mask),
            warnings=tuple(warnings),
        )
