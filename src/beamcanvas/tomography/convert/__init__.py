"""Scans of other formats written as NXtomo: bliss HDF5, EDF folders, TIFF folders."""
