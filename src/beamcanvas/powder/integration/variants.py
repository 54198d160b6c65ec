"""Several ways to integrate at once: sectors of the azimuth, other units, other points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Annotated, Any, TypeVar

from ...errors import InputError
from ...task import SILENT, Param, Progress, task
from ..results import Pattern, Patterns
from . import parameters as p
from .one_image import ImageIntegration
from .settings import Layout, Settings

L = TypeVar("L", bound=Layout)
T = TypeVar("T")

_SECTOR = re.compile(
    r"\s*(?P<name>[^:]+?)\s*:\s*(?P<low>[-−+]?[\d.]+)\s*°?\s*(?:to|–|\.\.|,|;|\s)\s*"
    r"(?P<high>[-−+]?[\d.]+)\s*°?\s*"
)


@dataclass(frozen=True)
class Variant:
    """One way to integrate, by what it does otherwise than the others."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)  #: of :class:`.settings.Settings`

    def of(self, layout: L) -> L:
        """The layout with these changes; radial limits only hold in their own unit."""
        changes = dict(self.changes)
        if changes.get("unit", layout.unit) != layout.unit:
            changes = {"radial_min": None, "radial_max": None, **changes}
        return replace(layout, **changes)


@dataclass(frozen=True)
class Variants:
    """Several ways to integrate the same images."""

    rows: tuple[Variant, ...]

    @property
    def summary(self) -> str:
        names = ", ".join(row.name for row in self.rows[:4])
        return f"{len(self.rows)} ways to integrate: {names}" + (
            ", ..." if len(self.rows) > 4 else ""
        )

    @property
    def report(self) -> list[dict[str, Any]]:
        """A row for each, as people read it."""
        return [
            {
                "Name": row.name,
                "Azimuth": _degrees(row.changes),
                "Unit": p.UNIT_WORDS[row.changes["unit"]] if "unit" in row.changes else "as set",
                "Points": row.changes.get("points", "as set"),
            }
            for row in self.rows
        ]


def _degrees(changes: Mapping[str, Any]) -> str:
    if "azimuth_min" not in changes:
        return "as set"
    return f"{changes['azimuth_min']:g}° to {changes['azimuth_max']:g}°"


@task(title="Sectors and units", output="variants", requires="powder")
def describe_variants(
    *,
    sectors: Annotated[int, Param(ge=0, le=360, label="Equal sectors", group="Azimuth")] = 0,
    first: Annotated[
        float, Param(unit="°", ge=-360, le=360, label="First begins at", group="Azimuth")
    ] = -180.0,
    named_sectors: Annotated[list[str], Param(text="lines", group="Azimuth")] = [],  # noqa: B006
    units: Annotated[list[p.UnitName], Param(words=p.UNIT_WORDS, group="Radial axis")] = [],  # noqa: B006
    points: Annotated[list[int], Param(label="Numbers of points", group="Radial axis")] = [],  # noqa: B006
) -> Variants:
    """Say in which ways to integrate at once: in sectors, over several axes.

    Link it to Integrate variants or to Integrate scan: each frame is read once and integrated
    in all these ways. Sectors, units and numbers of points are combined, each with each.

    Parameters
    ----------
    sectors:
        Divide the whole circle into so many equal sectors.
    first:
        Azimuth at which the first of them begins.
    named_sectors:
        Sectors of your own, one a line: name: from to. For example: along the fibre: -10 to 10
    units:
        Radial axes. None chosen: that of the integration.
    points:
        Numbers of points. Empty: that of the integration.

    Raises
    ------
    InputError
        When nothing is asked for, a line is no sector, or two have one name.
    """
    ranges = [*_equal(sectors, first), *(_named(line) for line in named_sectors if line.strip())]
    rows = []
    for sector, unit, number in product(_or_none(ranges), _or_none(units), _or_none(points)):
        words: list[str] = []
        changes: dict[str, Any] = {}
        if sector is not None:
            name, low, high = sector
            words.append(name)
            changes |= {"azimuth_min": low, "azimuth_max": high}
        if unit is not None:
            changes["unit"] = unit
            if len(units) > 1 or not words:
                words.append(p.UNIT_WORDS[unit])
        if number is not None:
            if number < 1:
                raise InputError(f"'points' should be numbers above 0, not {number}.")
            changes["points"] = number
            if len(points) > 1 or not words:
                words.append(f"{number} points")
        if changes:
            rows.append(Variant(", ".join(words), changes))
    if not rows:
        raise InputError("There is no way to integrate: give sectors, units or points.")
    names = [row.name for row in rows]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"Two ways to integrate are named '{twice}': give each its own name.")
    for row in rows:
        row.of(Layout())  # for its sentences
    return Variants(tuple(rows))


def _or_none(values: Sequence[T]) -> Sequence[T | None]:
    return values or (None,)


def _equal(sectors: int, first: float) -> Iterator[tuple[str, float, float]]:
    width = 360 / sectors if sectors else 0.0
    for number in range(sectors):
        low = first + number * width
        low -= 360 if low >= 180 else 0
        yield f"{low:g}° to {low + width:g}°", low, low + width


def _named(line: str) -> tuple[str, float, float]:
    found = _SECTOR.fullmatch(line)
    try:
        if found is None:
            raise ValueError
        low, high = (float(found[end].replace("−", "-")) for end in ("low", "high"))
    except ValueError:
        raise InputError(
            f"'{line.strip()}' is no sector: write 'name: from to', such as 'top: 60 to 120'."
        ) from None
    return found["name"], low, high


@task(title="Integrate variants", output="patterns", requires="powder")
def integrate_variants(
    image: p.Image,
    geometry: p.Geometry,
    variants: Variants,
    mask: p.Mask = None,
    configuration: p.Configuration = None,
    *,
    points: p.Points = 2000,
    unit: p.Unit = "2th_deg",
    error_model: p.ErrorModel = "none",
    polarization: p.Polarization = None,
    solid_angle: p.SolidAngle = True,
    monitor: p.Monitor = None,
    reference: p.Reference = 1.0,
    lines: p.Lines = None,
    splitting: p.Splitting = "bounding box",
    progress: Progress = SILENT,
) -> Patterns:
    """Integrate an image in several ways at once: one pattern for each sector and axis.

    Parameters
    ----------
    variants:
        The ways to integrate it.

    Raises
    ------
    InputError
        When shapes differ, or a range is empty.
    """
    integration = ImageIntegration(image, geometry, mask, configuration)
    common = Settings(
        points=points,
        unit=unit,
        error_model=error_model,
        polarization=polarization,
        solid_angle=solid_angle,
        monitor=monitor,
        reference=reference,
        splitting=splitting,
    )
    if configuration is not None:
        common = common.filled(Settings(), configuration.settings)
    found: dict[str, Pattern] = {}
    for row in progress.each(variants.rows, "Integrating"):
        found[row.name] = integration.pattern(row.of(common), lines, SILENT)
    return Patterns(found)
