"""Reading the file itself: encoding, and errors that name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import WorkflowError


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors raised inside name the file."""
    try:
        yield
    except WorkflowError as error:
        named = tuple(f"{path}: {problem}" for problem in error.problems)
        raise WorkflowError(f"{path}: {error}", named) from error.__cause__
    except RecursionError:
        raise WorkflowError(f"{path}: it is nested too deeply.") from None


def read_bytes(path: Path) -> bytes:
    """The content of a file; what can't be read is a `WorkflowError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise WorkflowError("there is no such file.") from None
    except IsADirectoryError:
        raise WorkflowError("this is a folder, not a file.") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WorkflowError(f"the file can't be read: {reason}.") from None


def read_text(path: Path) -> str:
    """The content of a text file in UTF-8."""
    return as_text(read_bytes(path))


def as_text(content: bytes) -> str:
    """Bytes in UTF-8, with or without its mark, as text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WorkflowError(f"this is not text in UTF-8 (byte {error.start}).") from None
