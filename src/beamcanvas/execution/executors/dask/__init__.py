"""Nodes on a dask cluster: of this computer, of an address, or made by dask-jobqueue."""

from .executor import Dask

__all__ = ["Dask"]
