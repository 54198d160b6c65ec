"""How jobs are made and where SLURM is: said by the user, the environment or a file."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from getpass import getuser
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...task.validation import did_you_mean
from ...workflow.rules import Resources

PREFIX = "BEAMCANVAS_SLURM_"
_NUMBERS = {"cores": int, "gpus": int, "memory": float, "time": float, "patience": float}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is the same for all jobs. Each can come from the environment: BEAMCANVAS_SLURM_URL.

    Without a `url`, jobs go by the commands ``sbatch``, ``squeue`` and ``scancel``.
    """

    url: str | None = None  #: of slurmrestd
    token: str | None = field(default=None, repr=False)  #: as ``scontrol token`` gives it
    #: file with the token, read again for each request: tokens end, and are put there anew
    token_file: Path | None = None
    user: str | None = None  #: whose token it is; the token says it by itself
    #: where inputs and outputs of jobs are; the nodes of the cluster see it under this name
    folder: Path = field(
        default_factory=lambda: (
            Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
            / "beamcanvas"
            / "slurm"
        )
    )
    python: str = sys.executable  #: on the nodes
    #: lines of shell before Python starts, such as ``module load``
    setup: str = ""
    #: the executor in a job that runs a whole workflow; by default as many processes as cores
    inside: str | None = None
    account: str | None = None
    qos: str | None = None
    cores: int | None = None  #: this and the following where a node doesn't say its own
    memory: float | None = None  #: in GB
    gpus: int | None = None
    partition: str | None = None
    time: float | None = None  #: in minutes
    patience: float = 300.0  #: seconds for which SLURM may be silent before work is given up

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder).expanduser().absolute())
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise InputError(f"url={self.url}: that of slurmrestd begins with http:// or https://.")

    @classmethod
    def of(cls, words: Iterable[str] = ()) -> Settings:
        """Those of the environment, overridden by words like ``partition=gpu``.

        Raises
        ------
        InputError
            For a setting that there isn't, or that should be a number and is none.
        """
        known = [one.name for one in fields(cls)]
        said: dict[str, Any] = {
            name: os.environ[PREFIX + name.upper()]
            for name in known
            if os.environ.get(PREFIX + name.upper())
        }
        for word in words:
            name, equals, value = word.partition("=")
            if name == "token":
                raise InputError(
                    "A token isn't given on the command line, where others see it: "
                    f"use token_file=FILE, or the variable {PREFIX}TOKEN or SLURM_JWT."
                )
            if name not in known or not equals:
                raise InputError(
                    f"slurm:{word}: there is no such setting.{did_you_mean(name, known)} "
                    f"There are: whole, {', '.join(n + '=' for n in known if n != 'token')}."
                )
            said[name] = value
        for name, number in _NUMBERS.items():
            if name in said:
                said[name] = _number(name, said[name], number)
        return cls(**said)

    def key(self) -> str:
        """The token as it is now.

        Raises
        ------
        InputError
            When there is none, or it ended.
        """
        token = self.token or os.environ.get("SLURM_JWT")
        if self.token_file is not None:
            try:
                token = Path(self.token_file).read_text()
            except OSError as error:
                raise InputError(f"The token of SLURM can't be read: {error}.") from error
        if not token:
            raise InputError(
                "slurmrestd asks for a token: `scontrol token` gives one, to be put into the "
                f"variable SLURM_JWT or {PREFIX}TOKEN, or a file named by token_file."
            )
        token = token.strip().removeprefix("SLURM_JWT=")
        end = _claims(token).get("exp")
        from time import time

        if isinstance(end, (int, float)) and end < time():
            raise InputError(
                f"The token of SLURM ended {_ago(time() - end)} ago: `scontrol token` gives a new "
                "one, with lifespan=SECONDS one for long."
            )
        return token

    def name(self) -> str:
        """The user, as slurmrestd is told."""
        return self.user or str(_claims(self.key()).get("sun") or getuser())

    def resources(self, own: Resources) -> Resources:
        """What a node asks for, with what it leaves open as it is here."""
        said = {
            one.name: getattr(self, one.name)
            for one in fields(Resources)
            if getattr(own, one.name) is None
        }
        return replace(own, **said)


def _number(name: str, text: str, kind: type) -> float:
    try:
        value: float = kind(text)
    except ValueError:
        value = 0
    if not value > 0:
        words = "a whole number from 1" if kind is int else "a number above 0"
        raise InputError(f"slurm:{name}={text}: it should be {words}.")
    return value


def _claims(token: str) -> dict[str, Any]:
    """What a JSON web token says of itself; nothing where it is no such."""
    try:
        middle = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _ago(seconds: float) -> str:
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} seconds"
