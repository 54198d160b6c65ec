"""Simulated dark-field scans, for tutorials, tests and benchmarks. Nothing here is measured."""

from .grain import Grain, bent_grain
from .scan import Motor, simulate, write_scan

__all__ = ["Grain", "Motor", "bent_grain", "simulate", "write_scan"]
