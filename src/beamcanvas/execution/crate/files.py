"""The files of a crate: copies of those that a run read and wrote."""

from __future__ import annotations

import mimetypes
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .entities import Entities, Reference


class Files:
    """The files in a folder of a crate.

    Parameters
    ----------
    folder:
        Where they are copied to.
    """

    def __init__(self, folder: Path, entities: Entities) -> None:
        self._folder = folder
        self._entities = entities
        self._places: dict[Path, str] = {}
        self.parts: list[Reference] = []

    def copy(self, path: Path, into: str, **said: Any) -> Reference:
        """Copy a file, once, under a name that is free."""
        if path not in self._places:
            place = Path(into, path.name)
            number = 2
            while (self._folder / place).exists():
                place = Path(into, f"{path.stem}_{number}{path.suffix}")
                number += 1
            (self._folder / place).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, self._folder / place)
            self._places[path] = str(place)
        return self._add(self._places[path], **said)

    def write(self, place: str, text: str, kind: list[str], **said: Any) -> Reference:
        """Write a text into the folder."""
        (self._folder / place).write_text(text, "utf-8")
        return self._add(place, kind, **said)

    def refer(self, path: Path, **said: Any) -> Reference:
        """Say of a file that isn't copied where it was."""
        return self._entities.add(path.as_uri(), "CreativeWork", name=path.name, **said)

    def _add(self, place: str, kind: str | list[str] = "File", **said: Any) -> Reference:
        id = quote(place)
        if id not in self._entities:
            self.parts.append({"@id": id})
        guessed = mimetypes.guess_type(place)[0] or "application/octet-stream"
        return self._entities.add(
            id,
            kind,
            **{
                "name": Path(place).name,
                "contentSize": str((self._folder / place).stat().st_size),
                "encodingFormat": guessed,
                **said,
            },
        )
