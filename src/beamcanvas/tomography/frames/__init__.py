"""Frames: reduced darks and flats, what is done to projections, and reading them so."""
