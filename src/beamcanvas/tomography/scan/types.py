"""What flows between tomography tasks: a scan in its file, and what was decided of it so far.

Lengths are in metres, energies in keV, angles that a person reads in degrees. Images are
(rows, columns), row 0 on top. Positions along a row count pixels from the centre of the
first one, so that the middle of a row of W pixels is (W - 1) / 2. They are always those of
the whole detector as it was read out, after its flips and before any region or binning.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..frames.treatment import Treatment
from ..reconstruct.settings import Reconstruction

FlatInterpolation = Literal["linear", "nearest"]


@dataclass(frozen=True)
class Reduced:
    """Reduced darks or flats in a file of their own: one image for each series of a scan.

    They lie as tomoscan and nabu have them: ``{entry}/darks/{frame}``, each named by the
    frame of the scan with which its series starts.
    """

    file: Path
    entry: str
    kind: str  #: "darks" or "flats"
    frames: tuple[int, ...]  #: at which frame of the scan each one stands
    currents: tuple[float, ...] = ()  #: machine current of each, A; none where not known
    method: str = "mean"  #: how a series became one image
    copied_from: str = ""  #: identifier of the scan that they were measured with, if another

    @property
    def paths(self) -> tuple[str, ...]:
        """Where each image is in the file."""
        return tuple(f"{self.entry}/{self.kind}/{frame}" for frame in self.frames)


@dataclass(frozen=True)
class Selection:
    """Which part of a scan is used, and how fine."""

    rows: tuple[int, int] | None = None  #: first, and the one after the last; None: all
    columns: tuple[int, int] | None = None
    binning: tuple[int, int] = (1, 1)  #: pixels along a column and along a row that become one
    every: int = 1  #: each n-th projection
    start: int = 0  #: the first projection used, counted among the projections
    excluded: tuple[int, ...] = ()  #: projections left out, counted among the projections
    excluded_angles: tuple[tuple[float, float], ...] = ()  #: ranges left out, degrees

    @property
    def words(self) -> list[str]:
        """What is not the whole scan, as it was measured."""
        high, wide = self.binning
        said = {
            f"one projection in {self.every}": self.every > 1,
            f"without the first {self.start}": self.start,
            f"{len(self.excluded)} left out": self.excluded,
            "angles left out": self.excluded_angles,
            _range_words("rows", self.rows): self.rows,
            _range_words("columns", self.columns): self.columns,
            f"binned {high} × {wide}": self.binning != (1, 1),
        }
        return [words for words, is_so in said.items() if is_so]


def _range_words(what: str, part: tuple[int, int] | None) -> str:
    return "" if part is None else f"{what} {part[0]} to {part[1] - 1}"


@dataclass(frozen=True)
class TomoScan:
    """A scan in an NXtomo file: where it is, what the file says of it, what was decided.

    It is small and never changes: a task gives a new one. The frames stay in the file;
    :class:`beamcanvas.tomography.frames.Projections` reads them as this scan says.
    """

    file: Path
    entry: str  #: path of the NXtomo entry in the file
    shape: tuple[int, int, int]  #: projections, rows, columns, as measured
    frames: int  #: all frames, with darks, flats and those that are not used
    raw_darks: int = 0
    raw_flats: int = 0
    first_angle: float = 0.0  #: of the projections, degrees
    span: float = 0.0  #: angle from the first to the last projection and one step on, degrees
    energy: float | None = None  #: keV
    distance: float | None = None  #: from the sample to the detector, m
    #: that counts for the phase, m: shorter than `distance` when the beam diverges
    propagation_distance: float | None = None
    source_distance: float | None = None  #: from the source to the sample, m
    #: height and width of a pixel as seen at the sample, m
    pixel_size: tuple[float, float] | None = None
    half_acquisition: bool = False  #: the axis is near an edge and the scan is a full turn
    flips: tuple[bool, bool] = (False, False)  #: left-right, upside down; undone on reading
    axis_in_file: float | None = None  #: where the file says that the rotation axis is, px
    has_current: bool = False  #: the machine current is known for each frame
    sample: str = ""
    title: str = ""

    # -- what was decided so far
    #: image keys that differ from the file's: first frame, last frame, key
    keys: tuple[tuple[int, int, int], ...] = ()
    #: of the sample along x, y and z, m, where they differ from the file's
    translation: tuple[float | None, float | None, float | None] = (None, None, None)
    darks: Reduced | None = None
    flats: Reduced | None = None
    flat_interpolation: FlatInterpolation = "linear"  #: between flats before and after
    use_current: bool = True  #: scale by the machine current, where it is known
    selection: Selection = Selection()
    treatments: tuple[Treatment, ...] = ()  #: one of each kind, in the order they are done
    centre: float | None = None  #: rotation axis, px; (W - 1) / 2 is the middle
    centre_from: str = ""  #: the finder, or who else chose the centre
    reconstruction: Reconstruction = field(default_factory=Reconstruction)
    warnings: tuple[str, ...] = ()  #: what to know before trusting it, a sentence each

    @property
    def identifier(self) -> str:
        """The scan as tomoscan names it."""
        return f"hdf5:scan:{self.file}?path={self.entry}"

    @property
    def name(self) -> str:
        """The file's name without suffix."""
        return self.file.stem

    @property
    def summary(self) -> str:
        count, rows, columns = self.shape
        words = f"{self.name}, {count} projections of {rows} × {columns} over {self.span:.5g}°"
        words = ", ".join([words, *self.selection.words])
        if self.centre is not None:
            words += f", axis at {self.centre:.2f} px"
        return words

    def treated(self, treatment: Treatment) -> TomoScan:
        """The scan with one more treatment, which takes the place of one of its kind."""
        others = [t for t in self.treatments if type(t) is not type(treatment)]
        ordered = sorted([*others, treatment], key=lambda t: t.order)
        return replace(self, treatments=tuple(ordered))

    def treatment(self, kind: type[Any]) -> Any:
        """Its treatment of one kind, or None."""
        return next((t for t in self.treatments if type(t) is kind), None)

    def warned(self, *sentences: str) -> TomoScan:
        """The scan with sentences added to its warnings, none twice."""
        new = tuple(s for s in sentences if s not in self.warnings)
        return replace(self, warnings=(*self.warnings, *new)) if new else self
