"""Simulated data to try and to test with. Nothing here was measured."""
