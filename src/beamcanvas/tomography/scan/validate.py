"""Many scans, accepted or rejected by hand."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, NamedTuple

from ...errors import InputError
from ...task import Param, task
from .discover import Scans

Undecided = Literal["accepted", "held back"]


class Validated(NamedTuple):
    """The scans that go on, and those that don't because they were rejected."""

    accepted: Scans
    rejected: Scans


@task(title="Validate scans", requires="tomography")
def validate_scans(
    scans: Scans,
    *,
    undecided: Annotated[
        Undecided, Param(label="The others", words={"accepted": "go on", "held back": "wait"})
    ] = "accepted",
    accepted: Annotated[list[str], Param(label="Accepted")] = [],  # noqa: B006
    rejected: Annotated[list[str], Param(label="Rejected")] = [],  # noqa: B006
) -> Validated:
    """Let only scans go on that a person has looked at, or none that a person has rejected.

    Parameters
    ----------
    scans:
        The scans.
    undecided:
        Whether scans that are named neither as accepted nor as rejected go on, or wait.
    accepted:
        Names of scans that go on. Of scans with the same name, their identifiers.
    rejected:
        Names of scans that don't. Names of other scans than these are for those to come.

    Raises
    ------
    InputError
        When no scan goes on, or one is both accepted and rejected.
    """
    both = sorted(set(accepted) & set(rejected))
    if both:
        raise InputError(f"The scan {both[0]} is named as accepted and as rejected.")
    names = names_of(scans)
    goes_on = [
        name in accepted or (undecided == "accepted" and name not in rejected) for name in names
    ]
    if not any(goes_on):
        raise InputError(f"None of the {len(names)} scans is accepted yet.")
    kept = tuple(s for s, on in zip(scans.scans, goes_on, strict=True) if on)
    out = tuple(s for s, n in zip(scans.scans, names, strict=True) if n in rejected)
    return Validated(Scans(kept, scans.problems), Scans(out))


def names_of(scans: Scans) -> list[str]:
    """What each scan is called: its name, or its identifier where two have the same name."""
    often = Counter(s.name for s in scans.scans)
    return [s.name if often[s.name] == 1 else s.identifier for s in scans.scans]
