"""A folder of results, a file each, that only who wrote them reads.

A file is a line of JSON that says what it is, a signature, and the outputs as a pickle. To
read a pickle is to run what it says: so each user has a secret key, and a file that isn't
signed with it counts as not there.
"""

from __future__ import annotations

import hmac
import json
import os
import pickle
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from ...errors import InputError
from ...output_file import replacing
from ..place import user_folder
from ..work import Work
from .digest import fingerprint

_SUFFIX = ".outputs"


@dataclass(frozen=True)
class Entry:
    """A result that is kept."""

    file: Path
    task: str
    title: str  #: of the node that made it
    made: float  #: in seconds since 1970
    used: float
    seconds: float  #: that it took to make
    size: int  #: bytes


class Cache:
    """Results in a folder.

    Parameters
    ----------
    folder:
        Made when something is kept.

    Raises
    ------
    InputError
        When there is something else of that name.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser().absolute()
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"{self.folder}: this is not a folder to keep results in.")
        self._key: bytes | None = None

    def key(self, work: Work) -> str | None:
        """What the results of a piece of work are kept by; None where they can't be."""
        return fingerprint(work)

    def find(self, key: str) -> dict[str, Any] | None:
        """The outputs, if they are kept."""
        file = self._file(key)
        try:
            head, _, rest = file.read_bytes().partition(b"\n")
            signature, data = rest[:32], rest[32:]
            if not hmac.compare_digest(signature, self._signature(head, data)):
                return None
            outputs: dict[str, Any] = pickle.loads(data)  # noqa: S301 - signed by this user
            os.utime(file)
        except Exception:  # not there, cut short, or of another version of its classes
            return None
        return outputs

    def keep(self, key: str, work: Work, outputs: dict[str, Any], seconds: float) -> None:
        """Keep outputs; what can't be written isn't kept.

        Raises
        ------
        InputError
            When the folder can't be written.
        """
        try:
            data = pickle.dumps(outputs, protocol=5)
        except Exception:
            return
        said = {"task": work.identifier, "title": work.title, "made": time(), "seconds": seconds}
        head = json.dumps({**said, "key": key}).encode()
        with replacing(self._file(key)) as (_, temporary):
            temporary.write_bytes(head + b"\n" + self._signature(head, data) + data)

    def entries(self) -> Iterator[Entry]:
        """All that is kept, in no order."""
        for file in self.folder.glob(f"??/*{_SUFFIX}"):
            with suppress(OSError, ValueError, KeyError):
                with file.open("rb") as opened:
                    said = json.loads(opened.readline())
                found = file.stat()
                yield Entry(
                    file,
                    str(said["task"]),
                    str(said["title"]),
                    float(said["made"]),
                    found.st_mtime,
                    float(said["seconds"]),
                    found.st_size,
                )

    def remove(self, entry: Entry) -> None:
        """Forget a result."""
        entry.file.unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            entry.file.parent.rmdir()

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def _signature(self, head: bytes, data: bytes) -> bytes:
        if self._key is None:
            self._key = _secret(user_folder() / "cache.key")
        sign = hmac.new(self._key, head, "sha256")
        sign.update(data)
        return sign.digest()


def _secret(file: Path) -> bytes:
    """The user's key, made when there is none."""
    with suppress(FileNotFoundError):
        return file.read_bytes()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:  # noqa: PTH123
            made.write(secrets.token_bytes(32))
    except FileExistsError:  # another run was faster
        pass
    except OSError as error:
        raise InputError(f"{file}: the key of the cache can't be written: {error}.") from error
    return file.read_bytes()
