"""Where the rotation axis is."""
