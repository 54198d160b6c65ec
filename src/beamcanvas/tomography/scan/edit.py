"""What a scan's file says of the experiment, corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from ...task import Param, task
from .nxtomo import doubts_of
from .types import TomoScan

_Translation = Annotated[
    float | None,
    Param(ge=-1e6, le=1e6, unit="mm", auto="as in the file", group="Sample position", more=True),
]
_Flip = Literal["as in the file", "yes", "no"]


@task(title="Edit scan", output="scan", requires="tomography")
def edit_scan(
    scan: TomoScan,
    *,
    energy: Annotated[float | None, Param(gt=0, le=1e5, unit="keV", auto="as in the file")] = None,
    distance: Annotated[
        float | None,
        Param(gt=0, le=1e7, unit="mm", auto="as in the file", label="Sample to detector"),
    ] = None,
    propagation_distance: Annotated[
        float | None,
        Param(
            gt=0, le=1e7, unit="mm", auto="as in the file", label="Effective distance", more=True
        ),
    ] = None,
    source_distance: Annotated[
        float | None,
        Param(gt=0, le=1e5, unit="m", auto="as in the file", label="Source to sample", more=True),
    ] = None,
    pixel_width: Annotated[
        float | None, Param(gt=0, le=1e5, unit="µm", auto="as in the file", label="Pixel size")
    ] = None,
    pixel_height: Annotated[
        float | None, Param(gt=0, le=1e5, unit="µm", auto="as the width", more=True)
    ] = None,
    field_of_view: Annotated[
        Literal["as in the file", "full", "half"], Param(label="Field of view")
    ] = "as in the file",
    left_right: Annotated[_Flip, Param(label="Flipped left-right", group="Detector")] = (
        "as in the file"
    ),
    upside_down: Annotated[_Flip, Param(label="Flipped upside down", group="Detector")] = (
        "as in the file"
    ),
    x_translation: _Translation = None,
    y_translation: _Translation = None,
    z_translation: _Translation = None,
    sample: Annotated[str | None, Param(auto="as in the file", more=True)] = None,
) -> TomoScan:
    """Correct what a scan's file says. The file stays as it is; *Save scan* writes it.

    Parameters
    ----------
    scan:
        The scan.
    energy:
        Of the photons.
    distance:
        From the sample to the detector.
    propagation_distance:
        The distance that counts for the phase, where the beam diverges.
    source_distance:
        From the source, or the focus, to the sample.
    pixel_width:
        Of a pixel as seen at the sample, along a row.
    pixel_height:
        Of a pixel as seen at the sample, along a column.
    field_of_view:
        Half: the rotation axis is near an edge and the scan is a full turn.
    left_right:
        Whether frames were stored mirrored; that is undone on reading, and the rotation axis
        follows.
    upside_down:
        Whether frames were stored upside down; that is undone on reading.
    x_translation:
        Where the sample stood along x, the same for all frames.
    y_translation:
        Along y: upwards, in files of today's NXtomo.
    z_translation:
        Along z: upwards, in older files of ESRF.
    sample:
        The sample's name.
    """
    flips = _flip(left_right, scan.flips[0]), _flip(upside_down, scan.flips[1])
    is_mirrored = flips[0] != scan.flips[0]
    size = scan.pixel_size
    if pixel_width is not None or pixel_height is not None:
        width = pixel_width or pixel_height or 0.0
        size = 1e-6 * (pixel_height or width), 1e-6 * width
    new = replace(
        scan,
        energy=energy or scan.energy,
        distance=1e-3 * distance if distance else scan.distance,
        propagation_distance=(
            1e-3 * propagation_distance if propagation_distance else scan.propagation_distance
        ),
        source_distance=source_distance or scan.source_distance,
        pixel_size=size,
        half_acquisition=(
            scan.half_acquisition if field_of_view == "as in the file" else field_of_view == "half"
        ),
        flips=flips,
        axis_in_file=_mirrored(scan.axis_in_file, scan) if is_mirrored else scan.axis_in_file,
        centre=_mirrored(scan.centre, scan) if is_mirrored else scan.centre,
        translation=(
            _translation(x_translation, scan.translation[0]),
            _translation(y_translation, scan.translation[1]),
            _translation(z_translation, scan.translation[2]),
        ),
        sample=scan.sample if sample is None else sample,
        warnings=tuple(w for w in scan.warnings if w not in doubts_of(scan)),
    )
    return new.warned(*doubts_of(new))


def _flip(said: _Flip, found: bool) -> bool:
    return found if said == "as in the file" else said == "yes"


def _mirrored(column: float | None, scan: TomoScan) -> float | None:
    return None if column is None else scan.shape[2] - 1 - column


def _translation(said: float | None, before: float | None) -> float | None:
    return before if said is None else 1e-3 * said
