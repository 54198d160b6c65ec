"""Several volumes as a table; the one that is chosen is looked through below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from AnyQt.QtWidgets import QWidget

from beamcanvas.tomography import Volume

from .chosen_preview import ChosenPreview
from .volume_preview import VolumePreview


class VolumesPreview(ChosenPreview):
    """One line a volume."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.volume = VolumePreview()
        super().__init__(self.volume, (120, 460), parent)

    def show_value(self, value: Sequence[Volume]) -> None:
        self.show_rows(
            [_row(volume) for volume in value], lambda row: self.volume.show_value(value[row])
        )


def _row(volume: Volume) -> dict[str, Any]:
    size, at = volume.voxel_size, volume.position
    return {
        "Volume": volume.path.name,
        "z × y × x": " × ".join(map(str, volume.shape)),
        "Numbers": volume.dtype,
        "Unit": volume.unit,
        "Voxel (µm)": "" if size is None else round(1e6 * size[0], 4),
        "Position z, y, x (mm)": "" if at is None else ", ".join(f"{1e3 * p:.4g}" for p in at),
        "Where": str(volume.path.parent),
    }
