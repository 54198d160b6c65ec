"""Strain along the scattering vector, from the energy or the angle at which a pixel shines."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from .maps import PixelMaps
from .moments import Moments
from .rocking import RockingFits

#: motors that tell the strain, and what they are
_ANGLES = {"ccmth": "Bragg angle", "obpitch": "two-theta"}
_ENERGIES = ("ccmenergy", "energy", "dmmenergy")


@task(title="Strain", output="strain", requires="darkfield")
def compute_strain(
    moments: Moments | RockingFits,
    *,
    motor: Annotated[str | None, Param(auto="ccmth, obpitch or energy")] = None,
    reference: Annotated[
        Literal["median", "mode", "given"],
        Param(label="Unstrained is", words={"given": "the position below"}),
    ] = "median",
    position: Annotated[float | None, Param(auto="no position", label="Position")] = None,
    exact: Annotated[bool, Param(label="Exact formula for large strains", more=True)] = False,
) -> PixelMaps:
    """Compute the strain of each pixel from where its intensity is centred.

    By the angle of the monochromator c (ccmth), ε = (c - c₀) / tan c₀; by two-theta t
    (obpitch), ε = -(t - t₀) / (2 tan(t₀/2)); by the photon energy, ε = -(E - E₀) / E₀. Angles
    in radians; ε has no unit, and is positive where the lattice is wider.

    Parameters
    ----------
    moments:
        Moments, or fits, of a scan in which one of these motors moved.
    motor:
        The motor that tells the strain.
    reference:
        The position of unstrained material: the median of the map; the mode, where most
        intensity is; or a position that is known.
    position:
        That position, in the motor's unit.
    exact:
        Bragg's law rather than its first order: matters from strains of 1 %.

    Raises
    ------
    InputError
        When no such motor moved, or the position is missing.
    """
    motor = motor or next((m for m in (*_ANGLES, *_ENERGIES) if m in moments.motors), None)
    if motor not in (*_ANGLES, *_ENERGIES):
        moved = ", ".join(moments.motors)
        raise InputError(
            f"Strain needs a scan of ccmth, obpitch or the energy; {motor or moved} is none of "
            "them."
        )
    centre = moments.centre(motor)
    if reference == "given":
        if position is None:
            raise InputError(f"Give the position of {motor} for unstrained material.")
        zero = position
    elif reference == "median":
        zero = float(np.nanmedian(centre))
    else:
        zero = _mode(centre, moments.maps.get("intensity"))
    if not np.isfinite(zero) or zero == 0:
        raise InputError(f"The reference position of {motor}, {zero:g}, gives no strain.")
    if motor in _ENERGIES:
        strain = (zero / centre - 1) if exact else -(centre - zero) / zero
    elif motor == "ccmth":
        c, c0 = np.radians(centre), np.radians(zero)
        strain = np.sin(c) / np.sin(c0) - 1 if exact else (c - c0) / np.tan(c0)
    else:
        t, t0 = np.radians(centre), np.radians(zero)
        strain = np.sin(t0 / 2) / np.sin(t / 2) - 1 if exact else -(t - t0) / (2 * np.tan(t0 / 2))
    return PixelMaps(
        title="strain",
        maps={"strain": strain},
        axes=moments.axes,
        stack=moments.stack,
        settings={"motor": motor, "reference": zero, "exact": exact, **moments.settings},
    )


def _mode(centre: NDArray[np.float64], intensity: NDArray[np.float64] | None) -> float:
    """The middle of the fullest of 100 bins, weighted by intensity."""
    seen = np.isfinite(centre)
    if not seen.any():
        return float("nan")
    weights = None if intensity is None else intensity[seen]
    counts, edges = np.histogram(centre[seen], bins=100, weights=weights)
    best = int(counts.argmax())
    return float((edges[best] + edges[best + 1]) / 2)
