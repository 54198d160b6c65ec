"""The defaults of other programs. What a person leaves open is taken from one of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ...task import Param

Preset = Annotated[
    Literal["larch", "athena", "larix"],
    Param(
        label="Defaults of",
        words={"larch": "Larch's functions", "athena": "Athena", "larix": "Larix"},
    ),
]

# None: found from the data, by larch's rules; a negative end is counted from the data's end.
# larch 2026.3, Demeter 0.9.26, Larix 2026.3
_DEFAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "normalise": {
        "larch": {"pre1": None, "pre2": None, "norm1": None, "norm2": None, "nnorm": None},
        "athena": {"pre1": -150.0, "pre2": -30.0, "norm1": 150.0, "norm2": -100.0, "nnorm": 2},
        "larix": {"pre1": -200.0, "pre2": -30.0, "norm1": 150.0, "norm2": None, "nnorm": 1},
    },
    "background": {
        "larch": {"kweight": 1.0, "dk": 0.1, "clamp_lo": 0.0, "clamp_hi": 1.0, "nclamp": 3},
        "athena": {"kweight": 2.0, "dk": 1.0, "clamp_lo": 0.0, "clamp_hi": 24.0, "nclamp": 5},
        "larix": {"kweight": 1.0, "dk": 0.1, "clamp_lo": 1.0, "clamp_hi": 20.0, "nclamp": 3},
    },
    "fourier": {
        "larch": {"kmin": 0.0, "kmax": 20.0, "kweight": 2.0, "dk": 1.0, "window": "kaiser"},
        "athena": {"kmin": 3.0, "kmax": -2.0, "kweight": 2.0, "dk": 1.0, "window": "hanning"},
        "larix": {"kmin": 2.0, "kmax": -0.5, "kweight": 2.0, "dk": 4.0, "window": "kaiser"},
    },
}


def filled(step: str, preset: str, **given: Any) -> dict[str, Any]:
    """The parameters of a step, with those that are None taken from the preset."""
    defaults = _DEFAULTS[step][preset]
    return {name: defaults.get(name) if value is None else value for name, value in given.items()}
