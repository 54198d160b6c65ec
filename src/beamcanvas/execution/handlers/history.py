"""The history: every run with what ran, in an SQLite file or in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from ..events import About, Event, Handler
from ..place import is_url, user_history
from .records import RUN_FIELDS, begun, ended
from .sqlite import SqliteHandler


def history_handler(place: str | Path | None = None) -> Handler:
    """What keeps runs in a history.

    Parameters
    ----------
    place:
        A file, or the URL of a PostgreSQL database; the user's own history by default.
    """
    place = str(place or user_history())
    if is_url(place):
        from .postgres import PostgresHistory

        return PostgresHistory(place)
    return HistoryHandler(place)


class HistoryHandler(SqliteHandler):
    """Keeps for each run what ran, with the values given for it, and all of its events.

    The events are in ewoks' table. Several programs can write at once.

    Parameters
    ----------
    path:
        The file.
    """

    patience = 30.0

    def __init__(self, path: str | Path) -> None:
        super().__init__(Path(path).expanduser())
        self._about: About | None = None
        columns = ", ".join(f"{name} {kind}" for name, kind in RUN_FIELDS.items())
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS beamcanvas_runs ({columns})")
        self._connection.execute(
            "CREATE INDEX IF NOT EXISTS beamcanvas_events_of_job ON ewoks_events (job_id)"
        )

    def about(self, about: About) -> None:
        """What the events that follow are of."""
        self._about = about

    def __call__(self, event: Event) -> None:
        super().__call__(event)
        about = self._about
        if about is None or event["context"] != "workflow":
            return
        if event["type"] == "start":
            row = begun(about, event)
            marks = ", ".join("?" * len(row))
            self.write(f"INSERT OR REPLACE INTO beamcanvas_runs VALUES ({marks})", [*row.values()])  # noqa: S608
        elif event["type"] == "end":
            row = ended(about, event)
            changes = ", ".join(f"{name} = ?" for name in row)
            self.write(
                f"UPDATE beamcanvas_runs SET {changes} WHERE job_id = ?",  # noqa: S608
                [*row.values(), about.job_id],
            )
