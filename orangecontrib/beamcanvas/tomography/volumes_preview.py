"""Several volumes as a table; the one that is chosen is looked through below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QAbstractItemView, QSplitter, QWidget

from beamcanvas.canvas.previews.base import Preview
from beamcanvas.canvas.previews.table import TablePreview
from beamcanvas.tomography import Volume

from .volume_preview import VolumePreview


class VolumesPreview(Preview):
    """One line a volume. Arrow keys go from volume to volume."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.volumes: Sequence[Volume] = ()
        self.table = TablePreview(self)
        self.table.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.volume = VolumePreview(self)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.table)
        split.addWidget(self.volume)
        split.setStretchFactor(1, 1)
        split.setSizes([120, 460])
        self.box.addWidget(split, 1)

    def show_value(self, value: Sequence[Volume]) -> None:
        view = self.table.view
        row = min(max(view.currentIndex().row(), 0), len(value) - 1)
        self.volumes = value
        self.table.show_value([_row(volume) for volume in value])
        view.selectionModel().currentRowChanged.connect(lambda now, _: self._look_at(now.row()))
        view.selectRow(row)

    def _look_at(self, row: int) -> None:
        if 0 <= row < len(self.volumes):
            self.volume.show_value(self.volumes[row])


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
