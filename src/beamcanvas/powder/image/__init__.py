"""Detector images: opened, described by their headers, and combined."""
