"""Tomography: from an NXtomo scan to a volume."""
