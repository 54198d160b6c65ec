"""Bringing frames of a sample that drifted back over each other."""

from .correct import Drift, DriftCorrected, ShiftFrames, correct_drift

__all__ = ["Drift", "DriftCorrected", "ShiftFrames", "correct_drift"]
