"""A reconstructed volume in its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


def quantity_of(unit: str) -> str:
    """What values in this unit are, for an axis or a bar of colours."""
    return {"1/cm": "Attenuation", "1/pixel": "Attenuation"}.get(
        unit, "Phase shift" if unit.startswith("rad") else "Value"
    )


@dataclass(frozen=True)
class Volume:
    """A volume on disk, as tomoscan names it. Its voxels are read slice by slice when needed.

    The axes are (z, y, x): slice z is what one row of the detector saw.
    """

    identifier: str  #: as tomoscan writes it: "hdf5:volume:/p/v.hdf5?path=entry/reconstruction"
    format: str  #: "hdf5", "tiff", "multitiff", "jp2", "edf" or "vol"
    path: Path  #: the file, or the folder of the slices
    shape: tuple[int, int, int]  #: z, y, x
    dtype: str
    voxel_size: tuple[float, float, float] | None = None  #: z, y, x, m
    #: of the centre, z, y, x, m; z counts upwards, so that the first slice is the highest
    position: tuple[float, float, float] | None = None
    scan: str = ""  #: identifier of the scan that it was reconstructed from
    unit: str = ""  #: of the values, where it is known: "1/cm", "rad/cm"
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        words = f"{self.path.name}, {' × '.join(map(str, self.shape))} {self.dtype}"
        if self.voxel_size is not None:
            words += f", voxels of {1e6 * self.voxel_size[0]:.4g} µm"
        return words
