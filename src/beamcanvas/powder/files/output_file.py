"""Writing a file so that a half-written one never remains."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import InputError


@contextmanager
def replacing(file: Path, suffix: str = "") -> Iterator[tuple[Path, Path]]:
    """The final path and a temporary one beside it, which takes its place on success.

    Parameters
    ----------
    suffix:
        Added to a name that has none.

    Raises
    ------
    InputError
        When the folder isn't there and can't be made, or can't be written to.
    """
    path = Path(file)
    if not path.name or path.is_dir():
        raise InputError(f"{path} is a folder: give the name of a file in it.")
    path = path if path.suffix or not suffix else path.with_name(path.name + suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror}.") from None
    new = Path(name)
    try:
        yield path, new
        umask = os.umask(0)
        os.umask(umask)
        new.chmod(0o666 & ~umask)
        new.replace(path)
    except OSError as error:
        raise InputError(f"{path} can't be written: {error.strerror or error}.") from None
    finally:
        new.unlink(missing_ok=True)
