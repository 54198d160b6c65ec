"""Simulated scans of a known body, to try and to test with. Nothing here was measured."""
