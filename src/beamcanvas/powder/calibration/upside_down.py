"""Whether a geometry was made for the image as it is, or for one turned over.

Dioptas turns images upside down before it calibrates. A calibrant's image tells: its rings
are at their angles one way, and not the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...task import SILENT
from ..experiment.turning import turnings
from ..types import DiffractionImage, Geometry, Setup
from .acceptance import Evidence
from .geometry_search import GeometrySearch
from .rings import parameters_of, to_beam


@dataclass(frozen=True)
class Turned:
    """A geometry for the image as it is, and what was found on the way."""

    geometry: Geometry
    way: str  #: how the image was turned when the geometry was made; "" for not
    words: str  #: the finding in one sentence
    sure: bool  #: False when the rings fit no way


def turn(image: DiffractionImage, setup: Setup, geometry: Geometry) -> Turned:
    """Compare the rings of a calibrant's image with a geometry, as it is and turned over.

    Raises
    ------
    InputError
        When the image is of another shape than the detector, or shows no rings.
    """
    search = GeometrySearch(
        image, setup, None, ("distance", "beam centre", "tilt", "energy"), None, SILENT
    )
    geometry = replace(geometry, detector=setup.detector)
    ways = turnings(geometry)
    found = {w: search.candidate(to_beam(parameters_of(g))).evidence for w, g in ways.items()}
    # a way that needs no turning wins when it is as good: most rings are nearly symmetric
    way = max(found, key=lambda w: found[w].score + (1e-3 if not w else 0))
    sure = not found[way].doubts
    name = setup.calibrant.name
    here = _words(found[way])
    if not sure:
        words = f"The rings of {name} fit the geometry neither as the image is nor turned: {here}"
        return Turned(geometry, "", words + ".", False)
    if not way:
        words = f"The rings of {name} fit the geometry with the image as it is: {here}"
        return Turned(
            geometry, "", f"{words}, turned upside down {_words(found['upside down'])}.", True
        )
    words = (
        f"The geometry was made for the image turned {way}: the rings of {name} fit with that "
        f"({here}), not without ({_words(found[''])})."
    )
    return Turned(ways[way], way, words, True)


def _words(evidence: Evidence) -> str:
    if not evidence.found.any():
        return "no peak on a line"
    return (
        f"{np.degrees(evidence.residual):.4f}° off, "
        f"{int(evidence.found.sum())} of {len(evidence.found)} rings"
    )
