"""Tutorials: a folder each, copied to a place of the user's, with a page to read beside it."""

from __future__ import annotations

import filecmp
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from AnyQt.QtCore import QSettings, Qt, QUrl
from AnyQt.QtGui import QDesktopServices
from AnyQt.QtWidgets import QDockWidget, QTextBrowser, QWidget

from ..errors import InputError

PACKAGE = "beamcanvas_tutorials"
_PLACE = "tutorials/folder"


@dataclass(frozen=True)
class Tutorial:
    """A folder with a scheme and, mostly, a page that walks through it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def page(self) -> Path | None:
        page = self.folder / "index.md"
        return page if page.exists() else None

    @property
    def scheme(self) -> Path:
        return next(iter(sorted(self.folder.glob("*.ows"))))

    @property
    def title(self) -> str:
        """The page's heading, or the folder's name in words."""
        lines = self.page.read_text("utf-8").splitlines() if self.page else []
        for line in lines:
            if line.startswith("# "):
                return line[2:].strip()
        return self.name.replace("_", " ").capitalize()

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
    """The tutorials that are installed, by name."""
    if root is None:
        spec = find_spec(PACKAGE)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not places:
            return []
        root = Path(places[0])
    folders = sorted(f for f in root.iterdir() if f.is_dir())
    return [Tutorial(f) for f in folders if any(f.glob("*.ows"))]


def place() -> Path:
    """Where copies of tutorials go."""
    chosen = QSettings().value(_PLACE, "", type=str)
    return Path(chosen) if chosen else Path.home() / "beamcanvas-tutorials"


def set_place(folder: Path) -> None:
    """Remember where copies of tutorials go."""
    QSettings().setValue(_PLACE, str(folder))


def copy_tutorial(tutorial: Tutorial, to: Path) -> Tutorial:
    """A copy of the tutorial's folder in `to`.

    A copy that is there and unchanged is used again; one that a person changed is left
    alone and a new one made beside it.

    Raises
    ------
    InputError
        When the folder can't be written.
    """
    target = to / tutorial.name
    n = 2
    while target.exists() and not _unchanged(tutorial.folder, target):
        target = to / f"{tutorial.name}_{n}"
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
    return Tutorial(target)


def _unchanged(original: Path, copy: Path) -> bool:
    files = [p.relative_to(original) for p in original.rglob("*") if p.is_file()]
    kept = [f for f in files if f.suffix != ".py" and "__pycache__" not in f.parts]
    return all(
        (copy / f).is_file() and filecmp.cmp(original / f, copy / f, shallow=False) for f in kept
    )


class TutorialPage(QDockWidget):
    """A tutorial's page in a dock beside the canvas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tutorial", parent)
        self.setObjectName("tutorial-dock")
        self.setAllowedAreas(
            Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea
        )
        self.browser = _Browser()
        self.setWidget(self.browser)

    def show_page(self, tutorial: Tutorial) -> None:
        """Show the page of a tutorial, if it has one."""
        if tutorial.page is None:
            self.hide()
            return
        self.setWindowTitle(tutorial.title)
        self.browser.read(tutorial.page)
        self.show()


class _Browser(QTextBrowser):
    """Shows Markdown with its pictures, no wider than there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.setMinimumWidth(320)

    def read(self, page: Path) -> None:
        self.setSearchPaths([str(page.parent)])
        self._page = page
        self.document().setBaseUrl(QUrl.fromLocalFile(str(page)))
        self.setMarkdown(page.read_text("utf-8"))
        self.setWindowTitle(page.stem)

    def loadResource(self, kind: int, url: QUrl) -> object:
        """Pictures beside the page; nothing from the network."""
        from AnyQt.QtGui import QImage, QTextDocument

        if QTextDocument.ResourceType(kind) != QTextDocument.ResourceType.ImageResource:
            return super().loadResource(kind, url)
        path = Path(url.toLocalFile() if url.isLocalFile() else self._page.parent / url.path())
        image = QImage(str(path))
        if image.isNull():  # nothing is better than the sign of a broken picture
            image = QImage(1, 1, QImage.Format.Format_ARGB32)
            image.fill(0)
        room = max(200, self.viewport().width() - 30)
        if image.width() > room:
            image = image.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        return image

    def _follow(self, url: QUrl) -> None:
        if url.isRelative() and url.path().endswith(".md"):
            self.read(self._page.parent / url.path())
        elif url.isRelative() and url.fragment():
            self.scrollToAnchor(url.fragment())
        else:
            QDesktopServices.openUrl(self.document().baseUrl().resolved(url))
