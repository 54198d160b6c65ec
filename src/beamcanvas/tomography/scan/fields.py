"""Single fields of an NXtomo entry, as each of its versions writes them, in our units."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

LENGTHS = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "nm": 1e-9}
LENGTHS |= {"meter": 1.0, "centimeter": 1e-2, "millimeter": 1e-3, "micrometer": 1e-6}
LENGTHS |= {"micron": 1e-6, "nanometer": 1e-9, "å": 1e-10, "angstrom": 1e-10}
ENERGIES = {"kev": 1.0, "ev": 1e-3, "mev": 1e3, "j": 1 / 1.602176634e-16}
ENERGIES |= {"kiloelectronvolt": 1.0, "electronvolt": 1e-3, "megaelectronvolt": 1e3}
ANGLES = {"degree": 1.0, "deg": 1.0, "°": 1.0, "rad": 180 / np.pi, "radian": 180 / np.pi}
CURRENTS = {"a": 1.0, "ampere": 1.0, "ma": 1e-3, "milliampere": 1e-3}

_ENERGY = ("instrument/beam/incident_energy", "beam/incident_energy")
_LENGTH = (
    "instrument/detector/distance",
    "sample/propagation_distance",
    "instrument/source/distance",
    *(f"{at}/{axis}_pixel_size" for at in ("sample", "instrument/detector") for axis in "xy"),
)


def member(group: Any, path: str) -> Any:
    """A member, or None also where a link leads nowhere."""
    try:
        return group.get(path)
    except (KeyError, OSError, RuntimeError, AttributeError):
        return None


def is_numeric(found: Any) -> bool:
    """Whether it is a dataset of numbers with something in it."""
    return hasattr(found, "ndim") and found.dtype.kind in "uif" and bool(found.size)


def one_each(found: Any, frames: int, where: str, what: str) -> NDArray[np.float64]:
    """A dataset with one number for each frame."""
    if not is_numeric(found):
        raise InputError(f"{where}: its {what} are no numbers.")
    values = np.atleast_1d(found[()]).astype(float)
    if values.shape != (frames,):
        count = " × ".join(map(str, values.shape))
        raise InputError(f"{where}: there are {frames} frames but {count} {what}.")
    return np.nan_to_num(values, nan=-999) if what == "image keys" else values


def factor(dataset: Any, units: dict[str, float]) -> float:
    """What turns its values into our unit; 1 where it says none, nan where none that is known."""
    unit = unit_of(dataset).lower().replace("_", "").replace("metre", "meter")
    return units.get(unit, units.get(unit.removesuffix("s"), np.nan)) if unit else 1.0


def unit_of(dataset: Any) -> str:
    """The unit that a dataset says it has; empty where it says none."""
    unit = dataset.attrs.get("units", dataset.attrs.get("unit", ""))
    return (unit.decode(errors="replace") if isinstance(unit, bytes) else str(unit)).strip()


def left_out(group: Any) -> list[str]:
    """The fields whose unit isn't known and whose value therefore isn't, a sentence each."""
    sentences = []
    for units, paths in ((ENERGIES, _ENERGY), (LENGTHS, _LENGTH)):
        for path in paths:
            found = member(group, path)
            if is_numeric(found) and not np.isfinite(factor(found, units)):
                sentences.append(f"{path} is left out: its unit '{unit_of(found)}' is not known.")
    return sentences


def number(group: Any, path: str, units: dict[str, float] | None = None) -> float | None:
    """One number, in the unit whose factor is 1; None where there is none."""
    found = member(group, path)
    if not is_numeric(found):
        return None
    value = float(np.asarray(found[()]).flat[0])
    if units:
        value *= factor(found, units)
    return value if np.isfinite(value) else None


def positive(group: Any, units: dict[str, float], *paths: str) -> float | None:
    """The first that is there and not 0, without its sign: which way an axis points differs."""
    for path in paths:
        value = number(group, path, units)
        if value:
            return abs(value)
    return None


def flag(group: Any, path: str) -> bool | None:
    """One yes or no; None where there is none."""
    found = member(group, path)
    if getattr(found, "size", 0) != 1 or found.dtype.kind not in "buif":
        return None
    return bool(np.asarray(found[()]).flat[0])


def text(group: Any, path: str) -> str:
    """One text; empty where there is none."""
    found = member(group, path)
    if not hasattr(found, "dtype") or not found.size:
        return ""
    value = np.asarray(found[()]).flat[0]
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def pixel_size(group: Any, magnification: float) -> tuple[float, float] | None:
    """Height and width of a pixel as seen at the sample, m."""
    sizes = []
    for axis in "yx":
        at_sample = positive(group, LENGTHS, f"sample/{axis}_pixel_size")
        at_detector = positive(group, LENGTHS, f"instrument/detector/{axis}_pixel_size")
        sizes.append(at_sample or (at_detector and at_detector / magnification))
    height, width = sizes
    if height is None and width is None:
        return None
    return float(height or width or 0), float(width or height or 0)


def is_half(group: Any) -> bool:
    """Whether it is a half acquisition."""
    said = flag(group, "instrument/detector/half_acquisition")
    if said is not None:
        return said
    return text(group, "instrument/detector/field_of_view").lower() == "half"


def flips(group: Any) -> tuple[bool, bool]:
    """Whether frames were stored mirrored left to right, and upside down."""
    old = [flag(group, f"instrument/detector/{axis}_flipped") for axis in "xy"]
    if any(one is not None for one in old):
        return bool(old[0]), bool(old[1])
    # half a turn around the vertical axis swaps left and right; which axis that is differs
    system = group.attrs.get("NeXus_Coordinate_System", "")
    vertical, across = ((0, 1, 0), (1, 0, 0)) if system == "McStas" else ((0, 0, 1), (0, 1, 0))
    place = "instrument/detector/transformations"
    names = member(group, place)
    turned = [_turned(group[place][name]) for name in (names if hasattr(names, "items") else ())]
    return vertical in turned, across in turned


def _turned(found: Any) -> tuple[int, ...] | None:
    """The axis around which something was turned by half a turn."""
    kind = found.attrs.get("transformation_type", "")
    if kind not in ("rotation", b"rotation") or not is_numeric(found):
        return None
    if abs(float(np.asarray(found[()]).flat[0]) * factor(found, ANGLES)) != 180:
        return None
    return tuple(np.rint(found.attrs.get("vector", (0, 0, 0))).astype(int).tolist())
