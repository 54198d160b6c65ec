"""A grain's layers for ParaView: numbers in HDF5, and XDMF to say what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import numpy as np

from ...nexus import Axis
from ...output_file import replacing
from ...task import Existing, Param, task
from ..analyse.layers import GrainVolume


@task(title="Save volume", output="file", requires="darkfield")
def save_volume(
    volume: GrainVolume,
    *,
    file: Annotated[Path, Param(path="save", filter="XDMF (*.xdmf)")],
    existing: Existing = "keep",
) -> Path:
    """Save a grain's layers as a volume that ParaView opens: an .xdmf with its .h5 beside it.

    The numbers in the HDF5 file can be read by any program; voxels without signal are NaN.

    Parameters
    ----------
    volume:
        The layers.
    file:
        The .xdmf file to write; its .h5 has the same name.
    existing:
        What to do where there are files of those names.

    Raises
    ------
    InputError
        When a file is there and is to be kept, or can't be written.
    """
    import h5py

    data = file.with_suffix(".h5")
    with (
        replacing(file.with_suffix(".xdmf"), existing=existing) as (path, words),
        replacing(data, existing=existing) as (_, numbers),
    ):
        with h5py.File(numbers, "w") as root:
            root.attrs["creator"] = "beamcanvas"
            for name, values in volume.maps.items():
                written = root.create_dataset(
                    _name(name), data=values, compression="gzip", shuffle=True
                )
                written.attrs["units"] = volume.units.get(name, "")
        words.write_text(_xdmf(volume, data.name), encoding="utf-8")
    return path


def _name(text: str) -> str:
    return text.replace(" ", "_")


def _grid(axis: Axis, count: int) -> tuple[float, float]:
    """Where an axis starts and how far apart its values are."""
    if axis.values is None or count < 2:
        return 0.0 if axis.values is None else float(axis.values[0]), 1.0
    values = np.asarray(axis.values, dtype=float)
    step = float(values[-1] - values[0]) / (count - 1)
    return (float(values[0]), step) if step > 0 else (float(values[-1]), -step)


def _xdmf(volume: GrainVolume, data: str) -> str:
    shape = next(iter(volume.maps.values())).shape[:3]
    ends = [_grid(axis, n) for axis, n in zip(volume.axes, shape, strict=True)]
    root = ElementTree.Element("Xdmf", Version="3.0")
    domain = ElementTree.SubElement(root, "Domain")
    grid = ElementTree.SubElement(domain, "Grid", Name="grain", GridType="Uniform")
    size = " ".join(map(str, shape))
    ElementTree.SubElement(grid, "Topology", TopologyType="3DCoRectMesh", Dimensions=size)
    geometry = ElementTree.SubElement(grid, "Geometry", GeometryType="ORIGIN_DXDYDZ")
    for n in (0, 1):
        item = ElementTree.SubElement(
            geometry, "DataItem", Dimensions="3", NumberType="Float", Format="XML"
        )
        item.text = " ".join(f"{end[n]:.9g}" for end in ends)
    for name, values in volume.maps.items():
        attribute = ElementTree.SubElement(
            grid,
            "Attribute",
            Name=name,
            AttributeType="Vector" if values.ndim == 4 else "Scalar",
            Center="Node",
        )
        item = ElementTree.SubElement(
            attribute,
            "DataItem",
            Dimensions=" ".join(map(str, values.shape)),
            NumberType="Float",
            Precision="4",
            Format="HDF",
        )
        item.text = f"{data}:/{_name(name)}"
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
