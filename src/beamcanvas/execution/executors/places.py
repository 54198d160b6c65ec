"""Where a scheme can run, in words: what a person is offered to choose from."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from shutil import which

#: this program's own threads: where nothing else is said
HERE = "threads"


@dataclass(frozen=True)
class Place:
    """An executor that can be chosen."""

    name: str  #: as `make_executor` takes it
    words: str
    help: str
    #: what can be said after its name and a colon, in words; empty where nothing can
    argument: str = ""
    asking: str = ""  #: words for choosing it and saying that
    #: why it can't be used here, in a sentence; empty where it can
    needs: Callable[[], str] = lambda: ""


def _extra(module: str, extra: str) -> Callable[[], str]:
    def needs() -> str:
        if find_spec(module) is not None:
            return ""
        return f"It needs the extra '{extra}': pip install 'beamcanvas[{extra}]'."

    return needs


def _slurm() -> str:
    if which("sbatch") or os.environ.get("BEAMCANVAS_SLURM_URL"):
        return ""
    return (
        "There is no way to SLURM here: neither the command sbatch, nor the address of a "
        "slurmrestd in BEAMCANVAS_SLURM_URL."
    )


_OWN = (
    Place(HERE, "This computer", "In this program, several steps at a time."),
    Place(
        "processes",
        "Processes here",
        "In processes of this computer: a step that crashes takes no other with it.",
    ),
    Place(
        "dask",
        "Dask",
        "On a dask cluster: one of this computer, or that of an address.",
        "address of its scheduler (tcp://host:8786), slurm:10 for 10 jobs of SLURM, or nothing "
        "for a cluster of this computer",
        "Dask at",
        _extra("distributed", "dask"),
    ),
    Place(
        "celery",
        "Workers of a queue",
        "On the workers that `beamcanvas worker` started, here or on other computers.",
        "name of the queue, or nothing for the usual one",
        "Workers of the queue",
        _extra("celery", "celery"),
    ),
    Place(
        "slurm",
        "SLURM",
        "Each step a job of the cluster, with the resources that it asks for.",
        "settings such as partition=gpu, or nothing",
        "SLURM with",
        _slurm,
    ),
)


@cache
def places() -> list[Place]:
    """What there is to choose from: ours, then those of installed packages."""
    from importlib.metadata import entry_points

    own = [place.name for place in _OWN]
    installed = {point.name: point.dist for point in entry_points(group="beamcanvas.executors")}
    return [
        *_OWN,
        *(
            Place(
                name,
                name,
                f"An executor of {dist.name}." if dist is not None else "",
                "setting",
                f"{name} with",
            )
            for name, dist in sorted(installed.items())
            if name not in own
        ),
    ]


def place_words(text: str) -> str:
    """An executor as `make_executor` takes it, in words."""
    name, _, argument = text.partition(":")
    words = next((place.words for place in _OWN if place.name == name), name)
    return f"{words} ({argument})" if argument else words
