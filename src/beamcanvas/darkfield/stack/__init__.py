"""A dark-field stack: where its frames are, what moved, and what is done before it is used."""

from .dimension import Dimension
from .operation import Operation
from .types import DarkfieldStack, Magnified

__all__ = ["DarkfieldStack", "Dimension", "Magnified", "Operation"]
