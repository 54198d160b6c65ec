"""What files of pyFAI say, in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from ...errors import InputError


@dataclass
class Words:
    """What one file, or several merged, say: the later file wins."""

    settings: dict[str, Any] = field(default_factory=dict)  #: by the names of Integrate's inputs
    geometry: dict[str, Any] = field(default_factory=dict)  #: as pyFAI's ``PoniFile`` takes it
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)  #: of "mask", "dark", "flat"
    dummy: tuple[float, float] | None = None  #: counts of a dead pixel, and how near to it
    calibrant: str = ""
    notes: list[str] = field(default_factory=list)

    def merge(self, other: Words) -> None:
        if "detector" in other.geometry:
            self.geometry.pop("detector_config", None)
        self.settings |= other.settings
        self.geometry |= other.geometry
        self.files |= other.files
        self.dummy = other.dummy or self.dummy
        self.calibrant = other.calibrant or self.calibrant
        self.notes += other.notes


class Said:
    """One JSON file: the words in it, and ours for them as far as they are read."""

    def __init__(self, path: Path, said: dict[str, Any]) -> None:
        self.path, self.said, self.words = path, said, Words()

    def note(self, words: str) -> None:
        """Keep a remark on what can't be followed."""
        self.words.notes.append(f"{self.path.name}: {words}.")

    def wrong(self, name: str, expected: str) -> InputError:
        """The error for a value that makes no sense."""
        return InputError(
            f"{self.path}: '{name}' should be {expected}, not {self.said[name]!r:.60}."
        )

    def first(self, *names: str) -> str | None:
        """The first of the names that has a value."""
        return next((n for n in names if self.said.get(n) not in (None, "", [])), None)

    def number(self, name: str, value: Any = None) -> float | None:
        """The finite number of that name; None where it's infinite."""
        value = self.said[name] if value is None else value
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise self.wrong(name, "a number") from None
        return number if isfinite(number) else None

    def off(self, *names: str) -> bool:
        """Whether one of these switches is there and off."""
        return any(n in self.said and not self.said[n] for n in names)
