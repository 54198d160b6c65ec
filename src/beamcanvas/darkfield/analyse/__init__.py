"""What is computed from treated frames: maps, curves, sums."""
