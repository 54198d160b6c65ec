"""A map of reciprocal space from a rocking scan without the X-ray lens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import asin, pi
from threading import Lock
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import SILENT, Param, Progress, task
from ..stack import DarkfieldStack
from ..stack.cores import usable_cores

_HC = 12.398419843320026  #: keV·Å
_DARFIX_HC = 12.391

_Vector = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class ReciprocalMap:
    """Mean intensity in boxes of reciprocal space; NaN where the scan was not.

    Attributes
    ----------
    intensity:
        (q₁, q₂, q₃) counts per pixel and frame.
    axes:
        The edges of the boxes.
    """

    intensity: NDArray[np.float64]
    axes: tuple[Axis, Axis, Axis]
    settings: Mapping[str, Any] = field(default_factory=dict)
    stack: DarkfieldStack | None = None

    @property
    def summary(self) -> str:
        share = 100 * float(np.isfinite(self.intensity).mean())
        size = " × ".join(map(str, self.intensity.shape))
        return f"reciprocal space, {size} boxes, {share:.0f} % measured"

    def nxdata(self) -> NXData:
        """Slices through the map."""
        return NXData(
            name="reciprocal_space",
            label="Intensity",
            unit="counts",
            signal=self.intensity,
            axes=self.axes,
            title="Reciprocal space",
        )

    def projections(self) -> dict[str, NDArray[np.float64]]:
        """The mean along each axis, by the axis's name."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # boxes that nothing fell into
            return {a.name: np.nanmean(self.intensity, axis=n) for n, a in enumerate(self.axes)}


