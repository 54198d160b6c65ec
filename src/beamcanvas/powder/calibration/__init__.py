"""The geometry from the rings of a known powder, and how far it can be believed."""
