"""Compiled loops over tiles of pixels. Import a module of these only where it is called.

All take frames first, (frames, pixels) or (frames, rows, columns), run on one thread without
Python's lock, and are kept on disk once compiled.
"""
