"""Detectors that move: on an arm around the sample, or along the beam."""
