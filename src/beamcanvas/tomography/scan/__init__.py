"""Scans: in NXtomo files, found, described, made from other formats, edited."""
