"""A program of ours for the windows of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def qapp_cls() -> type:
    from AnyQt.QtWidgets import QApplication

    return QApplication


@pytest.fixture
def qtbot(qtbot):
    """What is waited for has half a minute: kernels may be compiled meanwhile, by few cores."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=30_000)
    qtbot.waitSignal = partial(qtbot.waitSignal, timeout=30_000)
    return qtbot


@pytest.fixture(autouse=True)
def windows_gone(request) -> Iterator[None]:
    """What a test closed is deleted at its end, not in the event loop of another one."""
    yield
    if "qapp" in request.fixturenames:
        from AnyQt.QtCore import QEvent
        from AnyQt.QtWidgets import QApplication

        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def nothing_is_kept(request, monkeypatch) -> None:
    """No test sees results of another one; those of what is kept say so."""
    if "qapp" in request.fixturenames:
        from beamcanvas.canvas.run import kept

        monkeypatch.setattr(kept, "is_on", lambda: False)


@pytest.fixture
def configured(qapp):
    """Our settings and names, in force."""
    from beamcanvas.canvas.app import configure

    configure()
    return qapp


@pytest.fixture
def window(configured, qtbot, tmp_path: Path, monkeypatch) -> Iterator[object]:
    """A main window, shown and settled."""
    from AnyQt.QtCore import QSettings

    QSettings().clear()
    from beamcanvas.canvas.lifetime import delete_later
    from beamcanvas.canvas.window.main_window import MainWindow

    made = MainWindow()
    made.resize(1000, 700)
    made.show()
    qtbot.waitUntil(lambda: made.widget_registry is not None, timeout=20000)
    yield made
    from AnyQt.QtWidgets import QApplication

    for top in QApplication.topLevelWidgets():
        if isinstance(top, MainWindow) and top.isVisible():
            top.engine.stop()
            top.current_document().setModified(False)
            top.close()
            delete_later(top)
    QApplication.processEvents()
