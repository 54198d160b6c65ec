"""The tutorials: one folder a technique, with the scheme, its page and its small data."""

from pathlib import Path

FOLDER = Path(__file__).parent


def schemes() -> list[str]:
    """Absolute paths of the tutorial schemes, as Orange's examples dialog asks for them."""
    return sorted(str(path) for path in FOLDER.glob("*/*.ows"))
