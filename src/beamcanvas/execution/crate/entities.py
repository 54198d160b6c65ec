"""The entities of a crate: each an item of JSON-LD that others refer to by its id."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import quote

Reference: TypeAlias = dict[str, str]


class Entities:
    """Entities as they come together, each once."""

    def __init__(self) -> None:
        self._all: dict[str, dict[str, Any]] = {}

    def __contains__(self, id: str) -> bool:
        return id in self._all

    def add(self, id: str, kind: str | list[str], **said: Any) -> Reference:
        """Add an entity, unless it is there.

        What is None or empty is left out, and a list of one is that one, as readers expect.
        """
        kept = {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in said.items()
            if value not in (None, "", [])
        }
        self._all.setdefault(id, {"@id": id, "@type": kind, **kept})
        return {"@id": id}

    def listed(self) -> list[dict[str, Any]]:
        """All of them, those first that readers look for."""
        first = ("ro-crate-metadata.json", "./")
        return sorted(self._all.values(), key=lambda entity: entity["@id"] not in first)


def fragment(kind: str, *names: object) -> str:
    """The id of an entity that is only in the crate's own words."""
    return "#" + "/".join([kind, *(quote(str(name), safe="") for name in names)])
