"""xraylarch, loaded where it is asked for and kept from changing the program around it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import InputError
from .kernels.autobk import Autobk, Background, Plan
from .kernels.constants import Array


@contextmanager
def quiet() -> Iterator[None]:
    """Undo what importing larch does: silence all warnings, take over the root logger.

    Raises
    ------
    InputError
        When it is not installed.
    """
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    with warnings.catch_warnings():
        try:
            yield
        except ModuleNotFoundError as error:
            raise InputError(
                f"This needs the package '{error.name}'. "
                "Install it with: pip install 'beamcanvas[larch]'"
            ) from error
        finally:
            root.setLevel(level)
            root.handlers[:] = handlers


def autobk(energy: Array, mu: Array, e0: float, way: Autobk) -> Background:
    """The background of (spectra, points) as larch's own ``autobk`` finds it, one by one."""
    plan = Plan(energy, e0, way)
    with quiet():
        from larch import Group
        from larch.xafs import autobk as larch_autobk

        found: list[Any] = []
        for values in mu:
            group = Group(energy=energy, mu=values)
            larch_autobk(
                group,
                rbkg=way.rbkg,
                nknots=way.nknots,
                ek0=e0,
                edge_step=1.0,
                kmin=way.kmin,
                kmax=None if np.isinf(way.kmax) else way.kmax,
                kweight=way.kweight,
                dk=way.dk,
                win=way.window,
                nclamp=way.nclamp,
                clamp_lo=way.clamp_lo,
                clamp_hi=way.clamp_hi,
            )
            found.append(group)
    details = [group.autobk_details for group in found]
    splines = len(plan.knots) - 4
    return Background(
        k=plan.k,
        chi=np.array([group.chi for group in found]),
        knots=plan.knots,
        coefficients=np.array([d.coefs[:splines] for d in details]),
        objective=np.array([d.chisqr for d in details]),
    )
