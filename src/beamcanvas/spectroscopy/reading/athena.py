"""Reading an Athena project with what was decided in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..kernels.preedge import Ranges
from ..reducing.background import remove_background
from ..reducing.exafs import Exafs
from ..reducing.fourier import fourier_transform
from ..reducing.normalise import normalise
from ..reducing.normalised import Normalised
from ..reducing.transforms import FourierTransform
from ..spectra import Array, Spectra, new_problems
from .assemble import athena_spectrum
from .athena_file import Group, read_groups
from .join import joined

_WINDOWS = ("kaiser", "hanning", "parzen", "welch", "gaussian", "sine")


class AthenaProject(NamedTuple):
    """Groups of a project, reduced with their own parameters."""

    spectra: Spectra
    normalised: Normalised
    exafs: Exafs
    fourier: FourierTransform


@task(title="Read Athena project", requires="spectroscopy")
def read_athena(
    file: Annotated[Path, Param(path="open", filter="Athena projects (*.prj);;All files (*)")],
    *,
    groups: Annotated[list[str], Param(label="Groups")] = [],  # noqa: B006
    progress: Progress = SILENT,
) -> AthenaProject:
    """Read groups of an Athena project and reduce each with the parameters it was given there.

    E0, pre- and post-edge ranges, Rbkg, clamps, k weights and windows are the project's.
    Expect the numbers of Athena to about 2 %: Larch and Ifeffit compute them a little
    differently.

    Parameters
    ----------
    file:
        Project of Athena (.prj), of its old or its new format.
    groups:
        Labels of the groups to read; all when there is none.

    Raises
    ------
    InputError
        When the file is damaged, has no such group, or no group with an edge.
    """
    file = Path(file)
    there = [group for group in read_groups(file) if group.is_mu]
    if groups:
        labels = [group.label for group in there]
        missing = [label for label in groups if label not in labels]
        if missing:
            raise InputError(
                f"{file.name} has no group '{missing[0]}'. It has {', '.join(labels[:12])}."
            )
        there = [there[labels.index(label)] for label in groups]
    if not there:
        raise InputError(f"{file.name} has no group of mu(E).")
    spectra: list[Spectra] = []
    normalised: list[Normalised | None] = []
    exafs: list[Exafs | None] = []
    fourier: list[FourierTransform | None] = []
    problems: dict[int, str] = {}
    for number, group in enumerate(progress.each(there, "Reducing")):
        single = athena_spectrum(file, group)
        spectra.append(single)
        edge, chi, transformed = None, None, None
        try:
            edge, chi, transformed = _reduced(single, group)
        except InputError as error:
            problems[number] = str(error)
        normalised.append(edge)
        exafs.append(chi)
        fourier.append(transformed)
    if all(part is None for part in normalised):
        raise InputError(f"{file.name}: no group could be normalised. {problems[0]}")
    whole = joined(spectra)
    together = _normalised(whole, normalised, problems)
    every = _exafs(together, exafs, problems)
    return AthenaProject(whole, together, every, _fourier(every, fourier, problems))


def _reduced(
    spectra: Spectra, group: Group
) -> tuple[Normalised, Exafs | None, FourierTransform | None]:
    number = group.number
    terms = number("bkg_nnorm", 3.0)
    edge = normalise(
        spectra,
        e0=number("bkg_e0"),
        pre1=number("bkg_pre1"),
        pre2=number("bkg_pre2"),
        norm1=number("bkg_nor1"),
        norm2=number("bkg_nor2"),
        nnorm=None if terms is None else max(int(terms) - 1, 0),
        step=number("bkg_step") if number("bkg_fixstep", 0) else None,
    )
    try:
        chi = remove_background(
            edge,
            preset="athena",
            rbkg=number("bkg_rbkg", 1.0) or 1.0,
            kweight=number("bkg_kw"),
            kmin=number("bkg_spl1", 0.0) or 0.0,
            kmax=number("bkg_spl2"),
            dk=number("bkg_dk"),
            clamp_lo=number("bkg_clamp1"),
            clamp_hi=number("bkg_clamp2"),
            nclamp=int(number("bkg_nclamp", 5.0) or 5),
        )
    except InputError:
        return edge, None, None
    window = str(group.parameters.get("fft_kwindow") or group.parameters.get("fft_win", "hanning"))
    kind: Any = next((w for w in _WINDOWS if window.startswith(w[:3])), "hanning")
    high = number("fft_kmax")
    try:
        transformed = fourier_transform(
            chi,
            preset="athena",
            kweight=number("fft_kw", 2.0),
            kmin=number("fft_kmin"),
            kmax=high,
            dk=number("fft_dk"),
            window=kind,
        )
    except InputError:
        return edge, chi, None
    return edge, chi, transformed


def _stacked(parts: Sequence[Any], fill: Any = np.nan) -> Any:
    """Rows of different lengths under each other; a missing one is all `fill`."""
    width = max((part.shape[-1] for part in parts if part is not None), default=1)
    kind = np.result_type(*(part for part in parts if part is not None), np.asarray(fill))
    out = np.full((len(parts), width), fill, dtype=kind)
    for row, part in zip(out, parts, strict=True):
        if part is not None:
            row[: part.shape[-1]] = part[0]
    return out


def _normalised(
    spectra: Spectra, parts: Sequence[Normalised | None], problems: dict[int, str]
) -> Normalised:
    ranges: list[Ranges] = []
    which = np.zeros(len(parts))
    for number, part in enumerate(parts):
        if part is not None:
            if part.ranges[0] not in ranges:
                ranges.append(part.ranges[0])
            which[number] = ranges.index(part.ranges[0])
    first = next(part for part in parts if part is not None)

    def column(name: str, fill: float = np.nan) -> Array:
        return np.array([fill if p is None else getattr(p, name)[0] for p in parts])

    return Normalised(
        spectra=spectra,
        e0=column("e0"),
        edge_step=column("edge_step"),
        pre=_stacked([None if p is None else p.pre for p in parts]),
        post=np.nan_to_num(_stacked([None if p is None else p.post for p in parts])),
        step_at=column("step_at", 0.0),
        ranges=tuple(ranges),
        range_of=which,
        settings={**first.settings, "preset": "athena", "parameters": "of the project"},
        problems=dict(problems),
        warnings=new_problems(problems, {}, spectra),
    )


def _exafs(
    normalised: Normalised, parts: Sequence[Exafs | None], problems: dict[int, str]
) -> Exafs:
    found = dict(problems)
    for number, part in enumerate(parts):
        if part is None:
            found.setdefault(number, "it has no EXAFS: its spectrum is too short.")
    longest = max((p.k for p in parts if p is not None), key=len, default=np.zeros(1))
    first = next((part for part in parts if part is not None), None)
    return Exafs(
        normalised=normalised,
        k=longest,
        chi=_stacked([None if p is None else p.chi for p in parts]),
        knots=_stacked([None if p is None else p.knots for p in parts]),
        coefficients=_stacked([None if p is None else p.coefficients for p in parts]),
        settings={} if first is None else {**first.settings, "parameters": "of the project"},
        of_each=tuple({} if part is None else part.settings for part in parts),
        problems=found,
        warnings=new_problems(found, problems, normalised.spectra),
    )


def _fourier(
    exafs: Exafs, parts: Sequence[FourierTransform | None], problems: dict[int, str]
) -> FourierTransform:
    found = dict(exafs.problems)
    for number, part in enumerate(parts):
        if part is None:
            found.setdefault(number, "its range in k is empty.")
    first = next((part for part in parts if part is not None), None)
    window = np.zeros(len(exafs.k))
    if first is not None:
        window[: len(first.window)] = first.window
    return FourierTransform(
        exafs=exafs,
        r=np.zeros(1) if first is None else first.r,
        chi=_stacked([None if p is None else p.chi for p in parts], np.nan + 0j),
        window=window,
        settings={"kweight": 2.0, **({} if first is None else first.settings)},
        problems=found,
        warnings=new_problems(found, exafs.problems, exafs.spectra),
    )
