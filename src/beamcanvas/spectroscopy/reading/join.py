"""Spectra of several files as one series, or as a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..spectra import Array, Spectra
from .tidy import SMALLEST, onto


def joined(parts: Sequence[Spectra]) -> Spectra:
    """Several as one series, on the energies of the first that has them."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    grid = first.energy
    mu: list[Array] = []
    references: list[Array] = []
    names: list[str] = []
    problems: dict[int, str] = {}
    warnings: list[str] = []
    moved = 0
    for part in parts:
        same = len(part.energy) == len(grid) and np.abs(part.energy - grid).max() < SMALLEST
        moved += not same
        offset = sum(len(m) for m in mu)
        problems |= {offset + n: why for n, why in part.problems.items()}
        values = part.mu if same else onto(grid, part.energy, part.mu)
        for n in np.flatnonzero(~np.isfinite(values).any(axis=1)):
            span = f"{part.energy[0]:.0f}–{part.energy[-1]:.0f} eV"
            problems.setdefault(offset + int(n), f"its energies, {span}, are others altogether.")
        mu.append(values)
        names += [part.name(n) for n in range(len(part))]
        warnings += part.warnings
        if part.reference is not None:
            behind = part.reference if same else onto(grid, part.energy, part.reference)
            references.append(np.broadcast_to(behind, values.shape))
    if moved:
        warnings.append(
            f"{moved} of {len(parts)} spectra are on energies of their own: "
            f"they were interpolated to those of {first.name(0)}."
        )
    every = {(part.element, part.edge) for part in parts}
    return Spectra(
        energy=grid,
        mu=np.concatenate(mu),
        shape=(sum(len(m) for m in mu),),
        names=tuple(names),
        reference=np.concatenate(references) if len(references) == len(parts) else None,
        element=first.element if len(every) == 1 else "",
        edge=first.edge if len(every) == 1 else "",
        problems=problems,
        source=f"{first.source} and {len(parts) - 1} more" if first.source else "",
        notes=first.notes,
        warnings=tuple(dict.fromkeys(warnings)),
        growing=parts[-1].growing,
    )


def as_map(spectra: Spectra, shape: tuple[int, int]) -> Spectra:
    rows, columns = shape
    if rows * columns != len(spectra):
        raise InputError(
            f"A map of {rows} × {columns} has {rows * columns} spectra; {len(spectra)} were read."
        )
    return replace(spectra, shape=(rows, columns), names=())
