"""Reading a calibrated goniometer from pyFAI's JSON, which ours is as well."""

from __future__ import annotations

import ast
import json
from math import isfinite, nan
from pathlib import Path
from typing import Annotated, Any

from ...errors import InputError
from ...task import Param, task
from ..experiment.detectors import named_calibrant, named_detector
from ..types import Detector, Geometry
from .images import MovingImage, MovingImages
from .model import MOTIONS, Goniometer

_NAMES = {"dist": "distance"} | {n: n for n in ("poni1", "poni2", "rot1", "rot2", "rot3")}
_VERSIONS = ("Goniometer calibration v2", "Goniometer calibration v1.1")


@task(title="Open goniometer", output="goniometer", requires="powder")
def open_goniometer(
    file: Annotated[Path, Param(path="open", filter="Goniometer (*.json);;All files (*)")],
) -> Goniometer:
    """Read a goniometer that was calibrated before, here or with pyFAI.

    Models with one motor are read in which everything is linear in its position. The
    formulas in the file are read, never run.

    Parameters
    ----------
    file:
        JSON of pyFAI's ``Goniometer``, version 1.1 or 2.

    Raises
    ------
    InputError
        When the file is missing or damaged, is no goniometer, or has another model.
    """
    file = Path(file)
    said = _json(file)
    model = said.get("trans_function")
    if said.get("content") not in _VERSIONS or not isinstance(model, dict):
        raise InputError(f"{file} is no goniometer calibration of pyFAI.")
    motors = said.get("pos_names") or model.get("pos_names") or []
    if len(motors) != 1:
        raise InputError(f"{file} is of {len(motors)} motors: a goniometer of one can be read.")
    try:
        known = dict(zip(said["param_names"], map(float, said["param"]), strict=True))
        known |= {name: float(v) for name, v in (model.get("constants") or {}).items()}
        wavelength = float(said["wavelength"])
        detector = _detector(said)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file} is a damaged goniometer calibration: {error}.") from None
    levels, slopes = {}, {}
    for theirs, ours in _NAMES.items():
        words = str(model.get(f"{theirs}_expr", theirs))
        try:
            levels[ours], slopes[ours] = _linear(
                ast.parse(words, mode="eval").body, motors[0], known
            )
        except (SyntaxError, ValueError) as error:
            raise InputError(
                f"{file}: '{words}' is not linear in '{motors[0]}': {error}."
            ) from None
    if not levels["distance"] > 0 or not all(map(isfinite, (*levels.values(), wavelength))):
        raise InputError(f"{file} has no sensible distance or wavelength.")
    return _goniometer(file, levels, slopes, wavelength, detector, said.get("calibrated") or {})


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(f"{file} can't be read: it is no JSON.") from None
    return said if isinstance(said, dict) else {}


def _detector(said: dict[str, Any]) -> Detector:
    config = said.get("detector_config") or {}
    shape: Any = config.get("max_shape")
    name = str(said["detector"])
    if name == "Detector":
        sizes = float(config["pixel1"]), float(config["pixel2"])
        return Detector(name, sizes, (int(shape[0]), int(shape[1])))
    whole = None if shape is None else (int(shape[0]), int(shape[1]))
    return named_detector(name, whole, int(config.get("orientation") or 3))


def _linear(node: Any, motor: str, known: dict[str, float]) -> tuple[float, float]:
    """A formula as level and slope over the motor.

    Raises
    ------
    ValueError
        When it is anything else, in a few words.
    """

    def of(part: Any) -> tuple[float, float]:
        return _linear(part, motor, known)

    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number), 0.0
        case ast.Name(id=name) if name == motor:
            return 0.0, 1.0
        case ast.Name(id=name) if name in known:
            return known[name], 0.0
        case ast.Name(id=name):
            raise ValueError(f"'{name}' has no value")
        case ast.UnaryOp(op=ast.USub(), operand=part):
            level, slope = of(part)
            return -level, -slope
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as kind, right=right):
            (a, b), (c, d) = of(left), of(right)
            sign = 1 if isinstance(kind, ast.Add) else -1
            return a + sign * c, b + sign * d
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            (a, b), (c, d) = of(left), of(right)
            if b and d:
                raise ValueError("it has the square of the position")
            return a * c, a * d + b * c
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            (a, b), (c, d) = of(left), of(right)
            if d or not c:
                raise ValueError("it divides by the position, or by 0")
            return a / c, b / c
    raise ValueError("it has more than sums and products")


def _goniometer(
    file: Path,
    levels: dict[str, float],
    slopes: dict[str, float],
    wavelength: float,
    detector: Detector,
    known: dict[str, Any],
) -> Goniometer:
    """The goniometer, with what ours say of how it was calibrated."""
    # what a unit of the motor does most is how it moves
    usual = {motion: (own, step) for motion, (_, own, step) in MOTIONS.items()}
    motion = max(usual, key=lambda m: abs(slopes[usual[m][0]]) / usual[m][1])
    own = usual[motion][0]
    if not slopes[own]:
        raise InputError(f"{file}: nothing in it moves with the motor.")
    calibrant = known.get("calibrant")
    geometry = Geometry(
        distance=levels["distance"],
        poni1=levels["poni1"],
        poni2=levels["poni2"],
        rot1=levels["rot1"],
        rot2=levels["rot2"],
        rot3=levels["rot3"],
        wavelength=wavelength,
        detector=detector,
        calibrant=named_calibrant(str(calibrant)) if calibrant else None,
    )
    rows = [MovingImage(Path(str(n)), float(p)) for n, p in known.get("images", [])]
    return Goniometer(
        motion=motion,
        reference=0.0,
        geometry=geometry,
        slopes={name: slope for name, slope in slopes.items() if slope},
        uncertainties={},
        images=MovingImages(tuple(rows)),
        residuals=tuple(map(_number, known.get("residuals", []))),
        points=int(known.get("points", 0)),
        peak_residual=_number(known.get("peak_residual")),
        reason=f"Read from {file.name}.",
    )


def _number(value: Any) -> float:
    """JSON has no NaN."""
    return nan if value is None else float(value)
