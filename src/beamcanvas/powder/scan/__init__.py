"""All frames of a bliss scan, finished or still being measured."""
