"""Normalising spectra: E0, the pre- and post-edge curves, the edge step."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..edges import edge_energy, nearest_edge
from ..kernels.constants import index_at, index_near
from ..kernels.e0 import FEWEST, steepest
from ..kernels.preedge import Ranges, fit_edge, line_at, resolve_ranges
from ..kernels.threads import few_threads
from ..spectra import Array, Spectra, check_usable, extents, new_problems
from .blocks import AT_ONCE, blocks_of, usable, with_e0
from .judge import Edges, judge, noise_of, rise_of
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
                "rise": "steepest rise of each",
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
            words={"mback": "MBACK, by tabulated f″"},
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
    made = _Made(spectra, wanted, nvict, step)
    mback = (symbol, level, order) if method == "mback" else None
    with few_threads(len(spectra)):
        for (low, high), members in usable(limits, problems):
            energies[members] = _e0(spectra, slice(low, high), members, e0, e0_from, symbol, level)
        blocks = [b for group in with_e0(limits, energies, problems) for b in blocks_of(*group)]
        for number, (at, span, members) in enumerate(blocks):
            progress(number / len(blocks), "Normalising")
            made.fit(at, span, members, mback)
    found = made.edges
    problems |= made.problems
    judge(
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
        warnings=new_problems(problems, spectra.problems, spectra),
    )


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
            steepest(energy, spectra.mu[members[i : i + AT_ONCE], span])
            for i in range(0, len(members), AT_ONCE)
        ]
    )


class _Made:
    """The fits of one call, block by block."""

    def __init__(
        self, spectra: Spectra, wanted: dict[str, Any], nvict: int, step: float | None
    ) -> None:
        self.spectra, self.wanted, self.nvict, self.step = spectra, wanted, nvict, step
        self.edges = Edges(len(spectra))
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
        edges.noise[members] = noise_of(energy, rest, e0, ranges)
        edges.rise[members] = rise_of(energy - e0, rest)

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
