"""The tutorials that come with beamcanvas: what there are, and a copy of one to work on."""

from __future__ import annotations

import filecmp
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .errors import InputError

PACKAGE = "beamcanvas_tutorials"


@dataclass(frozen=True)
class Tutorial:
    """A scheme and, mostly, a page that walks through it; a folder holds those of a technique."""

    scheme: Path

    @property
    def folder(self) -> Path:
        return self.scheme.parent

    @property
    def name(self) -> str:
        """``technique/scheme``, as one names it on the command line."""
        return f"{self.folder.name}/{self.scheme.stem}"

    @property
    def page(self) -> Path | None:
        """The page of that name, else the folder's."""
        pages = self.scheme.with_suffix(".md"), self.folder / "index.md"
        return next((page for page in pages if page.exists()), None)

    @property
    def title(self) -> str:
        """The page's heading, or the scheme's name in words."""
        lines = self.page.read_text("utf-8").splitlines() if self.page else []
        for line in lines:
            if line.startswith("# "):
                return line[2:].strip()
        return self.scheme.stem.replace("_", " ").capitalize()

    @property
    def teaser(self) -> str:
        """The first paragraph of the page, in one line."""
        if self.page is None:
            return ""
        for paragraph in self.page.read_text("utf-8").split("\n\n"):
            text = " ".join(paragraph.split())
            if text and text[0] not in "#!|<`":
                return text
        return ""


def tutorials(root: Path | None = None) -> list[Tutorial]:
    """The tutorials that are installed, by technique.

    In each the one of ``index.md`` is first; those that this page links to follow in its order.
    """
    if root is None:
        spec = find_spec(PACKAGE)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            return []
        root = Path(places[0])
    found = [Tutorial(scheme) for scheme in sorted(root.glob("*/*.ows"))]
    return sorted(found, key=lambda t: (t.folder, _place(t), t.scheme))


def _place(tutorial: Tutorial) -> int:
    """Where the index page of the folder first links to the tutorial's page."""
    index = tutorial.folder / "index.md"
    if tutorial.page is None or not index.exists():
        return sys.maxsize
    if tutorial.page == index:
        return -1
    place = index.read_text("utf-8").find(f"({tutorial.page.name})")
    return place if place >= 0 else sys.maxsize


def copy_tutorial(tutorial: Tutorial, to: Path) -> Tutorial:
    """A copy of the tutorial's folder in `to`.

    A copy that is there and unchanged is used again; one that a person changed is left
    alone and a new one made beside it.

    Raises
    ------
    InputError
        When the folder can't be written.
    """
    target = to / tutorial.folder.name
    n = 2
    while target.exists() and not _unchanged(tutorial.folder, target):
        target = to / f"{tutorial.folder.name}_{n}"
        n += 1
    if not target.exists():
        unfinished = target.with_name(f".{target.name}.part")
        try:
            to.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(unfinished, ignore_errors=True)
            ignored = shutil.ignore_patterns("__pycache__", "*.py")
            shutil.copytree(tutorial.folder, unfinished, ignore=ignored)
            unfinished.rename(target)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise InputError(f"The tutorial can't be copied to {to}: {error.strerror}.") from None
    return Tutorial(target / tutorial.scheme.name)


def _unchanged(original: Path, copy: Path) -> bool:
    files = [p.relative_to(original) for p in original.rglob("*") if p.is_file()]
    kept = [f for f in files if f.suffix != ".py" and "__pycache__" not in f.parts]
    return all(
        (copy / f).is_file() and filecmp.cmp(original / f, copy / f, shallow=False) for f in kept
    )
