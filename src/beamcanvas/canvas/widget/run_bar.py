"""The foot of the settings panel: *Run*, or *Cancel* with how far it is, and *automatically*."""

from __future__ import annotations

from time import monotonic

from AnyQt.QtCore import pyqtSignal as Signal
from AnyQt.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..look import RUN_STYLE, Words


class RunBar(QWidget):
    """One primary button: it runs the task, and cancels it while it runs."""

    run = Signal()
    cancel = Signal()
    automatic_changed = Signal(bool)
    follow_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.run_button = QPushButton("Run")
        self.run_button.setToolTip("Run with these settings (F5)")
        self.run_button.setShortcut("F5")
        self.run_button.setStyleSheet(RUN_STYLE)
        self.run_button.setAutoDefault(False)
        self.run_button.clicked.connect(lambda: self.run.emit())
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Stop the run")
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(lambda: self.cancel.emit())
        self.buttons = QStackedWidget()
        self.buttons.addWidget(self.run_button)
        self.buttons.addWidget(self.cancel_button)
        self.buttons.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.automatic = QCheckBox("automatically")
        self.automatic.setToolTip("Run by itself when a setting or an input changes")
        self.automatic.toggled.connect(self.automatic_changed)
        self.follow = QCheckBox("follow the file")
        self.follow.setToolTip("Run again whenever the file has grown, until it is whole")
        self.follow.toggled.connect(self.follow_changed)
        self.follow.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(4)
        self.words = Words(muted=True)
        line = QHBoxLayout()
        line.addWidget(self.buttons, 1)
        line.addWidget(self.follow)
        line.addWidget(self.automatic)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(4)
        layout.addWidget(self.words)
        layout.addWidget(self.bar)
        layout.addLayout(line)
        self._started = 0.0
        self.show_running(False)

    def show_following(self, on: bool) -> None:
        """Show whether the file is followed."""
        self.follow.blockSignals(True)
        self.follow.setChecked(on)
        self.follow.blockSignals(False)

    def show_running(self, on: bool) -> None:
        """Show that a run began, or that none is under way."""
        self.buttons.setCurrentIndex(1 if on else 0)
        self.bar.setVisible(on)
        self.words.setVisible(on)
        if on:
            self._started = monotonic()
            self.show_progress(None, "")

    def show_progress(self, fraction: float | None, message: str) -> None:
        """Show how far the run is, and how long it will still take."""
        self.bar.setRange(0, 0 if fraction is None else 1000)
        words = message
        if fraction is not None:
            self.bar.setValue(int(1000 * fraction))
            words = "   ".join(w for w in (f"{100 * fraction:.0f} %", message) if w)
            elapsed = monotonic() - self._started
            if fraction > 0.02 and elapsed > 2:
                words += f"   {duration_words(elapsed * (1 - fraction) / fraction)} left"
        self.words.setText(words or "Running")


def duration_words(seconds: float) -> str:
    """A time as one reads it: ``12 s``, ``3 min``, ``2.2 h``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
