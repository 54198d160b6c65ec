"""Results kept from run to run: what ran before with the same inputs isn't run again."""

from .store import Cache, Entry

__all__ = ["Cache", "Entry"]
