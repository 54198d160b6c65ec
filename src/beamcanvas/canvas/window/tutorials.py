"""Tutorials on the canvas: where a person's copies go, and the page beside the scheme."""

from __future__ import annotations

from pathlib import Path

from AnyQt.QtCore import QSettings, Qt, QUrl
from AnyQt.QtGui import QDesktopServices
from AnyQt.QtWidgets import QDockWidget, QTextBrowser, QWidget

from ...tutorials import Tutorial

_PLACE = "tutorials/folder"


def place() -> Path:
    """Where copies of tutorials go."""
    chosen = QSettings().value(_PLACE, "", type=str)
    return Path(chosen) if chosen else Path.home() / "beamcanvas-tutorials"


def set_place(folder: Path) -> None:
    """Remember where copies of tutorials go."""
    QSettings().setValue(_PLACE, str(folder))


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
