"""Stacks of images, one frame read at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from AnyQt.QtWidgets import QHBoxLayout, QLabel, QWidget

from ...nexus.nxdata import NXData
from .base import Preview, nxdata_of


class StackPreview(Preview):
    """A frame of a stack, with a slider through the others. Only the frame shown is read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from .frame_slider import FrameSlider
        from .image import ImagePreview

        self.image = ImagePreview(self)
        self.browser = FrameSlider(self)
        self.browser.valueChanged.connect(self._show_frame)
        self.where = QLabel()
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 4)
        row.addWidget(self.browser, 1)
        row.addWidget(self.where)
        self.box.addWidget(self.image, 1)
        self.box.addLayout(row)
        self.data: NXData | None = None

    @classmethod
    def fits(cls, value: Any, data: NXData | None) -> int:
        return 5 if data is not None and data.signal.ndim == 3 else 0

    def show_value(self, value: Any) -> None:
        self.data = nxdata_of(value)
        if self.data is None:
            return
        self._show_frame(self.browser.set_count(self.data.signal.shape[0]))

    def _show_frame(self, index: int) -> None:
        data = self.data
        if data is None:
            return
        mask = data.mask
        if mask is not None and mask.ndim == 3:
            mask = mask[index]
        frame = np.asarray(data.signal[index])
        self.image.show_image(
            replace(data, signal=frame, axes=data.axes[1:], errors=None, mask=mask, lines={})
        )
        axis = data.axes[0] if data.axes else None
        if axis is not None and axis.values is not None:
            unit = f" {axis.unit}" if axis.unit else ""
            self.where.setText(f"{axis.label or axis.name} {axis.values[index]:.6g}{unit}")
        else:
            self.where.setText(f"frame {index + 1} of {data.signal.shape[0]}")
