"""How to integrate, as files of pyFAI say it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import degrees
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..correction.mask import read_mask
from ..image.opening import mean_image
from ..origin import Origin, Role
from ..results import AXES
from ..types import DiffractionImage, Geometry, check_shape, shape_words


@dataclass(frozen=True, eq=False)
class Configuration:
    """How to integrate, as a file of pyFAI says it, in the words of Integrate's settings."""

    geometry: Geometry
    settings: dict[str, Any] = field(default_factory=dict)  #: only what the files say
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)  #: of "mask", "dark", "flat"
    dummy: tuple[float, float] | None = None  #: counts of a dead pixel, and how near to it
    sources: tuple[Path, ...] = ()  #: the files it is merged from
    #: what is not followed, or was found to be otherwise than the files say, a sentence each
    notes: tuple[str, ...] = ()
    check: str = ""  #: that the geometry fits the linked image

    @property
    def summary(self) -> str:
        names = ", ".join(path.name for path in self.sources)
        return f"configuration of {names or 'settings'}, {len(self.settings)} settings"

    @property
    def report(self) -> dict[str, str]:
        """All that holds after merging, label by label."""
        g = self.geometry
        x, y = g.beam_centre
        rows = {
            "Files": ", ".join(path.name for path in self.sources),
            "Distance": f"{1e3 * g.distance:.4f} mm",
            "Beam centre": f"x {x:.2f}, y {y:.2f} px",
            "PONI": f"{1e3 * g.poni1:.4f}, {1e3 * g.poni2:.4f} mm",
            "Rotations": ", ".join(f"{degrees(r):.5f}°" for r in (g.rot1, g.rot2, g.rot3)),
            "Energy": f"{g.energy:.5f} keV",
            "Detector": f"{g.detector.words}, {shape_words(g.detector.shape)} pixels, "
            f"orientation {g.detector.orientation}",
        }
        for name, value in self.settings.items():
            rows[name.replace("_", " ").capitalize()] = _words(name, value)
        for what, paths in self.files.items():
            rows[f"{what.capitalize()} image"] = ", ".join(str(path) for path in paths)
        if self.dummy is not None:
            rows["Dead pixels"] = f"{self.dummy[0]:g} ± {self.dummy[1]:g} counts"
        if self.check:
            rows["Check"] = self.check
        return rows | {f"Note {i}": note for i, note in enumerate(self.notes, 1)}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is read otherwise than the file may mean."""
        return self.notes

    @property
    def not_for_frames(self) -> tuple[str, ...]:
        """What in it holds for single images only, a sentence each."""
        if self.dummy is None or self.dummy[0] < 0 or self.dummy[0] >= 2**16 - 1:
            return ()  # what a detector marks is left out of each frame anyway
        return (
            f"Pixels of {self.dummy[0]:g} counts are used in the frames of a scan, although the "
            "configuration calls them dead: give a mask.",
        )

    def image(self, what: Literal["dark", "flat"], shape: tuple[int, int]) -> Any:
        """The dark or the flat image of the files, (rows, columns); None where they name none.

        Raises
        ------
        InputError
            When one can't be read or has another shape.
        """
        frames = []
        for path in self.files.get(what, ()):
            frames.append(mean_image(path))
            check_shape(f"{what} image {path.name}", frames[-1].shape, shape, "image")
        return np.mean(frames, axis=0) if frames else None

    def corrected(self, image: DiffractionImage) -> DiffractionImage:
        """The image with the dark and flat images of the files, where it has none."""
        dark = self.image("dark", image.shape) if image.dark is None else image.dark
        flat = self.image("flat", image.shape) if image.flat is None else image.flat
        added = self.origins(dark=image.dark is None, flat=image.flat is None)
        return replace(image, dark=dark, flat=flat, origins=image.origins + added)

    def origins(self, dark: bool = True, flat: bool = True) -> tuple[Origin, ...]:
        """Where its dark and its flat images come from, those that are asked for."""
        asked: dict[Role, bool] = {"dark": dark, "flat": flat}
        return tuple(
            Origin(path.absolute(), role=role)
            for role, is_asked in asked.items()
            if is_asked
            for path in self.files.get(role, ())
        )

    def unused(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """The pixels that the mask file rules out, whatever the image."""
        pixels = np.zeros(shape, dtype=bool)
        for path in self.files.get("mask", ()):
            pixels |= read_mask(path, shape)
        return pixels

    def masked(self, image: DiffractionImage) -> NDArray[np.bool_]:
        """The pixels that the mask file and the counts of dead pixels rule out."""
        pixels = self.unused(image.shape)
        if self.dummy is not None:
            value, near = self.dummy
            pixels |= np.abs(image.data.astype(float) - value) <= near
        return pixels


def _words(name: str, value: Any) -> str:
    """A setting as people read it."""
    if name == "unit":
        _, unit, label = AXES[value]
        return f"{label} ({unit})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value or "none")
