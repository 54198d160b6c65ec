"""Opening scans: where the frames are, what moved, and in which order."""
