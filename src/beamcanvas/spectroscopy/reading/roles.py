"""Which column is the energy, and how mu follows from the others, by their names."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import InputError
from ..edges import edge_energy
from .expression import _listed
from .table import Table

Mode = Literal["transmission", "fluorescence"]
ALL = "all"  #: as mu: every column but the energy is a spectrum

# in the order of how sure they are
_ENERGY = (
    r"energy",
    r"achieved energy|energy_?enc|energy_?cenc|eneenc|.*energy.*(readback|enc|_acs)",
    r"e|en|ener|.*energy.*|ebragg.*|.*mono.*energy.*|zapenergy",
)
_MU_TRANSMISSION = (r"mutrans|mu_trans|xmu|mu|absorbance|mu_t|normtrans|norm|flat|trans_mu",)
_MU_FLUORESCENCE = (r"mufluor|mu_fluo.*|muf|mu_f|normfluor",)
_I0 = (r"i0|io|i_0|izero|i0_.*|ion1|.*_i0|i0[ .].*",)
_TRANSMITTED = (r"i1|it|itrans|i_1|i1_.*|itransm.*|ion2|.*_i1|.*_it",)
_FLUORESCENCE = (
    r"if|iff|ifluor|ifluo.*|fluo.*|i_f",
    r"sum_.*_[kl][ab]\w*|.*:[a-z]{1,2}[kl][ab]_sum",
    r"fluo.*|.*fluor.*|pips.*",
)
_BEHIND = (r"i2|ir|iref|irefer|i_2|ir_.*|i2_.*",)
_MU_REFERENCE = (r"mu_?ref.*|murefer|normrefer",)


@dataclass(frozen=True)
class Roles:
    """What is read as what: labels and expressions."""

    energy: str
    mu: str
    reference: str = ""


def roles_of(
    table: Table,
    energy: str | None,
    mu: str | None,
    reference: str | None,
    mode: Mode | None,
) -> Roles:
    """The roles that were said, and guesses for the others.

    Raises
    ------
    InputError
        When they can't be guessed; the sentence lists the columns.
    """
    energy = energy or table.energy or _energy(table)
    signal = mu or _guessed_mu(table, mode, energy)
    behind = reference if reference is not None else table.reference
    if not behind and reference is None:
        behind = _first(table, _MU_REFERENCE)
        if not behind:
            transmitted, last = _first(table, _TRANSMITTED), _first(table, _BEHIND)
            behind = f"ln({_quoted(transmitted)} / {_quoted(last)})" if transmitted and last else ""
    return Roles(energy, signal, behind)


def _energy(table: Table) -> str:
    found = _first(table, _ENERGY)
    if found:
        return found
    for label, values in table.columns.items():
        if values.ndim == 1 and _looks_like_energy(np.asarray(values)):
            return label
    labels = list(table.columns)
    if not labels:
        raise InputError(f"{table.name} has no columns.")
    values = np.asarray(table.columns[labels[0]])
    if len(labels) < 4 and values.size and values.min() >= 0 and values.max() < 30:
        raise InputError(
            f"{table.name}: its first column goes from {values.min():g} to {values.max():g}: "
            "that is k in Å⁻¹, not an energy. χ(k) can't be read as a spectrum."
        )
    raise InputError(
        f"{table.name}: which column is the energy can't be told. It has {_listed(table.columns)}."
    )


def _looks_like_energy(values: np.ndarray) -> bool:
    if len(values) < 3 or not np.isfinite(values).all():
        return False
    steps = np.diff(values)
    one_way = (steps >= 0).mean() > 0.95 or (steps <= 0).mean() > 0.95
    return bool(one_way and values.min() > 100 and values.max() < 200_000 and np.ptp(values) > 5)


def _guessed_mu(table: Table, mode: Mode | None, energy: str) -> str:
    if table.mu and mode is None:
        return table.mu
    if mode is None:
        for label in table.columns:
            if _matches(label, (*_MU_TRANSMISSION, *_MU_FLUORESCENCE)):
                return _quoted(label)
    i0 = _first(table, _I0)
    if mode != "fluorescence":
        ready = _first(table, _MU_TRANSMISSION) if mode else ""
        transmitted = _first(table, _TRANSMITTED)
        if ready:
            return _quoted(ready)
        if i0 and transmitted:
            return f"ln({_quoted(i0)} / {_quoted(transmitted)})"
    if mode != "transmission":
        ready = _first(table, _MU_FLUORESCENCE)
        photons = _photons(table, energy)
        if ready:
            return _quoted(ready)
        if i0 and photons:
            return f"{_quoted(photons)} / {_quoted(i0)}"
    rest = [label for label in table.columns if label != energy]
    if mode is None and len(rest) == 1:
        return _quoted(rest[0])
    known = [label for label in rest if _matches(label, (*_I0, *_TRANSMITTED, *_FLUORESCENCE))]
    if mode is None and len(rest) > 1 and not known and _energy_is_first(table, energy):
        if all(
            not re.search(r"time|_ch\d|energy|count|scaler|gain|pt_no", n.lower()) for n in rest
        ):
            return ALL
    what = f" in {mode}" if mode else ""
    raise InputError(
        f"{table.name}: which columns give mu{what} can't be told. It has "
        f"{_listed(table.columns)}. Say it, such as {_example(table, rest)}."
        if rest
        else f"{table.name} has one column only."
    )


def _example(table: Table, labels: list[str]) -> str:
    """Arithmetic on columns that may be counts: points that are numbered, or a time, are not."""
    counts = [label for label in labels if _varies_like_counts(np.asarray(table.columns[label]))]
    first, second = (counts if len(counts) > 1 else ["i0", "it"])[:2]
    return f"ln({_quoted(first)} / {_quoted(second)})"


def _varies_like_counts(values: np.ndarray) -> bool:
    steps = np.diff(values, axis=0)
    return values.ndim == 1 and bool((steps > 0).any() and (steps < 0).any())


def _photons(table: Table, energy: str) -> str:
    """The counts of fluorescence; of several lines those of an edge within the energies."""
    values = np.asarray(table.columns[energy]) if energy in table.columns else np.empty(0)
    for label in table.columns:
        line = re.fullmatch(r"(?:sum_|.*:)([a-z]{1,2})_?([kl])[ab]\w*", label.strip().lower())
        if line is not None and len(values):
            edge = {"k": "K", "l": "L3"}[line[2]]
            with suppress(InputError):
                if values.min() < edge_energy(line[1], edge) < values.max():
                    return label
    return _first(table, _FLUORESCENCE)


def _energy_is_first(table: Table, energy: str) -> bool:
    return next(iter(table.columns)) == energy


def _first(table: Table, patterns: tuple[str, ...]) -> str:
    for pattern in patterns:
        for label in table.columns:
            if _matches(label, (pattern,)):
                return label
    return ""


def _matches(label: str, patterns: tuple[str, ...]) -> bool:
    plain = label.strip().lower().rstrip("*").strip()
    return any(re.fullmatch(pattern, plain) is not None for pattern in patterns)


def _quoted(label: str) -> str:
    """The label as an expression spells it."""
    return label if re.fullmatch(r"[^\W\d][\w.:]*", label) else f"`{label}`"
