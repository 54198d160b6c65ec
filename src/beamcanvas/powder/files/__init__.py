"""Patterns and cakes in files: NeXus and columns of text."""
