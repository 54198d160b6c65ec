"""Before the reduction: merging, energy calibration, rebinning, deglitching, over-absorption."""
