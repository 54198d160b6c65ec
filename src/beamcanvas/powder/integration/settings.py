"""How to integrate: the points of a pattern or a cake, and what each one is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ...errors import InputError
from .engines import method_for
from .parameters import AlgorithmName, EngineName, ErrorModelName, SplittingName, UnitName

Limits = tuple[float, float]

_METHOD = ("splitting", "algorithm", "engine")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the points of a pattern, or a cake, are made of, whatever the image."""

    points: int = 2000
    azimuth_points: int = 0  #: 0: a pattern
    unit: UnitName = "2th_deg"
    radial_min: float | None = None
    radial_max: float | None = None
    azimuth_min: float | None = None
    azimuth_max: float | None = None
    polarization: float | None = None
    solid_angle: bool = True
    splitting: SplittingName = "bounding box"
    algorithm: AlgorithmName = "CSR"
    engine: EngineName = "Cython"

    def __post_init__(self) -> None:
        low, high = self.radial_min, self.radial_max
        if low is not None and high is not None and not low < high:
            raise InputError(f"The radial range is empty: from {low:g} to {high:g}.")
        if self.azimuth_range is not None:
            low, high = self.azimuth_range
            if not low < high <= low + 360:
                raise InputError(
                    f"The azimuth range should go up by at most 360°: from {low:g} to {high:g}."
                )
            if high < low + 360 and not _fits(low, high, -180) and not _fits(low, high, 0):
                raise InputError(
                    f"An azimuth range can cross 0° or 180°, not both: {low:g}° to {high:g}° does."
                )

    @property
    def dim(self) -> int:
        return 2 if self.azimuth_points else 1

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.azimuth_points, self.points) if self.azimuth_points else (self.points,)

    @property
    def method(self) -> tuple[str, str, str]:
        """pyFAI's method; an error where pyFAI doesn't have it."""
        return method_for(self.splitting, self.algorithm, self.engine, self.dim)

    @property
    def in_words(self) -> str:
        """How pixels are shared."""
        return ("no" if self.splitting == "none" else self.splitting) + " splitting"

    @property
    def azimuth_range(self) -> Limits | None:
        if self.azimuth_min is None and self.azimuth_max is None:
            return None
        low, high = self.azimuth_min, self.azimuth_max
        return (-180.0 if low is None else low, 180.0 if high is None else high)

    @property
    def _circle(self) -> int:
        """Where pyFAI should begin to count the azimuth, so that the range is in one piece."""
        if self.azimuth_range is None or _fits(*self.azimuth_range, -180):
            return -180
        return 0 if _fits(*self.azimuth_range, 0) else -180

    def _azimuths(self, integrator: Any) -> Limits | None:
        """For pyFAI, which is told where to begin to count."""
        if self._circle == 0:
            integrator.setChiDiscAtZero()
        else:
            integrator.setChiDiscAtPi()
        if self.azimuth_range is None:
            return None
        low, high = self.azimuth_range
        if high >= low + 360:
            return None
        turns = 360 * ((low - self._circle) // 360)
        return low - turns, high - turns

    def radial_range(self, integrator: Any) -> Limits | None:
        """For pyFAI, ends that are left open taken from the detector; None for all of it."""
        if self.radial_min is None and self.radial_max is None and self.unit != "d_A":
            return None
        if self.radial_min is not None and self.radial_max is not None:
            return self.radial_min, self.radial_max
        values = integrator.array_from_unit(unit=self.unit)
        low, high = float(values.min()), float(values.max())
        if self.unit == "d_A":
            # d grows beyond all bounds towards the beam: most points would lie where nothing is
            high = min(high, 50 * low)
        found = (
            low if self.radial_min is None else self.radial_min,
            high if self.radial_max is None else self.radial_max,
        )
        if not found[0] < found[1]:
            raise InputError(
                f"The radial range is empty: the detector sees {values.min():g} to "
                f"{values.max():g}."
            )
        return found

    @property
    def key(self) -> tuple[Any, ...]:
        """What decides pyFAI's engine, as :class:`.engines.Integrators` takes it."""
        azimuth = (self.azimuth_points,) if self.azimuth_points else ()
        ends = (self.radial_min, self.radial_max, self.azimuth_range)
        return (self.dim, self.points, azimuth, self.unit, *ends, self.method)

    def integrate(self, integrator: Any, data: Any, **options: Any) -> Any:
        """pyFAI's own integration of one image."""
        call = integrator.integrate2d if self.azimuth_points else integrator.integrate1d
        azimuth = (self.azimuth_points,) if self.azimuth_points else ()
        return call(data, self.points, *azimuth, **self.options(integrator), **options)

    def options(self, integrator: Any) -> dict[str, Any]:
        """What pyFAI's ways to integrate are all told."""
        return {
            "unit": self.unit,
            "method": self.method,
            "radial_range": self.radial_range(integrator),
            "azimuth_range": self._azimuths(integrator),
            "polarization_factor": self.polarization,
            "correctSolidAngle": self.solid_angle,
        }


@dataclass(frozen=True, kw_only=True)
class Settings(Layout):
    """All that one way to integrate is told."""

    error_model: ErrorModelName = "none"
    monitor: float | str | None = None  #: what it counted, or the name of a scan's counters
    reference: float = 1.0

    @property
    def layout(self) -> Layout:
        return Layout(**{f.name: getattr(self, f.name) for f in fields(Layout)})

    @property
    def by_matrix(self) -> Settings:
        """The same by the matrix from which the operator is made, whatever a file says."""
        return replace(self, algorithm="CSR", engine="Cython")

    @property
    def record(self) -> dict[str, Any]:
        """As it is kept with a result."""
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        for what in ("radial", "azimuth"):
            kept[f"{what}_range"] = (kept.pop(f"{what}_min"), kept.pop(f"{what}_max"))
        if not self.azimuth_points:
            del kept["azimuth_points"]
        return kept

    def filled(self, usual: Settings, said: Mapping[str, Any]) -> Settings:
        """With what a file says in the place of what a person left as it usually is.

        The method's three words are taken together, and limits of the radial axis only hold
        in their own unit.
        """
        same_unit = self.unit in (usual.unit, said.get("unit"))
        same_method = all(getattr(self, n) == getattr(usual, n) for n in _METHOD)
        taken = {}
        for field in fields(self):
            name = field.name
            if name not in said or getattr(self, name) != getattr(usual, name):
                continue
            if name.startswith("radial_") and not same_unit:
                continue
            if name in _METHOD and not same_method:
                continue
            if name == "azimuth_points" and not usual.azimuth_points:
                continue
            taken[name] = said[name]
        return replace(self, **taken)


def _fits(low: float, high: float, begin: int) -> bool:
    """Whether a sector is in one piece on a circle that begins at `begin` degrees."""
    return (low - begin) % 360 + (high - low) <= 360
