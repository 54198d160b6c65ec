"""The settings that ways to integrate have in common, as their panels show them."""

from __future__ import annotations

from typing import Annotated, Literal

from ...task import Param
from .. import types
from ..configuration import configuration
from ..experiment.detectors import calibrant_names
from ..results import AXES

UnitName = Literal["2th_deg", "2th_rad", "q_nm^-1", "q_A^-1", "d_A", "r_mm"]
SplittingName = Literal["none", "bounding box", "full"]
AlgorithmName = Literal["histogram", "CSR", "CSC", "LUT"]
EngineName = Literal["Cython", "Python", "OpenCL"]
ErrorModelName = Literal["none", "poisson", "azimuthal", "hybrid"]


def line_choices() -> tuple[str, ...]:
    """What lines can be marked: those of no powder, or of any calibrant."""
    return ("none", *calibrant_names())


Image = Annotated[
    types.DiffractionImage,
    Param(help="Image to integrate; its dark and flat images are applied."),
]
Geometry = Annotated[types.Geometry, Param(help="Where the detector stands.")]
Mask = Annotated[
    types.Mask | None,
    Param(help="Pixels not to be used. Without one: those that the image and its detector mark."),
]
FrameMask = Annotated[
    types.Mask | None,
    Param(
        help="Pixels not to be used. Without one: the gaps of the detector. Pixels that a frame "
        "marks by itself are left out of that frame either way."
    ),
]
Dark = Annotated[
    types.DiffractionImage | None,
    Param(help="Image without beam, subtracted from each frame."),
]
Flat = Annotated[
    types.DiffractionImage | None,
    Param(help="Response of each pixel, divided out."),
]
Configuration = Annotated[
    configuration.Configuration | None,
    Param(help="pyFAI's settings from a file. They stand in for what is left at its default here."),
]
Points = Annotated[int, Param(ge=1, le=1_000_000, help="Number of points of the radial axis.")]
UNIT_WORDS = {
    "2th_deg": "2θ (°)",
    "2th_rad": "2θ (rad)",
    "q_nm^-1": "q (nm⁻¹)",
    "q_A^-1": "q (Å⁻¹)",
    "d_A": "d (Å)",
    "r_mm": "r (mm)",
}
Unit = Annotated[
    UnitName,
    Param(
        words=UNIT_WORDS,
        help="Of the radial axis: scattering angle 2θ, momentum transfer q, spacing d, or radius.",
    ),
]
ErrorModel = Annotated[
    ErrorModelName,
    Param(
        label="Error model",
        help="Where standard deviations come from: poisson, counts of a photon-counting detector; "
        "azimuthal, the scatter around each ring; hybrid, poisson where that is larger.",
    ),
]
CountingErrors = Annotated[
    Literal["none", "poisson"],
    Param(
        label="Error model",
        help="Where standard deviations come from: poisson, counts of a photon-counting detector.",
    ),
]
_RADIAL = {name: unit for name, (_, unit, _) in AXES.items()}
RadialMin = Annotated[
    float | None,
    Param(
        unit_of="unit",
        units=_RADIAL,
        auto="all",
        group="Range",
        help="Lower end of the radial axis, in its unit.",
    ),
]
RadialMax = Annotated[
    float | None,
    Param(
        unit_of="unit",
        units=_RADIAL,
        auto="all",
        group="Range",
        help="Upper end of the radial axis, in its unit.",
    ),
]
AzimuthMin = Annotated[
    float | None,
    Param(
        unit="°",
        ge=-360,
        le=360,
        auto="all",
        group="Range",
        help="Lower end of the azimuth that is used.",
    ),
]
AzimuthMax = Annotated[
    float | None,
    Param(
        unit="°",
        ge=-360,
        le=360,
        auto="all",
        group="Range",
        help="Upper end of the azimuth that is used.",
    ),
]
Polarization = Annotated[
    float | None,
    Param(
        ge=-1,
        le=1,
        auto="not corrected",
        group="Corrections",
        help="Degree of polarization of the beam: near 0.99 at a synchrotron, 0 in the laboratory.",
    ),
]
SolidAngle = Annotated[
    bool,
    Param(group="Corrections", help="Correct for the solid angle that each pixel sees."),
]
Monitor = Annotated[
    float | None,
    Param(
        gt=0,
        auto="not used",
        group="Normalisation",
        help="Beam monitor of this image: intensities are divided by it.",
    ),
]
Reference = Annotated[
    float,
    Param(
        gt=0,
        group="Normalisation",
        more=True,
        help="Monitor value to which intensities are scaled.",
    ),
]
FrameOutliers = Annotated[
    Literal["keep", "sigma clip", "median"],
    Param(
        words={"keep": "keep them", "median": "take the median"},
        group="Outliers",
        more=True,
        help="What to do with pixels that don't belong to their ring: keep them; sigma clip, "
        "leave out what is far from the ring's mean, and again with the rest; or take the "
        "median of each ring in the place of its mean.",
    ),
]
Threshold = Annotated[
    float,
    Param(
        unit="σ",
        ge=0,
        group="Outliers",
        more=True,
        help="How far is far, for sigma clipping: at least what Chauvenet's criterion says from "
        "the number of pixels in the ring.",
    ),
]
Lines = Annotated[
    str | None,
    Param(
        label="Mark lines of",
        choices=line_choices,
        auto="the calibration's powder",
        help="Whose lines to mark on the plot.",
    ),
]
Splitting = Annotated[
    SplittingName,
    Param(
        label="Pixel splitting",
        group="Method",
        more=True,
        help="How a pixel is shared between the points that it covers.",
    ),
]
Algorithm = Annotated[
    AlgorithmName,
    Param(
        group="Method",
        more=True,
        help="A histogram each time, or a sparse matrix, made once and applied to each image.",
    ),
]
Engine = Annotated[
    EngineName,
    Param(
        group="Method",
        more=True,
        help="What computes it. There is no silent replacement: what ran is in the result.",
    ),
]