@task(title="Reciprocal space", output="reciprocal_map", requires="darkfield")
def map_reciprocal_space(
    stack: DarkfieldStack,
    *,
    hkl: Annotated[_Vector, Param(label="Reflection")] = (1.0, 0.0, 1.0),
    lattice: Annotated[float, Param(gt=0, unit="Å", label="Lattice parameter")] = 4.08,
    pixel: Annotated[float, Param(gt=0, unit="µm", label="Pixel of the camera")] = 51.0,
    energy: Annotated[float | None, Param(gt=0, unit="keV", auto="ccmenergy")] = None,
    span: Annotated[float, Param(gt=0, label="Half of the map's width")] = 0.008,
    boxes: Annotated[int, Param(ge=2, le=400, label="Boxes along each axis")] = 50,
    frame: Annotated[
        Literal["relative", "lattice"],
        Param(
            label="Axes",
            words={"relative": "around the reflection, in parts of |Q|", "lattice": "h, k, l"},
        ),
    ] = "relative",
    normal: Annotated[_Vector, Param(label="Surface normal", more=True)] = (1.0, 0.0, 0.0),
    darfix_compatible: Annotated[bool, Param(more=True)] = False,
    progress: Progress = SILENT,
) -> ReciprocalMap:
    """Put the pixels of a rocking scan into boxes of reciprocal space.

    For a scan of diffry without the lens: the camera at `ffz` and `mainx` sees diffracted
    beams, each pixel and each frame another point q. The mean intensity of each box is kept.
    The axes are those of Poulsen et al. (J. Appl. Cryst. 50 (2017) 1555): along the rocking,
    across it, and along Q, relative to its length; or h, k, l of the lattice, the third axis of
    the sample along the reflection and the first towards the surface normal.

    Parameters
    ----------
    stack:
        A scan of the one motor diffry.
    hkl:
        The reflection, in a cubic lattice.
    lattice:
        Its lattice parameter.
    pixel:
        Size of a pixel of the camera, with its optics.
    energy:
        Of the photons.
    span:
        From the map's centre to its ends, in the units of the axes.
    boxes:
        Along each of the three axes.
    frame:
        What the axes are.
    normal:
        The sample's surface normal in h, k, l; for the axes of the lattice.
    darfix_compatible:
        Take hc as 12.391 keV·Å, as darfix does: q comes out 0.06 % larger.

    Raises
    ------
    InputError
        When more than diffry moved, the camera's place or the energy isn't known, or the
        reflection can't be reached at that energy.
    """
    if stack.motors != ("diffry",):
        raise InputError(
            f"Reciprocal space is mapped by a scan of diffry alone; {', '.join(stack.motors)} "
            "moved here."
        )
    for name in ("ffz", "mainx"):
        if name not in stack.fixed:
            raise InputError(f"The scan does not say where '{name}' stood.")
    said = energy if energy is not None else stack.fixed.get("ccmenergy")
    if not said:
        raise InputError("The scan does not say its energy: give it.")
    if not any(hkl):
        raise InputError("The reflection 0 0 0 is the direct beam.")
    k = 2 * pi * said / (_DARFIX_HC if darfix_compatible else _HC)
    length = float(np.linalg.norm(hkl))
    sine = pi * length / (lattice * k)
    if sine >= 1:
        raise InputError(f"At {said:g} keV the reflection {hkl} of {lattice:g} Å can't be reached.")
    scale = lattice / (2 * pi) / (length if frame == "relative" else 1.0)
    q = _turned(_of_pixels(stack, k * scale, pixel / 1000), asin(sine))
    orientation = np.eye(3) if frame == "relative" else _orientation(hkl, normal)
    centre = orientation @ q.mean(axis=(1, 2))
    step = 2 * span / boxes
    low = (centre - span)[:, None, None]
    angles = np.radians(stack.positions[0] - stack.positions[0].mean())
    totals = np.zeros((2, boxes**3))
    lock = Lock()

    def work(top: int, bottom: int, block: NDArray[Any]) -> None:
        part = np.zeros_like(totals)
        for angle, image in zip(angles, block, strict=True):
            here = np.einsum("ij,jyx->iyx", orientation, _turned(q[:, top:bottom], -angle))
            box = np.floor((here - low) / step).astype(np.intp)
            inside = ((box >= 0) & (box < boxes)).all(axis=0)
            flat = np.ravel_multi_index(tuple(b[inside] for b in box), (boxes,) * 3)
            part[0] += np.bincount(flat, image[inside], minlength=boxes**3)
            part[1] += np.bincount(flat, minlength=boxes**3)
        with lock:
            totals[...] += part

    kept = totals.nbytes * (1 + usable_cores())
    stack.treated().each_band(work, progress, "Filling boxes", kept=kept)
    with np.errstate(invalid="ignore"):
        intensity = (totals[0] / totals[1]).reshape((boxes,) * 3)
    edges = [centre[n] - span + step * np.arange(boxes + 1) for n in range(3)]
    names = ("q_rock", "q_roll", "q_parallel") if frame == "relative" else ("h", "k", "l")
    if frame == "relative":
        edges[2] = edges[2] - 1
    axes = tuple(Axis(name=n, values=e) for n, e in zip(names, edges, strict=True))
    return ReciprocalMap(
        intensity,
        (axes[0], axes[1], axes[2]),
        {"hkl": hkl, "lattice": lattice, "energy": said, "pixel": pixel, "frame": frame},
        stack,
    )


def _of_pixels(stack: DarkfieldStack, k: float, pixel: float) -> NDArray[np.float64]:
    """q of each pixel in the laboratory, (3, rows, columns); x along the beam, z upwards."""
    _, rows, columns = stack.shape
    y = (np.arange(columns) - columns / 2) * pixel
    z = stack.fixed["ffz"] - (rows / 2 - np.arange(rows)) * pixel
    x = np.array(-stack.fixed["mainx"])
    towards = np.stack(np.broadcast_arrays(x, y[None, :], z[:, None]))
    q = k * towards / np.linalg.norm(towards, axis=0)
    q[0] -= k
    return np.asarray(q)


def _turned(q: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """q after a turn around the axis across the beam."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * q[0] + s * q[2], q[1], c * q[2] - s * q[0]])


def _orientation(hkl: _Vector, normal: _Vector) -> NDArray[np.float64]:
    """From the axes of the sample to those of the lattice."""
    z = np.array(hkl) / np.linalg.norm(hkl)
    x = np.array(normal) - z * (z @ np.array(normal))
    if not np.linalg.norm(x) > 1e-9:
        raise InputError("The surface normal must not be along the reflection.")
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)
