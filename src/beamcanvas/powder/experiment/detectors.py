"""Detectors and calibrants by name, and the detector that an image is from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...task.validation import did_you_mean
from ..types import Calibrant, Detector, Header, shape_words


@cache
def detector_names() -> tuple[str, ...]:
    """The detectors that pyFAI knows, as their makers call them, in order."""
    from pyFAI.detectors import Detector as Base

    return tuple(sorted({_maker_name(c) for c in Base.registry.values() if _whole(c)}))


def _maker_name(detector: Any) -> str:
    aliases: Sequence[str] = detector.aliases
    return aliases[0] if aliases else str(detector.__name__)


def _whole(detector: Any) -> tuple[int, ...]:
    """Rows and columns of a detector class unbinned; empty for one without its own."""
    return tuple(getattr(detector, "MAX_SHAPE", None) or ())


@cache
def calibrant_names() -> tuple[str, ...]:
    """The calibrants that pyFAI knows, in order."""
    from pyFAI.calibrant import CALIBRANT_FACTORY

    return tuple(sorted(CALIBRANT_FACTORY.keys(), key=str.lower))


def named_detector(
    name: str, shape: tuple[int, int] | None = None, orientation: int = 3
) -> Detector:
    """The detector of that name, binned when `shape` says so.

    Raises
    ------
    InputError
        When pyFAI knows no such detector, or it has no image of that shape.
    """
    from pyFAI.detectors import Detector as Base

    cls = Base.registry.get(name.strip().lower().replace(" ", "_"))
    if cls is None or not _whole(cls):
        raise InputError(f"There is no detector '{name}'.{did_you_mean(name, detector_names())}")
    detector = cls()
    config = {}
    if shape is not None and tuple(detector.shape) != shape:
        whole = tuple(detector.shape)
        smaller = all(n <= most for n, most in zip(shape, whole, strict=True))
        if not (smaller and detector.guess_binning(shape) and tuple(detector.shape) == shape):
            raise InputError(
                f"The image has {shape_words(shape)} pixels but a detector {name} "
                f"has {shape_words(whole)}: another detector, or part of its image."
            )
        config = {"pixel1": detector.pixel1, "pixel2": detector.pixel2}
    return Detector(
        _maker_name(type(detector)),
        (float(detector.pixel1), float(detector.pixel2)),
        (int(detector.shape[0]), int(detector.shape[1])),
        orientation,
        config,
    )


def guess_detector(shape: tuple[int, int], header: Header, kind: str) -> Detector | None:
    """The detector that an image of this shape and header is from, or None in doubt.

    Parameters
    ----------
    kind:
        Class of the file in fabio, or anything else that hints at the maker.
    """
    from pyFAI.detectors import Detector as Base

    said = _letters(header.detector)
    maker = re.match(r"[a-z]+", kind.lower().removesuffix("image"))
    candidates = []
    for cls in dict.fromkeys(Base.registry.values()):
        if not _whole(cls) or not cls.aliases:
            continue
        binned = _whole(cls) != shape
        if binned and _letters(cls.__name__) != _letters(kind.removesuffix("Image")):
            continue
        detector = cls()
        if binned and not (
            all(n <= m for n, m in zip(shape, _whole(cls), strict=True))
            and detector.guess_binning(shape)
            and tuple(detector.shape) == shape
        ):
            continue
        size = (float(detector.pixel1), float(detector.pixel2))
        if header.pixel_size and any(
            abs(a - b) > 1e-3 * b for a, b in zip(size, header.pixel_size, strict=True)
        ):
            continue
        name = _maker_name(cls)
        named = bool(said) and (_letters(name) in said or said in _letters(name))
        family = bool(maker) and _letters(name).startswith(maker[0] if maker else "")
        candidates.append((named, family, -len(name), name, size, binned))
    candidates.sort(reverse=True)
    if not candidates:
        return None
    best = candidates[0]
    sizes = {c[4] for c in candidates if c[:2] == best[:2]}
    if len(sizes) > 1 or not (best[0] or best[1] or header.pixel_size):
        return None
    config = {"pixel1": best[4][0], "pixel2": best[4][1]} if best[5] else {}
    return Detector(best[3], best[4], shape, 3, config)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def named_calibrant(name: str) -> Calibrant:
    """The calibrant that pyFAI knows by that name.

    Raises
    ------
    InputError
        When there is none.
    """
    spelled = {n.lower(): n for n in calibrant_names()}.get(name.strip().lower())
    if spelled is None:
        raise InputError(
            f"There is no calibrant '{name}'.{did_you_mean(name, calibrant_names())}"
            " Your own goes into a .D file of d-spacings."
        )
    return _calibrant(spelled)


@cache
def _calibrant(name: str) -> Calibrant:
    from pyFAI.calibrant import get_calibrant

    return Calibrant(name, tuple(float(d) for d in get_calibrant(name).dspacing))


def read_calibrant(file: Path) -> Calibrant:
    """A calibrant from a ``.D`` file: d-spacings in Å, the first number of each line.

    Raises
    ------
    InputError
        When the file can't be read, or holds no d-spacing.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The calibrant file {file} can't be read: {_why(error)}.") from None
    spacings = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            spacing = float(words[0])
        except ValueError:
            spacing = 0.0
        if not 0 < spacing < float("inf"):
            raise InputError(
                f"Line {number} of {file} should begin with a d-spacing in Å, not '{words[0]}'."
            )
        spacings.append(spacing)
    if not spacings:
        raise InputError(f"The calibrant file {file} has no d-spacing in it.")
    return Calibrant(file.stem, tuple(sorted(set(spacings), reverse=True)))


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is not text"
