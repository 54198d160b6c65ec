"""The values of a nabu configuration, and which of them were understood."""

from __future__ import annotations

import re
from configparser import ConfigParser
from configparser import Error as ConfigError
from math import isfinite, nan
from pathlib import Path

from ...errors import InputError

YES = ("1", "true", "yes", "on")
#: what changes nothing of the voxels, or only where they are written
_IGNORED = {
    "dataset": {"nexus_version"},
    "preproc": {"flatfield_loading_mode"},
    "phase": {"padding_type"},
    "reconstruction": {"implementation", "cor_slice", "crop_filtered_data", "iterations"},
}
#: sections of which nothing changes the voxels
_OTHER_SECTIONS = {"output", "postproc", "resources", "pipeline", "about"}


class Said:
    """What a configuration says beyond nabu's defaults; each value is taken once."""

    def __init__(self, path: Path) -> None:
        from nabu.pipeline.fullfield.nabu_config import nabu_config

        parser = ConfigParser(inline_comment_prefixes=("#",), interpolation=None)
        try:
            parser.read_string(path.read_text())
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}.") from None
        except (ConfigError, ValueError) as error:  # not text, or a name with a null character
            words = " ".join(str(error).split())
            raise InputError(f"{path} is no configuration of nabu: {words}.") from None
        if "dataset" not in parser or not parser["dataset"].get("location"):
            raise InputError(f"{path} is no configuration of nabu: [dataset] location is missing.")
        self.path = path
        self._values = {name: dict(parser[name]) for name in parser.sections()}
        self._defaults = {
            (section, key): str(option["default"]).strip()
            for section, options in nabu_config.items()
            for key, option in options.items()
        }
        self._taken: set[tuple[str, str]] = set()

    def take(self, section: str, key: str) -> str:
        """A value as text, nabu's default where it isn't given."""
        self._taken.add((section, key))
        given = self._values.get(section, {}).get(key)
        return self._defaults.get((section, key), "") if given is None else given.strip()

    def number(self, section: str, key: str, otherwise: float = 0.0) -> float:
        text = self.take(section, key)
        try:
            found = float(text) if text else otherwise
        except ValueError:
            found = nan
        if not isfinite(found):
            raise InputError(f"{self.path}: [{section}] {key} should be a number, not '{text}'.")
        return found

    def flag(self, section: str, key: str) -> bool:
        return self.take(section, key).lower() in YES

    def options(self, section: str, key: str) -> dict[str, str]:
        """``a=1; b=2``."""
        pairs = (item.partition("=") for item in self.take(section, key).split(";"))
        return {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}

    def left(self) -> list[str]:
        """What was said differently from the default and not taken."""
        return [
            f"[{section}] {key} = {value.strip()}"
            for section, values in self._values.items()
            if section not in _OTHER_SECTIONS
            for key, value in values.items()
            if (section, key) not in self._taken
            and key not in _IGNORED.get(section, ())
            and value.strip() != self._defaults.get((section, key), "")
        ]


def quantity(text: str) -> tuple[float | None, str]:
    """A number and its unit, with or without a space between them."""
    found = re.fullmatch(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(\D*?)\s*", text)
    if found is None:
        return None, ""
    try:
        return float(found[1]), found[2]
    except ValueError:
        return None, ""
