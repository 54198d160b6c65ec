"""Spectra from files: columns of text, XDI, Athena projects, HDF5 of beamlines and NXxas."""
