"""Normalising spectra: E0, the pre- and post-edge curves, the edge step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..edges import TOLERANCE, edge_energy, nearest_edge
from ..kernels.constants import index_at, index_near
from ..kernels.e0 import FEWEST, steepest
from ..kernels.preedge import Ranges, fit_edge, line_at, resolve_ranges
from ..spectra import Array, Spectra, check_usable, extents, groups, problem_lines
from .mback import fit_mback
from .normalised import Normalised
from .presets import Preset, filled

E0From = Literal["rise", "mean", "reference", "table"]
Method = Literal["polynomials", "mback"]

_AUTO = "by the defaults"


@task(title="Normalise", output="normalised", requires="spectroscopy")
def normalise(
    spectra: Spectra,
    *,
    e0: Annotated[float | None, Param(gt=0, unit="eV", label="E0", auto="found")] = None,
    e0_from: Annotated[
        E0From,
        Param(
            label="E0 from",
            words={
                "rise": "the steepest rise of each",
                "mean": "their mean, one for all",
                "reference": "the reference foil",
                "table": "the table of elements",
            },
        ),
    ] = "rise",
    preset: Preset = "larch",
    pre1: Annotated[
        float | None, Param(unit="eV", label="From E0 +", auto=_AUTO, group="Pre-edge")
    ] = None,
    pre2: Annotated[
        float | None, Param(unit="eV", label="to E0 +", auto=_AUTO, group="Pre-edge")
    ] = None,
    norm1: Annotated[
        float | None, Param(unit="eV", label="From E0 +", auto=_AUTO, group="Post-edge")
    ] = None,
    norm2: Annotated[
        float | None, Param(unit="eV", label="to E0 +", auto=_AUTO, group="Post-edge")
    ] = None,
    nnorm: Annotated[
        int | None,
        Param(label="Degree", ge=0, le=5, auto="by the range", group="Post-edge"),
    ] = None,
    step: Annotated[
        float | None, Param(gt=0, label="Edge step", auto="found", group="Post-edge", more=True)
    ] = None,
    nvict: Annotated[
        int, Param(ge=-4, le=4, label="Victoreen power", group="Pre-edge", more=True)
    ] = 0,
    method: Annotated[
        Method,
        Param(
            group="Method",
            more=True,
            words={"polynomials": "polynomials", "mback": "MBACK: match the tabulated f″"},
        ),
    ] = "polynomials",
    element: Annotated[
        str | None, Param(auto="of the file, or by E0", group="Method", more=True)
    ] = None,
    edge: Annotated[
        Literal["K", "L1", "L2", "L3"] | None,
        Param(auto="of the file, or by E0", group="Method", more=True),
    ] = None,
    order: Annotated[int, Param(ge=0, le=6, label="Order of MBACK", group="Method", more=True)] = 3,
    progress: Progress = SILENT,
) -> Normalised:
    """Find the edge, take off what lies below it, and scale its step to one.

    A spectrum that can't be normalised is listed with the reason; the others go on. Numbers
    are those of ``pre_edge`` of xraylarch.

    Parameters
    ----------
    spectra:
        mu(E).
    e0:
        Energy of the edge.
    e0_from:
        Where E0 is taken from when it isn't given.
    preset:
        Whose defaults fill what is left open.
    pre1:
        Beginning of the range for the pre-edge line.
    pre2:
        End of that range.
    norm1:
        Beginning of the range for the post-edge curve.
    norm2:
        End of that range. A negative number is counted from the end of the data.
    nnorm:
        Degree of the post-edge polynomial.
    step:
        Edge step, when it is not to be taken from the curves.
    nvict:
        The line is fitted to mu times this power of the energy.
    method:
        How the curves are found.
    element:
        Symbol of the absorbing element.
    edge:
        Which of its edges.
    order:
        Order of the polynomial that MBACK adds to f″ (Weng, Waldo & Penner-Hahn,
        J. Synchrotron Rad. 12 (2005) 506).

    Raises
    ------
    InputError
        When no spectrum can be normalised.
    """
    wanted = filled(
        "normalise", preset, pre1=pre1, pre2=pre2, norm1=norm1, norm2=norm2, nnorm=nnorm
    )
    symbol, level = element or spectra.element, edge or spectra.edge
    progress(None, "Looking for the edge")
    limits, whole = extents(spectra.mu)
    problems = dict(spectra.problems)
    for number in range(len(spectra)):
        if number not in problems and not whole[number]:
            problems[number] = "it has gaps: points that are not numbers."
    for number in map(int, np.flatnonzero(limits[:, 1] - limits[:, 0] < FEWEST)):
        have = int(limits[number, 1] - limits[number, 0])
        too_few = f"waiting for the edge: {have} points so far."
        problems.setdefault(
            number, too_few if spectra.growing else f"it has {have} points: too few."
        )
    energies = np.full(len(spectra), np.nan)
    for (low, high), members in _usable(limits, problems):
        energies[members] = _e0(spectra, slice(low, high), members, e0, e0_from, symbol, level)
    made = _Made(spectra, wanted, nvict, step)
    mback = (symbol, level, order) if method == "mback" else None
    blocks = [b for group in _with_e0(limits, energies, problems) for b in _blocks(*group)]
    for number, (at, span, members) in enumerate(blocks):
        progress(number / len(blocks), "Normalising")
        made.fit(at, span, members, mback)
    found = made.edges
    problems |= made.problems
    _judge(
        spectra,
        found,
        problems,
        given=e0 is not None or e0_from == "table",
        element=symbol,
        edge=level,
    )
    check_usable(problems, spectra)
    bad = list(problems)
    for array in (found.e0, found.step, found.pre, found.post):
        array[bad] = np.nan
    settings = {
        "preset": preset,
        "e0_from": "given" if e0 is not None else e0_from,
        "nvict": nvict,
        "method": method,
        "step": step,
        "element": symbol,
        "edge": level,
    }
    if method == "mback":
        settings["order"] = order
    if not symbol and len(good := found.e0[np.isfinite(found.e0)]):
        settings["looks_like"] = " ".join(nearest_edge(float(np.median(good))))
    return Normalised(
        spectra=spectra,
        e0=found.e0,
        edge_step=found.step,
        pre=found.pre,
        post=found.post[:, : 1 + max((r.nnorm for r in made.ranges), default=0)],
        step_at=found.step_at,
        ranges=tuple(made.ranges),
        range_of=found.range_of,
        settings=settings,
        problems=dict(sorted(problems.items())),
        warnings=(*spectra.warnings, *problem_lines(problems, spectra)[:4]),
    )


def _usable(limits: Any, problems: dict[int, str]) -> list[tuple[tuple[Any, ...], Any]]:
    return [
        (key, kept)
        for key, members in groups(limits[:, 0], limits[:, 1])
        if len(kept := np.array([m for m in members if int(m) not in problems], dtype=np.intp))
    ]


def _with_e0(limits: Any, energies: Array, problems: dict[int, str]) -> list[tuple[Any, Any]]:
    """Those that share one grid and one E0."""
    inside = np.isfinite(energies)
    keys = groups(np.where(inside, energies, 0), limits[:, 0], limits[:, 1])
    return [
        (key, kept)
        for key, members in keys
        if len(kept := members[[int(m) not in problems and inside[m] for m in members]])
    ]


def _blocks(key: tuple[float, float, float], members: Any) -> list[tuple[float, slice, Any]]:
    at, low, high = key
    span = slice(int(low), int(high))
    return [(float(at), span, members[i : i + 1000]) for i in range(0, len(members), 1000)]


def _e0(
    spectra: Spectra,
    span: slice,
    members: Any,
    given: float | None,
    source: E0From,
    element: str,
    edge: str,
) -> Array:
    energy = spectra.energy[span]
    if given is not None:
        return np.full(len(members), given)
    if source == "table":
        if not element or not edge:
            raise InputError(
                "E0 from the table: the element and its edge are not known. Give them."
            )
        return np.full(len(members), edge_energy(element, edge))
    if source == "reference":
        if spectra.reference is None:
            raise InputError("E0 from the reference: these spectra have no reference foil.")
        single = len(spectra.reference) == 1
        foil = spectra.reference[:, span] if single else spectra.reference[members, span]
        if not np.isfinite(foil).all():
            raise InputError("E0 from the reference: its spectrum has points without a number.")
        return np.broadcast_to(steepest(energy, foil), len(members)).copy()
    if source == "mean":
        mean = spectra.mu[members, span].mean(axis=0, keepdims=True)
        return np.full(len(members), steepest(energy, mean)[0])
    return np.concatenate(
        [
            steepest(energy, spectra.mu[members[i : i + 1000], span])
            for i in range(0, len(members), 1000)
        ]
    )


class _Edges:
    """What is found for each spectrum."""

    def __init__(self, count: int) -> None:
        self.e0 = np.full(count, np.nan)
        self.step = np.full(count, np.nan)
        self.noise = np.full(count, np.nan)
        self.rise = np.full(count, np.nan)
        self.step_at = np.zeros(count)
        self.end = np.zeros(count)
        self.pre = np.full((count, 2), np.nan)
        self.post = np.full((count, 6), np.nan)
        self.range_of = np.zeros(count)


class _Made:
    """The fits of one call, block by block."""

    def __init__(
        self, spectra: Spectra, wanted: dict[str, Any], nvict: int, step: float | None
    ) -> None:
        self.spectra, self.wanted, self.nvict, self.step = spectra, wanted, nvict, step
        self.edges = _Edges(len(spectra))
        self.ranges: list[Ranges] = []
        self.problems: dict[int, str] = {}

    def fit(self, e0: float, span: slice, members: Any, mback: tuple[str, str, int] | None) -> None:
        energy, mu = self.spectra.energy[span], self.spectra.mu[members, span]
        if why := self._outside(energy, e0):
            self.problems.update(dict.fromkeys(map(int, members), why))
            return
        ranges = resolve_ranges(energy, e0, **self.wanted, nvict=self.nvict)
        if why := _empty(energy, e0, ranges):
            self.problems.update(dict.fromkeys(map(int, members), why))
            return
        if ranges not in self.ranges:
            self.ranges.append(ranges)
        if mback is None:
            fitted = fit_edge(energy, mu, e0, ranges, self.step)
        else:
            fitted = fit_mback(energy, mu, e0, ranges, self.step, *mback)
        edges = self.edges
        edges.e0[members], edges.step[members] = e0, fitted.step
        edges.pre[members] = fitted.pre
        edges.post[members] = 0
        edges.post[members, : fitted.post.shape[1]] = fitted.post
        edges.step_at[members] = energy[index_near(energy, e0)]
        edges.end[members] = energy[-1]
        edges.range_of[members] = self.ranges.index(ranges)
        rest = mu - line_at(energy, e0, fitted.pre, ranges.nvict)
        edges.noise[members] = _noise(energy, rest, e0, ranges)
        edges.rise[members] = _rise(energy - e0, rest)

    def _outside(self, energy: Array, e0: float) -> str:
        if energy[1] <= e0 <= energy[-2]:
            return ""
        if self.spectra.growing and e0 > energy[-2]:
            return f"waiting for the edge at {e0:.0f} eV."
        return f"E0 at {e0:.1f} eV is outside of {energy[0]:.1f}–{energy[-1]:.1f} eV."


def _empty(energy: Array, e0: float, ranges: Ranges) -> str:
    low, high = index_at(energy, ranges.pre1 + e0), index_near(energy, ranges.pre2 + e0)
    if high <= low:
        return (
            f"the pre-edge range, E0 {ranges.pre1:+.0f} to {ranges.pre2:+.0f} eV, "
            "has no point in it."
        )
    return ""


def _noise(energy: Array, rest: Array, e0: float, ranges: Ranges) -> Array:
    """Root mean square distance of the pre-edge from its line."""
    low, high = index_at(energy, ranges.pre1 + e0), index_near(energy, ranges.pre2 + e0)
    return np.asarray(np.sqrt((rest[:, low : max(high, low + 1)] ** 2).mean(axis=1)))


def _rise(offset: Array, rest: Array) -> Array:
    """By how much mu goes up within a few eV of E0; NaN where nothing was measured there."""
    below, above = (offset > -30) & (offset < -5), (offset > 5) & (offset < 30)
    if not below.any() or not above.any():
        return np.full(len(rest), np.nan)
    return np.asarray(rest[:, above].mean(axis=1) - rest[:, below].mean(axis=1))


#: while a spectrum grows: how far above E0 it must reach, eV, before its step means anything
REACH = 25.0
#: and afterwards: with less there is no edge to speak of
LEAST = 10.0


def _judge(
    spectra: Spectra,
    found: _Edges,
    problems: dict[int, str],
    *,
    given: bool,
    element: str,
    edge: str,
) -> None:
    """Mark what has no edge: noise, or a scan that has not come to it yet."""
    tabulated = edge_energy(element, edge) if element and edge else None
    factor = 10 if spectra.growing and not given else 3
    doubtful = ~(found.step > factor * found.noise) | (found.step <= 1e-9)
    # curves that are bent differently are no edge: it rises within a few eV
    doubtful |= np.abs(found.rise) < 0.3 * found.step
    if not given and tabulated is not None:
        doubtful |= np.abs(found.e0 - tabulated) > TOLERANCE
    doubtful |= found.end < found.e0 + (REACH if spectra.growing else LEAST)
    if spectra.growing:
        doubtful |= found.rise < 0
        why = "waiting for the edge."
    else:
        wanted = f" of {element} {edge}" if tabulated is not None else ""
        low, high = spectra.energy[0], spectra.energy[-1]
        why = f"no edge{wanted} is seen between {low:.1f} and {high:.1f} eV."
    for number in np.flatnonzero(doubtful):
        problems.setdefault(int(number), why)
    for number in np.flatnonzero(found.rise < -0.3 * found.step):
        falls = f"mu falls at its edge, {found.e0[number]:.1f} eV: are its columns right?"
        problems.setdefault(int(number), falls)
