"""Volumes: in their files, cast, stitched, looked at."""
