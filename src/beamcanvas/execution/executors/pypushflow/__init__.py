"""Nodes as actors of pypushflow: in its pools, and in the databases where it keeps its runs."""

from .executor import Pypushflow

__all__ = ["Pypushflow"]
