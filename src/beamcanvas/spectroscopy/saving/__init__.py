"""Spectra and results into files: NeXus with every step, columns, XDI, Athena projects."""
