"""Reading and writing HDF5/NeXus: plottable data, references, results with provenance."""

from .nxdata import Axis, HasNXData, NXData

__all__ = ["Axis", "HasNXData", "NXData"]
