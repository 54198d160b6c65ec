"""The other binding: windows and widgets pass their tests with PyQt6 too."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui
FILES = (
    "widget/test_widget.py",
    "window/test_window.py",
    "previews/test_previews.py",
    "editor/test_links.py",
)


@pytest.mark.skipif(find_spec("PyQt6") is None, reason="PyQt6 isn't installed")
def test_windows_and_widgets_with_pyqt6():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-o", "qt_api=pyqt6"]
    done = subprocess.run(
        [*command, *(str(Path(__file__).parent / f) for f in FILES)],
        env={**os.environ, "QT_API": "pyqt6"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
